"""What became of the last published edits is read from newer exports and result files, and never assumed."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.applied import COLUMNS, judge_edits
from assets.platforms.bid_table import row_key

NIGHT, LATER = pd.Timestamp("2025-03-09"), pd.Timestamp("2025-03-10")


def edits(**changes):
    row = {
        "platform": "google_ads", "account": "main", "item": "google_ads|main|keyword|Tents|Group|tent|exact",
        "lever": "keyword_bid", "action": "raise", "campaign": "Tents", "ad_group": "Group", "keyword": "tent",
        "match_type": "exact", "keyword_id": None, "search_term": None, "old_value": 1.0, "new_value": 1.2, "edit_night": NIGHT,
    }  # fmt: skip
    return pd.DataFrame([row | changes]).astype({"edit_night": "datetime64[us]"})


def entities(as_of=LATER, **changes):
    row = {"item": "google_ads|main|keyword|Tents|Group|tent|exact", "status": "enabled", "bid": 1.2, "daily_budget": None,
           "target_roas": None, "commission_rate": None, "entity_date": as_of}  # fmt: skip
    return pd.DataFrame([row | changes])


def results(as_of=LATER, **changes):
    row = {"platform": "google_ads", "result": "rejected", "row_key": None, "keyword_id": None, "campaign": None,
           "ad_group": None, "keyword": None, "match_type": None, "error_code": "4102", "error_text": "bid is too low",
           "as_of": as_of}  # fmt: skip
    return pd.DataFrame([row | changes]).iloc[: 0 if changes.get("result") == "" else 1]


NONE = results(result="")


def outcome(one, known, refused=NONE):
    (row,) = judge_edits(one, known, refused).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("bid", "told"), [(1.2, "applied"), (1.0, "not_applied"), (1.5, "changed_by_hand"), (None, "unknown")]
)
def test_a_bid_is_compared_with_the_newer_export(bid, told):
    assert outcome(edits(), entities(bid=bid))["outcome"] == told


def test_an_export_as_old_as_the_edit_proves_nothing():
    assert outcome(edits(), entities(as_of=NIGHT))["outcome"] == "unknown"


@pytest.mark.parametrize(("status", "told"), [("paused", "applied"), ("enabled", "not_applied")])
def test_a_pause_is_compared_with_the_status(status, told):
    pause = edits(lever="status", action="pause", old_value=None, new_value=None)
    assert outcome(pause, entities(status=status))["outcome"] == told


@pytest.mark.parametrize(
    "known_by",
    [{"row_key": row_key("google_ads|main|keyword|Tents|Group|tent|exact")}, {"keyword_id": "77"},
     {"campaign": "tents", "ad_group": "GROUP", "keyword": "Tent", "match_type": "exact"}],
    ids=["our row key", "the platform's id", "names"],
)  # fmt: skip
def test_a_refusal_is_found_by_row_key_id_or_names_and_tells_the_platforms_words(known_by):
    row = outcome(edits(keyword_id="77"), entities(bid=1.0), results(**known_by))
    assert (row["outcome"], row["error_code"], row["error_text"]) == ("rejected", "4102", "bid is too low")


def test_a_refusal_from_before_the_edit_is_of_another_edit():
    assert outcome(edits(keyword_id="77"), entities(), results(as_of=NIGHT, keyword_id="77"))["outcome"] == "applied"


def test_a_refusal_of_another_platform_or_keyword_is_not_ours():
    assert (
        outcome(
            edits(),
            entities(),
            results(platform="other", row_key=row_key("google_ads|main|keyword|Tents|Group|tent|exact")),
        )["outcome"]
        == "applied"
    )
    assert outcome(edits(keyword_id="78"), entities(), results(keyword_id="77"))["outcome"] == "applied"


def test_without_a_publication_the_table_is_empty_and_whole():
    empty = judge_edits(edits().iloc[:0], entities(), NONE)
    assert (len(empty), list(empty.columns)) == (0, COLUMNS)
