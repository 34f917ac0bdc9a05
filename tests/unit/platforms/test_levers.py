"""Bounds, rounding to a step, and every breach that ``check_rows`` can find."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.platforms.levers import check_rows, lever_bounds, round_to_step
from configs.loader import choose_bid_files, load_platforms, load_settings
from configs.platform_schema import LeverRule, Source
from tests.golden.sample_rows import keyword_row, sample_rows

PLATFORMS = choose_bid_files(load_platforms(), load_settings())  # without alternatives
EDITOR = PLATFORMS["google_ads"]
SOURCE = Source(evidence="MEM", source="a test", checked_on=date(2026, 11, 20))


def make_rule(**changes: object) -> LeverRule:
    return LeverRule(
        **{"lever": "keyword_bid", "minimum": 0.05, "maximum": 99.99, "step": 0.01, "source": SOURCE, **changes}
    )


def make_rows(**changes: object) -> pd.DataFrame:
    bid = {"lever": "keyword_bid", "action": "raise", "old_value": 1.0, "new_value": 1.1, "platform": EDITOR.name}
    return pd.DataFrame([keyword_row(1, **{**bid, **changes})])


def test_an_open_lever_has_bounds_and_a_closed_one_none():
    assert lever_bounds(EDITOR, "keyword_bid").step == 0.01
    assert lever_bounds(EDITOR, "kol_offer") is None


def test_a_lever_without_an_upload_file_is_closed_even_if_the_rulebook_has_it():
    assert lever_bounds(EDITOR.model_copy(update={"bid_files": ()}), "keyword_bid") is None


@pytest.mark.parametrize(
    ("rounding", "step", "value", "expected"),
    [
        ("half_up", 0.1, 0.25, 0.3),
        ("half_up", 0.01, 1.005, 1.01),
        ("nearest", 0.01, 0.574, 0.57),
        ("nearest", 0.05, 0.33, 0.35),
        ("down", 0.01, 0.579, 0.57),
        ("down", 0.01, 0.57, 0.57),
        ("down", 0.01, 0.07 * 10, 0.7),
    ],
)
def test_a_value_is_rounded_the_way_the_rule_says(rounding, step, value, expected):
    assert round_to_step([value], make_rule(rounding=rounding, step=step)).tolist() == [expected]


def test_prefer_down_wins_over_the_rounding_of_the_rule():
    assert round_to_step([0.579], make_rule(rounding="half_up"), prefer_down=True).tolist() == [0.57]


def test_rounding_never_leaves_the_bounds_that_the_value_was_in():
    rule = make_rule(minimum=0.33, maximum=9.99, step=0.25)
    assert round_to_step([0.34, 9.98], rule).tolist() == [0.5, 9.75]


def test_rounding_does_not_repair_a_value_outside_the_bounds():
    assert round_to_step([0.014, 250.004], make_rule()).tolist() == [0.01, 250.0]


def test_missing_and_infinite_values_pass_through_rounding_unchanged():
    rounded = round_to_step([np.nan, np.inf, 1.234], make_rule())
    assert np.isnan(rounded[0])
    assert rounded[1:].tolist() == [np.inf, 1.23]


def test_a_rule_without_room_between_its_bounds_is_refused():
    with pytest.raises(ValueError, match="is not below maximum"):
        make_rule(minimum=5.0, maximum=5.0)


@pytest.mark.parametrize("platform", [p for p in PLATFORMS.values() if p.bid_files], ids=lambda platform: platform.name)
def test_the_sample_night_of_a_platform_breaks_no_rule(platform):
    assert check_rows(sample_rows(platform), platform).to_dict("records") == []


BREACHES = {
    "below the minimum": ({"new_value": 0.001, "old_value": 0.01}, "is below the minimum"),
    "zero": ({"new_value": 0.0}, "is below the minimum"),
    "negative": ({"new_value": -1.0}, "is below the minimum"),
    "above the maximum": ({"new_value": 20000.0, "old_value": 9000.0}, "is above the maximum"),
    "not on the step": ({"new_value": 1.105}, "is not on the step"),
    "missing": ({"new_value": None}, "is not a finite number"),
    "not a number": ({"new_value": float("nan")}, "is not a finite number"),
    "infinite": ({"new_value": float("inf")}, "is not a finite number"),
    "text": ({"new_value": "much"}, "is not a finite number"),
    "100 times the old bid": ({"new_value": 100.0}, "jumps too far"),
    "a hundredth of the old bid": ({"new_value": 0.01}, "jumps too far"),
    "no old bid": ({"old_value": None}, "undo could not restore it"),
    "archived": ({"status": "archived"}, "is closed for good"),
    "no campaign": ({"campaign": None}, "is missing"),
    "blank keyword": ({"keyword": "  "}, "is missing"),
    "id as a number": ({"campaign": 12.0}, "ids and names are text"),
    "formula": ({"keyword": "=1+1"}, "starts like a spreadsheet formula"),
    "plus": ({"campaign": "+brand"}, "starts like a spreadsheet formula"),
    "minus": ({"ad_group": "-brand"}, "starts like a spreadsheet formula"),
    "at": ({"ad_group": "@brand"}, "starts like a spreadsheet formula"),
    "full-width equals": ({"ad_group": "＝brand"}, "starts like a spreadsheet formula"),
    "tab": ({"keyword": "\tred"}, "starts like a spreadsheet formula"),
    "carriage return": ({"keyword": "\rred"}, "starts like a spreadsheet formula"),
    "line break": ({"keyword": "red\nshoes"}, "line break"),
    "not a character": ({"keyword": "red \uffff"}, "a character that no file may hold"),
    "unknown match type": ({"match_type": "auto"}, "has no word in this upload format"),
    "pause of a paused keyword": (
        {"lever": "status", "action": "pause", "status": "paused", "new_value": None},
        "does not fit the action",
    ),
    "unknown status": ({"lever": "status", "action": "resume", "status": None}, "does not fit the action"),
    "closed lever": ({"lever": "kol_offer", "action": "sign"}, "is closed on this platform"),
    "no lever": ({"lever": None}, "is closed on this platform"),
    "other platform": ({"platform": "elsewhere"}, "differs from the other rows"),
    "no currency": ({"currency": None}, "differs from the other rows"),
}


@pytest.mark.parametrize(("changes", "reason"), BREACHES.values(), ids=BREACHES.keys())
def test_a_row_that_breaks_a_rule_is_found_with_its_reason(changes, reason):
    breaches = check_rows(make_rows(**changes), EDITOR)
    assert breaches["reason"].str.contains(reason).any(), breaches.to_dict("records")
    assert set(breaches["row"]) == {0}


def test_a_row_that_breaks_no_rule_gives_no_breach():
    assert check_rows(make_rows(), EDITOR).empty


def test_the_same_item_and_lever_twice_is_found_twice():
    rows = pd.concat([make_rows(), make_rows(new_value=1.2)], ignore_index=True)
    breaches = check_rows(rows, EDITOR)
    assert breaches["row"].tolist() == [0, 1]
    assert breaches["reason"].unique().tolist() == ["is edited twice by the same lever"]


def test_two_new_words_of_one_item_are_no_duplicates_but_the_same_word_is():
    term = {"lever": "new_keyword", "action": "add", "old_value": None}
    red, blue = make_rows(**term, search_term="red"), make_rows(**term, search_term="blue")
    assert check_rows(pd.concat([red, blue], ignore_index=True), EDITOR).empty
    assert len(check_rows(pd.concat([red, red], ignore_index=True), EDITOR)) == 2


def test_two_accounts_in_one_call_are_refused():
    rows = pd.concat([make_rows(), make_rows(account="second", item="another item")], ignore_index=True)
    breaches = check_rows(rows, EDITOR)
    assert breaches["column"].tolist() == ["account"]


def test_an_old_bid_that_the_undo_file_could_not_hold_is_found():
    platform = PLATFORMS["taobao_keyword"]  # its files count in whole hundredths
    breaches = check_rows(make_rows(platform=platform.name, old_value=1.234, new_value=1.25), platform)
    assert breaches["reason"].tolist() == ["is not a whole number in the unit of the file"]


def test_more_rows_than_the_platform_takes_at_once_are_found():
    rulebook = EDITOR.rulebook.model_copy(update={"max_rows_per_file": 1})
    rows = pd.concat([make_rows(), make_rows(item="another item", keyword="b")], ignore_index=True)
    platform = EDITOR.model_copy(update={"rulebook": rulebook, "bid_files": EDITOR.bid_files[:1]})
    breaches = check_rows(rows, platform)
    assert breaches[["row", "value", "limit"]].to_dict("records") == [{"row": 1, "value": "2", "limit": "1"}]


def test_check_rows_keeps_the_index_labels_of_the_caller():
    rows = make_rows(new_value=None)
    rows.index = ["a label"]
    assert check_rows(rows, EDITOR)["row"].unique().tolist() == ["a label"]
