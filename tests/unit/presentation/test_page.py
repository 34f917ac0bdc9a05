import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from assets.presentation import page_view
from assets.presentation.page import write_page
from configs.schema import RoasGoals, Settings
from tests.unit.presentation.sample_night import make_nodes, make_recommendations, make_status, make_summary


class Page(HTMLParser):
    """Collects tags with attributes and the text outside scripts and styles."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data):
        if data.strip() and self._open[-1] not in {"script", "style"}:
            self.texts.append(data.strip())

    def attributes(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(autouse=True)
def no_drawing(monkeypatch):
    monkeypatch.setattr(page_view, "money_chart", lambda *_: b"png")


@pytest.fixture
def rows():
    frame = make_recommendations(130)
    frame.loc[0, "keyword"] = '<img src=x onerror="alert(1)">'
    return frame


def render(folder, rows, status=None, nodes=None, **options):
    used_status = make_status() if status is None else status
    used_nodes = make_nodes() if nodes is None else nodes
    path = write_page(folder / "index.html", rows, used_status, used_nodes, make_summary(rows), **options)
    return path.read_text(encoding="utf-8")


def test_the_page_needs_nothing_from_outside(tmp_path, rows):
    page = Page(render(tmp_path, rows))
    sources = [attrs.get("src", attrs.get("srcset", "")) for tag in ("img", "source") for attrs in page.attributes(tag)]
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not page.attributes("link")
    assert not any("src" in attrs for attrs in page.attributes("script"))
    assert any("default-src 'none'" in attrs.get("content", "") for attrs in page.attributes("meta"))


def test_the_same_input_gives_the_same_bytes(tmp_path, rows):
    assert render(tmp_path, rows) == render(tmp_path, rows)


def test_markup_in_a_keyword_is_only_text(tmp_path, rows):
    source = render(tmp_path, rows)
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;" in source
    assert not any("onerror" in attrs for attrs in Page(source).attributes("img"))


def test_the_hold_comes_before_the_money(tmp_path, rows):
    source = render(tmp_path, rows)
    assert source.index("1 个平台暂停") < source.index("¥1,998.30") < source.index('id="changes"')
    assert "合计行与明细相差 1,204.50 元" in source


def test_a_night_without_holds_says_so(tmp_path, rows):
    source = render(tmp_path, rows, status=make_status().assign(is_held=False))
    assert "所有平台的数据都通过了检查。" in source
    assert 'role="alert"' not in source


def test_every_chinese_text_has_its_english_one(tmp_path, rows):
    page = Page(render(tmp_path, rows))
    classes = [attrs.get("class") for attrs in page.attributes("span")]
    assert classes.count("zh") == classes.count("en") > 100


def test_at_most_fifty_rows_are_shown_before_anyone_searches(tmp_path, rows):
    page = Page(render(tmp_path, rows))
    body = page.attributes("tr")[1:]
    assert len(body) == len(page_view.changes_first(rows))
    assert [("hidden" in attrs) for attrs in body] == [place >= 50 for place in range(len(body))]


def test_rows_over_the_limit_are_counted_and_left_to_the_workbook(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(page_view, "MAX_ROWS", 10)
    page = Page(render(tmp_path, rows))
    n_changes = len(page_view.changes_first(rows))
    assert len(page.attributes("tr")) == 11
    assert f"，其中 {n_changes - 10} 项只在工作簿里" in page.texts


def test_terms_creators_and_prices_have_their_sections(tmp_path, rows):
    texts = Page(render(tmp_path, rows)).texts
    for title in ("搜索词", "新词，加入", "无效词，加否定", "达人合作", "建议签约", "再花一份钱的回报", "总预算"):
        assert title in texts
    assert "再花 ¥1 带回 ¥1.92，加钱还能赚" in texts


def test_an_empty_night_is_still_a_page(tmp_path, rows):
    texts = Page(render(tmp_path, rows.iloc[:0], nodes=make_nodes().iloc[:0])).texts
    assert "今晚没有变更。" in texts
    assert "搜索词" not in texts


def test_a_platforms_warning_and_quarantine_are_on_its_card(tmp_path, rows):
    status = make_status().assign(
        warning_zh=["平台多算了订单"] + [None] * 4, warning_en=["claims too much"] + [None] * 4
    )
    texts = Page(render(tmp_path, rows, status=status)).texts
    assert texts.count("平台多算了订单") == 1
    assert "57" in texts


def test_the_settings_lines_are_quoted(tmp_path, rows):
    assert "底线 2.75" in render(tmp_path, rows, settings=Settings(roas=RoasGoals(floor=2.75)))


def test_no_text_is_a_missing_value(tmp_path, rows):
    holey = rows.astype(object).where(pd.notna(rows), None)
    holey.loc[
        ::3, ["cost_change", "profit_change", "profit_change_low", "roas", "clicks", "campaign", "evidence_grade"]
    ] = None
    for text in Page(render(tmp_path, holey)).texts:
        assert not re.search(r"\b(nan|None|NaT|inf)\b|<NA>", text)
