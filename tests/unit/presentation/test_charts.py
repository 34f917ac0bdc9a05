import base64
import struct

import pandas as pd
import pytest

from assets.presentation import charts
from assets.presentation.budget_words import node_sentences, price_words, top_nodes
from assets.presentation.charts import data_uri, money_chart, short_money
from assets.presentation.errors import MissingColumnsError
from tests.unit.presentation.sample_night import make_nodes, make_recommendations


@pytest.fixture(scope="module")
def rows():
    return make_recommendations(31)


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("layout", ["wide", "tall", "dialog"])
def test_the_picture_is_small_enough_for_markdown_and_the_same_each_time(rows, layout):
    png = money_chart(rows, make_nodes(), "CNY", "zh", layout)
    assert len(data_uri(png)) <= 60_000
    assert png == money_chart(rows, make_nodes(), "CNY", "zh", layout)
    width, height = size_of(png)
    assert (width > height) == (layout != "tall")
    assert width <= 900 or layout != "dialog"


def test_many_platforms_are_folded_into_one_row(rows):
    many = rows.assign(platform=[f"place {index % 30:02d}" for index in range(len(rows))])
    png = money_chart(many, make_nodes(), "CNY", "en")
    assert len(png) <= charts.MAX_PNG_BYTES
    assert size_of(png)[1] < 1_000


def test_nothing_to_draw_still_gives_a_picture(rows):
    assert size_of(money_chart(rows.iloc[:0], make_nodes(), "CNY"))[0] > 0


def test_without_a_chinese_font_the_picture_is_in_english(rows, monkeypatch):
    monkeypatch.setattr(charts, "chinese_font", lambda: None)
    named = rows.assign(platform=["小红书" if index % 2 else "google_ads" for index in range(len(rows))])
    assert money_chart(named, make_nodes(), "CNY", "zh") == money_chart(named, make_nodes(), "CNY", "en")
    assert charts._labels(["小红书", "google_ads", "amazon_sp"], "en", has_chinese=False) == [
        "#1", "Google Ads", "Amazon Sponsored Pr...",
    ]  # fmt: skip


def test_a_node_table_without_prices_is_refused(rows):
    with pytest.raises(MissingColumnsError, match=r"budget_nodes.*price"):
        money_chart(rows, make_nodes().drop(columns="price"), "CNY")


def test_the_data_uri_holds_the_bytes():
    assert base64.b64decode(data_uri(b"abc").removeprefix("data:image/png;base64,")) == b"abc"


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [(12_345.0, "zh", "¥1.23万"), (2.5e8, "zh", "¥2.50亿"), (12_345.0, "en", "¥12.35k"), (3e6, "en", "¥3.00M"),
     (950.4, "zh", "¥950"), (4.2, "zh", "¥4.20")],
)  # fmt: skip
def test_amounts_on_bars_are_short(amount, language, text):
    assert short_money(amount, "CNY", language) == text


@pytest.mark.parametrize(
    ("price", "zh", "en"),
    [(1.18, "再花 ¥1 带回 ¥1.18，加钱还能赚", "more money would still earn"), (1.0, "刚好不赚不亏", "just breaks even"),
     (0.8, "花得偏多", "more than it is worth"), (0.0, "值得买的都已买到", "is bought"), (float("nan"), "价格未知", "unknown")],
    ids=["earns", "even", "too much", "free", "missing"],
)  # fmt: skip
def test_a_price_is_put_in_words(price, zh, en):
    assert price_words(price, "CNY", "zh").endswith(zh)
    assert en in price_words(price, "CNY", "en")


def test_the_tree_is_read_from_the_root_down_most_cost_first():
    tree = top_nodes(make_nodes())
    assert tree["name"].tolist() == [
        "total", "taobao_keyword", "google_ads", "taobao_audience", "amazon_sp", "baidu_search",
    ]  # fmt: skip
    assert tree["depth"].tolist() == [0, 1, 1, 1, 1, 1]


def test_a_large_tree_keeps_the_platforms_and_its_largest_campaigns():
    campaigns = pd.DataFrame({"name": [f"google_ads|main|c{place}" for place in range(200)], "parent": "google_ads"})
    campaigns = campaigns.assign(cost=range(200), min_cost=0.0, max_cost=float("inf"), price=1.0, sentence="")
    tree = top_nodes(pd.concat([make_nodes(), campaigns], ignore_index=True))
    assert len(tree) == 60
    assert (tree["depth"] < 2).sum() == 6
    assert "google_ads|main|c199" in tree["name"].tolist()


def test_a_node_that_is_its_own_parent_is_a_root_and_own_sentences_come_first():
    nodes = make_nodes().assign(parent=lambda frame: frame["name"], sentence_zh="自己的话", sentence_en="")
    assert top_nodes(nodes)["depth"].tolist() == [0] * 6
    assert set(node_sentences(nodes, "CNY", "zh")) == {"自己的话"}
    assert node_sentences(nodes, "CNY", "en")[0].startswith("the next ¥1 returns")
