"""What one night leaves for the next."""

from __future__ import annotations

from datetime import date

import pytest

from assets.warehouse.documents import write_document
from assets.warehouse.errors import CorruptDocumentError
from assets.warehouse.home import Home
from assets.warehouse.state import (
    is_approved,
    is_published,
    latest_state_before,
    mark_published,
    newest_night,
    published_nights,
    write_state,
)

FIRST, SECOND, THIRD = date(2025, 3, 1), date(2025, 3, 5), date(2025, 3, 6)


def test_the_newest_state_before_a_night_counts_and_gaps_are_legal(home: Home):
    write_state(home, FIRST, "forecast", {"n": 1})
    write_state(home, THIRD, "forecast", {"n": 3})
    write_state(home, SECOND, "other", {"n": 2})
    assert latest_state_before(home, "forecast", THIRD) == {"n": 1}
    assert latest_state_before(home, "forecast", date(2026, 1, 1)) == {"n": 3}
    assert latest_state_before(home, "forecast", FIRST) is None


@pytest.mark.parametrize("name", ["inputs", "inputs_extra", "../x", ""])
def test_a_state_cannot_take_a_name_that_is_not_its_own(home: Home, name: str):
    with pytest.raises(ValueError, match="a state's name must be a plain word"):
        write_state(home, FIRST, name, {})


def test_published_platforms_of_one_night_add_up(home: Home):
    mark_published(home, FIRST, 1, ["google_ads", "taobao_keyword"])
    mark_published(home, FIRST, 2, ["google_ads"])
    assert published_nights(home) == {FIRST: {"google_ads": 2, "taobao_keyword": 1}}
    assert is_published(home, FIRST)
    assert not is_published(home, SECOND)


def test_only_a_plain_yes_approves_a_night(home: Home):
    assert not is_approved(home, FIRST)
    write_state(home, FIRST, "approval", {"approved": "no"})
    assert not is_approved(home, FIRST)
    write_state(home, FIRST, "approval", {"approved": True})
    assert is_approved(home, FIRST)
    assert not is_approved(home, SECOND)


def test_the_newest_night_has_tables_or_was_published(home: Home):
    assert newest_night(home) is None
    (home.warehouse / "tables" / "2025-03-05").mkdir(parents=True)
    (home.warehouse / "tables" / "9999-99-99").mkdir()
    (home.warehouse / "tables" / "scratch").mkdir()
    assert newest_night(home) == SECOND
    mark_published(home, THIRD, 1, ["google_ads"])
    assert newest_night(home) == THIRD


def test_a_document_that_is_not_an_object_is_refused(home: Home):
    (home.state / "published.json").write_text("[]")
    with pytest.raises(CorruptDocumentError, match="holds a list"):
        published_nights(home)


def test_a_document_with_nan_is_refused_and_the_old_one_stays(home: Home):
    write_state(home, FIRST, "forecast", {"n": 1.0})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_state(home, FIRST, "forecast", {"n": float("nan")})
    assert latest_state_before(home, "forecast", SECOND) == {"n": 1.0}
    assert [path.name for path in (home.state / "nights" / "2025-03-01").iterdir()] == ["forecast.json"]


def test_equal_payloads_are_equal_bytes_whatever_their_order(home: Home):
    write_document(home.state / "a.json", {"b": 1, "a": "关键词"})
    write_document(home.state / "b.json", {"a": "关键词", "b": 1})
    assert (home.state / "a.json").read_bytes() == (home.state / "b.json").read_bytes()
