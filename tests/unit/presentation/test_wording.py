import math

import numpy as np
import pandas as pd
import pytest

from assets.presentation.wording import (
    clean_text,
    currency_symbol,
    format_count,
    format_money,
    format_ratio,
    format_share,
    lever_words,
    limit_words,
    node_title,
    platform_title,
    read_numbers,
    shorten,
)


@pytest.mark.parametrize(
    ("amount", "currency", "signed", "text"),
    [
        (1234.5, "CNY", False, "¥1,234.50"), (-3.0, "USD", False, "-$3.00"), (2.0, "INR", True, "+₹2.00"),
        (-0.001, "CNY", True, "¥0.00"), (5.0, "SEK", False, "SEK 5.00"), (5.0, "", False, "5.00"),
        (math.nan, "CNY", True, "—"), (math.inf, "CNY", False, "—"),
    ],
    ids=["thousands", "negative", "plus", "rounds to zero", "no sign of its own", "no currency", "nan", "inf"],
)  # fmt: skip
def test_money_has_its_sign_and_two_decimals(amount, currency, signed, text):
    assert format_money(amount, currency, is_signed=signed) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.5, "50%"), (0.091, "9.1%"), (0.0, "0%"), (-0.24, "-24%"), (12.0, "1,200%"), (math.nan, "—"), (1e307, "—")],
)
def test_shares_print_as_percent(share, text):
    assert format_share(share) == text


def test_counts_show_a_fraction_only_where_there_is_one():
    assert [format_count(value) for value in (3.0, 2.5, 12000.0, math.nan)] == ["3", "2.5", "12,000", "—"]


def test_a_ratio_has_two_decimals_and_no_minus_zero():
    assert [format_ratio(value) for value in (1.234, -0.001, -2.0, math.inf)] == ["1.23", "0.00", "-2.00", "—"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "?"), (pd.NA, "?"), (pd.NaT, "?"), (math.nan, "?"), ("", "?"), ("  a\t\nb\u202ec ", "a b c"), (7, "7")],
    ids=["none", "NA", "NaT", "nan", "empty", "controls", "number"],
)
def test_text_is_one_visible_line(value, text):
    assert clean_text(value, "?") == text


def test_a_chinese_sign_counts_as_two_columns_when_text_is_cut():
    assert shorten("连衣裙连衣裙", 7) == "连衣…"
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefgh", 6) == "abcde…"


def test_places_and_limits_have_names_for_people():
    assert platform_title("kol", "zh") == "达人合作"
    assert node_title("google_ads|main|Brand", "en") == "Brand"
    assert node_title("google_ads / main / Brand › shoes", "en") == "Brand › shoes"
    assert node_title("total", "en") == "total budget"
    assert limit_words("node_max:google_ads", "zh") == "预算上限：Google 搜索广告"
    assert limit_words("node_min:total", "en") == "budget minimum: total budget"
    assert limit_words("other:thing", "en") == "other:thing"
    assert lever_words("keyword_bid", "zh") == "关键词出价"
    assert currency_symbol("JPY") == "JP¥"


def test_numbers_that_are_not_finite_are_missing():
    frame = pd.DataFrame({"x": [1, "2", None, np.inf, "a"]})
    np.testing.assert_array_equal(read_numbers(frame, "x"), [1.0, 2.0, np.nan, np.nan, np.nan])
