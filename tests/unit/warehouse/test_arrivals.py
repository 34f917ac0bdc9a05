"""Which files have arrived and for which night."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets.warehouse import arrivals
from assets.warehouse.arrivals import known_arrivals, record_arrivals
from assets.warehouse.errors import CorruptDocumentError
from assets.warehouse.home import Home
from assets.warehouse.inputs import freeze_inputs

NIGHT = date(2025, 3, 10)
EARLIER, LATER = date(2025, 3, 8), date(2025, 3, 12)
Drop = Callable[..., Path]


def nights(home: Home, night: date = NIGHT) -> dict[str, date]:
    return {one.file: one.as_of for one in record_arrivals(home, night)}


def test_a_loose_file_is_for_the_open_night_and_a_dated_folder_for_its_own(home: Home, drop: Drop):
    drop("loose.csv", "a")
    drop("2025-03-08/google/dated.csv", "b")
    drop("not-a-night/loose_too.csv", "c")
    assert nights(home) == {
        "loose.csv": NIGHT,
        "2025-03-08/google/dated.csv": EARLIER,
        "not-a-night/loose_too.csv": NIGHT,
    }


def test_the_same_bytes_again_are_a_no_op_for_a_later_night(home: Home, drop: Drop):
    drop("first.csv", "same")
    record_arrivals(home, NIGHT)
    drop("again.csv", "same")
    (arrival,) = record_arrivals(home, LATER)
    assert (arrival.as_of, arrival.names) == (NIGHT, ("again.csv", "first.csv"))
    assert len(list(home.originals.iterdir())) == 1


def test_the_earliest_night_wins_for_the_same_bytes_in_any_order(home: Home, drop: Drop):
    drop("2025-03-12/late.csv", "same")
    record_arrivals(home, LATER)
    drop("2025-03-08/early.csv", "same")
    drop("loose.csv", "same")
    assert [one.as_of for one in record_arrivals(home, LATER)] == [EARLIER]


def test_a_loose_file_never_gets_a_night_older_than_the_newest_frozen_one(home: Home, drop: Drop):
    drop("first.csv", "a")
    record_arrivals(home, LATER)
    freeze_inputs(home, LATER, "config")
    drop("new.csv", "b")
    assert nights(home, NIGHT)["new.csv"] == LATER


def test_a_known_loose_file_keeps_its_night_when_an_old_night_is_run_again(home: Home, drop: Drop):
    drop("first.csv", "a")
    record_arrivals(home, LATER)
    assert nights(home, EARLIER) == {"first.csv": LATER}


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", "~$open.xlsx", "half.csv.part", "half.tmp", "half.csv.crdownload", ".git/x.csv", "Thumbs.db"],
)
def test_hidden_and_unfinished_files_are_not_arrivals(home: Home, drop: Drop, name: str):
    drop(name)
    assert record_arrivals(home, NIGHT) == ()


def test_the_original_is_kept_byte_by_byte_under_its_hash(home: Home, drop: Drop):
    path = drop("a.csv", "关键词,花费\n")
    (arrival,) = record_arrivals(home, NIGHT)
    assert arrival.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (home.originals / arrival.sha256).read_bytes() == path.read_bytes()


def test_an_arrival_stays_known_after_its_file_left_the_inbox(home: Home, drop: Drop):
    path = drop("a.csv")
    before = record_arrivals(home, NIGHT)
    path.unlink()
    assert record_arrivals(home, LATER) == before == known_arrivals(home)


def test_a_changed_file_is_a_second_arrival_and_the_first_original_stays(home: Home, drop: Drop):
    drop("a.csv", "one")
    record_arrivals(home, NIGHT)
    drop("a.csv", "two")
    assert sorted(one.as_of for one in record_arrivals(home, LATER)) == [NIGHT, LATER]
    assert len(list(home.originals.iterdir())) == 2


def test_a_deleted_original_is_copied_again_from_the_inbox(home: Home, drop: Drop):
    drop("a.csv")
    (arrival,) = record_arrivals(home, NIGHT)
    (home.originals / arrival.sha256).unlink()
    record_arrivals(home, NIGHT)
    assert (home.originals / arrival.sha256).exists()


def test_a_thousand_unchanged_files_are_not_read_again(home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch):
    for number in range(1000):
        drop(f"2025-03-09/{number}.csv", str(number))
    before = record_arrivals(home, NIGHT)

    def refuse(path: Path, originals: Path) -> str:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(arrivals, "_copy", refuse)
    assert record_arrivals(home, LATER) == before
    assert len(before) == 1000


def test_two_scans_at_once_lose_nothing(home: Home, drop: Drop):
    for number in range(50):
        drop(f"{number}.csv", str(number))
    threads = [threading.Thread(target=record_arrivals, args=(home, NIGHT)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known_arrivals(home)) == 50
    assert len(list(home.originals.iterdir())) == 50


def test_a_name_that_is_not_utf8_arrives_with_a_readable_name(home: Home):
    (home.inbox / os.fsdecode("报表.csv".encode("gb18030"))).write_text("x")
    (arrival,) = record_arrivals(home, NIGHT)
    assert arrival.file.endswith(".csv")
    assert arrival.file.encode("utf-8")


def test_a_damaged_list_of_arrivals_is_refused_by_name(home: Home, drop: Drop):
    drop("a.csv")
    (home.state / "arrivals.json").write_text('{"half')
    with pytest.raises(CorruptDocumentError, match=r"arrivals\.json: Unterminated string"):
        record_arrivals(home, NIGHT)
