from __future__ import annotations

import math

import pyarrow as pa
import pytest

from assets.platforms import cells
from assets.platforms.keywords import MATCH_TYPES, parse_keywords


def one(parsed: cells.Parsed) -> tuple[object, bool]:
    return parsed.values[0].as_py(), bool(parsed.bad[0])


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("139.75", 139_750_000),
        ("1,234.56", 1_234_560_000),
        ("￥1,234.56", 1_234_560_000),
        ("Rs.15.5138462", 15_513_846),
        ("$412.30", 412_300_000),
        ("-$5.00", -5_000_000),
        ("1.2万", 12_000_000_000),
        ("12元", 12_000_000),
        ("3.5亿", 350_000_000_000_000),
        ("1e-05", 10),
        ("31.349999999999998", 31_350_000),
        ("0", 0),
    ],
)
def test_money_becomes_exact_micros(text, micros):
    assert one(cells.parse_money(pa.array([text]))) == (micros, False)


@pytest.mark.parametrize("text", ["1 234,56", "1,23", "12 apples", "1e999", "99999999999999", "--5", "inf", "4.20%"])
def test_money_that_cannot_be_read_is_bad_and_never_guessed(text):
    assert one(cells.parse_money(pa.array([text]))) == (None, True)


@pytest.mark.parametrize("text", ["", "--", "—", "-", "\\N", "NULL", "null", "#VALUE!", "N/A"])
def test_null_markers_are_missing_and_not_bad(text):
    for parse in (cells.parse_money, cells.parse_count, cells.parse_number):
        assert one(parse(pa.array([text]))) == (None, False)


def test_minor_units_are_scaled_to_the_main_unit():
    assert one(cells.parse_money(pa.array(["1234"]), scale=0.01)) == (12_340_000, False)


@pytest.mark.parametrize(
    ("text", "count", "bad"),
    [
        ("203,834", 203_834, False),
        ("14.0", 14, False),
        ("1.5万", 15_000, False),
        ("12.5", None, True),
        ("x", None, True),
    ],
)
def test_counts_are_whole_numbers(text, count, bad):
    assert one(cells.parse_count(pa.array([text]))) == (count, bad)


@pytest.mark.parametrize(
    ("text", "header", "share", "sign"),
    [
        ("65.28%", "CTR", 0.6528, None),
        ("0.0099", "CTR", 0.0099, None),
        ("4.2", "点击率(%)", 0.042, None),
        ("4.2%", "点击率（%）", 0.042, None),
        ("< 10%", "IS", 0.1, "<"),
        ("> 90%", "IS", 0.9, ">"),
        ("900%", "change", 9.0, None),
        ("∞", "change", None, ">"),
        (" --".strip(), "change", None, None),
    ],
)
def test_shares_follow_the_percent_sign_and_keep_the_bound(text, header, share, sign):
    parsed = cells.parse_share(pa.array([text]), header)
    value = parsed.values[0].as_py()
    assert value is None if share is None else math.isclose(value, share)
    assert parsed.censored is not None
    assert parsed.censored[0].as_py() == sign
    assert not parsed.bad[0]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5000 ~ 1万", 5000, 10_000),
        ("150-300", 150, 300),
        ("1万以上", 10_000, None),
        (">5000", 5000, None),
        ("<100", None, 100),
        ("50000", 50_000, 50_000),
    ],
)
def test_ranges_keep_their_ends(text, low, high):
    ends = cells.parse_range(pa.array([text]), cells.parse_count)
    assert [end.values[0].as_py() for end in ends] == [low, high]
    assert not ends[0].bad[0]


def test_a_range_of_words_is_bad():
    low, high = cells.parse_range(pa.array(["many ~ more"]), cells.parse_count)
    assert low.bad[0]
    assert high.bad[0]


@pytest.mark.parametrize(("text", "flag"), [("是", True), ("no", False), ("TRUE", True), ("未添加", False), ("", None)])
def test_flags_read_both_languages(text, flag):
    assert one(cells.parse_flag(pa.array([text]))) == (flag, False)


def test_a_flag_of_another_word_is_bad():
    assert one(cells.parse_flag(pa.array(["perhaps"]))) == (None, True)


@pytest.mark.parametrize("text", ["4.36E+14", "4e14", "4.36021e+17"])
def test_an_id_that_a_spreadsheet_has_rounded_is_bad(text):
    assert cells.parse_id(pa.array([text])).bad[0]


def test_a_long_id_stays_text():
    assert one(cells.parse_id(cells.tidy(pa.array(['\t="1234567890123456789"\t'])))) == ("1234567890123456789", False)


@pytest.mark.parametrize(
    ("word", "match_type"),
    [("Exact match (close variant)", "exact"), ("短语", "phrase"), ("AI Max", "auto"), ("BROAD", "broad")],
)
def test_match_types_of_all_platforms_become_four(word, match_type):
    assert one(cells.parse_word(pa.array([word]), MATCH_TYPES)) == (match_type, False)


def test_a_match_type_of_another_word_is_bad():
    assert one(cells.parse_word(pa.array(["fuzzy"]), MATCH_TYPES)) == (None, True)


def test_decorations_tell_the_match_type_and_leave_the_bare_keyword():
    parsed, told = parse_keywords(pa.array(['"eld"', "[exact one]", "+bmm +word", "bare", '5" pipe', "--"]))
    assert parsed.values.to_pylist() == ["eld", "exact one", "bmm word", "bare", '5" pipe', None]
    assert told.to_pylist() == ["phrase", "exact", "broad", "broad", "broad", None]


def test_bare_keywords_alone_tell_no_match_type():
    _, told = parse_keywords(pa.array(["bare", "c++"]))
    assert told.to_pylist() == [None, None]


MIXED = ["1", "2.50", ".5", "+3", "-0", "1e3", "inf", "Nan", "1e999", "1,234", "￥5", "apples", "１２", "0x1F", "1_0"]


@pytest.mark.parametrize("parse", [cells.parse_number, cells.parse_count, cells.parse_money])
def test_a_cell_reads_the_same_alone_and_among_others(parse):
    whole = parse(pa.array([*MIXED, None]))
    alone = [parse(pa.array([text], pa.string())) for text in [*MIXED, None]]
    assert whole.values.to_pylist() == [one.values[0].as_py() for one in alone]
    assert whole.bad.tolist() == [bool(one.bad[0]) for one in alone]
    assert whole.bad[6:9].all()


def test_many_cells_are_matched_as_few_are():
    words = pa.array([None if n % 97 == 0 else f"w{n}" for n in range(70_000)])
    told = [word is not None and word.endswith("7") for word in words.to_pylist()]
    assert cells.matches(words, "7$").tolist() == told
    assert cells.matches(words[:97], "7$").tolist() == told[:97]
