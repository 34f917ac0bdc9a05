"""Whatever texts and numbers a night holds, what people see is safe, complete and short."""

import io
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.presentation import page_view
from assets.presentation.messages import night_message
from assets.presentation.page import write_page
from assets.presentation.reasons import reason_sentences
from assets.presentation.tables import to_markdown, top_table
from assets.presentation.wording import clean_text, format_count, format_money, format_ratio, format_share, shorten
from assets.presentation.workbook import write_workbook
from assets.presentation.workbook_cells import neutralise, safe_text
from configs.reasons_schema import load_reasons
from tests.unit.presentation.sample_night import make_nodes, make_recommendations, make_status, make_summary

RISKY = "=+-@\t\r\n＝＋－＠"
MISSING = re.compile(r"\b(nan|none|nat|inf|infinity)\b|<na>", re.IGNORECASE)
LETTERS = "=+-@'\"<>&|{}[]()*`\\/ \t\r\n\u202e\u3000_保温杯é5x%#~$"
texts = st.text(alphabet=LETTERS, max_size=12)
numbers = st.one_of(st.floats(width=32), st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e12]))
TEXT_COLUMNS = ("keyword", "search_term", "campaign", "ad_group", "item", "binding_limit", "hold_reason")
NUMBER_COLUMNS = (
    "old_value", "new_value", "cost", "cost_change", "profit_change", "profit_change_low", "roas", "marginal_roas", "clicks",
    "p_below_floor",
)  # fmt: skip
PAGE_TAGS = frozenset(re.findall(r"\w+", """main section article h2 h3 p ul li b span div strong dl dt dd picture source
img small table thead tbody tr th td details summary button input output br"""))  # fmt: skip
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def nights(draw, max_rows=34):
    """A night with every reason in it whose texts and numbers are anything."""
    rows = make_recommendations(draw(st.integers(0, max_rows)), seed=draw(st.integers(0, 9)))
    for name in TEXT_COLUMNS:
        values = draw(st.lists(st.one_of(st.none(), texts), min_size=3, max_size=3))
        rows[name] = pd.array([values[place % 3] for place in range(len(rows))], dtype="str")
    for name in NUMBER_COLUMNS:
        values = draw(st.lists(numbers, min_size=3, max_size=3))
        rows[name] = np.array([values[place % 3] for place in range(len(rows))], dtype=np.float64)
    return rows


@given(texts)
def test_no_text_starts_like_a_formula_once_neutralised(text):
    for safe in (neutralise(text), safe_text(text)):
        assert safe.lstrip()[:1] not in set(RISKY)
        assert safe[:1] not in set(RISKY)


@given(st.text(max_size=60))
def test_clean_text_is_one_printable_line_and_stays_so(text):
    cleaned = clean_text(text)
    assert cleaned.isprintable()
    assert clean_text(cleaned) == cleaned


@given(st.text(max_size=60), st.integers(2, 40))
def test_cut_text_starts_as_the_text_does_and_is_no_longer(text, width):
    cut = shorten(text, width)
    assert len(cut) <= max(width, 2)
    assert cut == text or text.startswith(cut[:-1].rstrip())


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_never_printed_as_nan_or_minus_zero(value):
    for text in (
        format_money(value, "CNY", is_signed=True),
        format_ratio(value),
        format_share(value),
        format_count(value),
    ):
        assert not MISSING.search(text)
        assert not re.search(r"[+-][^1-9]*$", text)


@few
@given(nights())
def test_every_row_has_a_sentence_in_both_languages_without_missing_values(rows):
    sentences = reason_sentences(rows)
    assert len(sentences) == len(rows)
    for text in sentences.to_numpy().ravel():
        assert text
        assert text.isprintable()
        assert not MISSING.search(text)


@few
@given(nights(), st.integers(-3, 60), st.sampled_from(["zh", "en"]))
def test_the_top_table_is_never_wider_than_five_columns_or_longer_than_25_rows(rows, n, language):
    table = top_table(rows, n, language, "CNY")
    assert table.shape[1] == 5
    assert len(table) <= min(max(n, 0), 25)
    for cell in table.to_numpy().ravel():
        assert cell
        assert not MISSING.search(cell)
    assert {line.replace("\\|", "").count("|") for line in to_markdown(table).splitlines() if line.startswith("|")} == {
        6
    }


@few
@given(nights(max_rows=20))
def test_the_workbook_holds_no_formula(rows):
    with TemporaryDirectory() as folder:
        path = write_workbook(Path(folder) / "a.xlsx", rows, make_status(), make_nodes(), make_summary(rows))
        archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    for name in archive.namelist():
        content = archive.read(name).decode("utf-8")
        if name.startswith("xl/worksheets/sheet"):
            assert "<f>" not in content
            assert "<hyperlink" not in content
        if name == "xl/sharedStrings.xml":
            strings = re.findall(r"<t[^>]*>([^<]*)</t>", content)
            assert not [text for text in strings if text.lstrip()[:1] in set(RISKY)]
            assert not [text for text in strings if MISSING.search(text)]


@few
@given(nights(max_rows=20))
def test_the_page_shows_texts_and_never_runs_them(rows):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_view, "money_chart", lambda *_: b"png")
        path = write_page(Path(folder) / "a.html", rows, make_status(), make_nodes(), make_summary(rows))
        source = path.read_text(encoding="utf-8")
    body = source[source.index("<main>") : source.index("</main>")]
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]*)", body))
    assert tags <= PAGE_TAGS
    assert not MISSING.search(re.sub(r"<[^>]*>", " ", body))


@few
@given(nights(), st.sampled_from(["zh", "en"]))
def test_the_message_is_short_plain_lines(rows, language):
    text = night_message(make_summary(rows), make_status(), language)
    assert len(text) < 1_500
    assert all(line.isprintable() and line for line in text.splitlines())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(load_reasons().reasons)), numbers)
def test_one_number_fits_every_reason(code, value):
    rows = make_recommendations(1).assign(reason_code=code, **dict.fromkeys(NUMBER_COLUMNS, value))
    for text in reason_sentences(rows).iloc[0]:
        assert text
        assert not MISSING.search(text)
