"""How earlier forecasts are told: on the page, in the workbook, and not at all where nothing was scored."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from assets.presentation import page_view
from assets.presentation.forecast_words import HEADERS, forecast_sentences, scores_table
from assets.presentation.page import write_page
from assets.presentation.workbook import write_workbook
from tests.unit.presentation.sample_night import make_nodes, make_recommendations, make_status, make_summary

ROW = {
    "level": "item", "platform": "google_ads", "evidence_grade": "all", "action": "all", "outcome": "as_planned",
    "measure": "clicks", "n": 100.0, "n_nights": 28.0, "bias": 0.04, "bias_low": 0.02, "bias_high": 0.06, "coverage": 0.78,
    "correction": 0.965,
}  # fmt: skip


def scores(*changes: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([ROW | change for change in changes])


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    monkeypatch.setattr(page_view, "money_chart", lambda *_: b"png")


def test_a_sentence_says_how_far_off_how_sure_and_what_is_done():
    (told,) = forecast_sentences(scores({}))
    assert told["en"] == (
        "Google Ads: over the last 28 nights the forecast of clicks was 4.0% too high (80% interval +2.0% … +6.0%)"
        "; 80% intervals held 78%; corrected by 0.96 from the next night on."
    )
    assert told["zh"].endswith(
        "最近 28 夜点击预测偏高 4.0%（80% 区间 +2.0% … +6.0%）；80% 区间命中 78%；下一夜起乘以 0.96。"
    )


@pytest.mark.parametrize(
    "change",
    [{"n_nights": 6.0}, {"bias": float("nan")}, {"outcome": "not_applied"}, {"evidence_grade": "A"}, {"measure": "conversions"}],
    ids=["few_nights", "nothing_came", "not_applied", "one_grade", "in_the_table_only"],
)  # fmt: skip
def test_what_would_only_alarm_or_repeat_is_not_a_sentence(change):
    assert forecast_sentences(scores(change)) == []


def test_missing_numbers_are_dashes_and_never_nan():
    table = scores_table(scores({"coverage": float("nan"), "correction": float("nan"), "bias_low": float("nan")}))
    assert tuple(table.columns) == HEADERS
    assert table.iloc[0, 4:].tolist() == ["—", "—", "—"]
    assert not table.isin(["nan"]).any(axis=None)


def test_page_and_workbook_say_it_and_stay_silent_without_it(tmp_path):
    rows = make_recommendations(5)
    for name, told in (("with", forecast_sentences(scores({}))), ("without", [])):
        summary = make_summary(rows) | {"forecasts": told}
        page = write_page(tmp_path / f"{name}.html", rows, make_status(), make_nodes(), summary).read_text("utf-8")
        book = openpyxl.load_workbook(
            write_workbook(tmp_path / f"{name}.xlsx", rows, make_status(), make_nodes(), summary)
        )
        cells = [str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
        assert ("the forecast of clicks was 4.0% too high" in page) is bool(told)
        assert ("How good earlier forecasts were" in page) is bool(told)
        assert any("点击预测偏高 4.0%" in cell for cell in cells) is bool(told)
