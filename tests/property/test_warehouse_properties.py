"""What holds for any set of report files: order, look-ahead, conservation, one row per key."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.warehouse.arrivals import record_arrivals
from assets.warehouse.facts import FactSource, write_facts
from assets.warehouse.home import Home, open_home
from assets.warehouse.inputs import InputFile, NightInputs
from assets.warehouse.window import daily_window, period_facts, snapshots

FIRST = date(2025, 3, 1)
LAST = date(2025, 4, 1)
few = settings(max_examples=8, deadline=None)

row = st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 3))  # day, item, cost
reports = st.lists(
    st.tuples(st.integers(0, 4), st.lists(row, min_size=1, max_size=5)), min_size=1, max_size=4
)  # as_of, rows


def keep(home: Home, drawn: list[tuple[int, list[tuple[int, str, int]]]]) -> list[InputFile]:
    """Store drawn reports as facts; the content decides the hash, as with real files."""
    files = {}
    for as_of, rows in drawn:
        frame = pd.DataFrame(
            {
                "platform": "google_ads", "account": "main", "item": [one[1] for one in rows],
                "report_date": pd.to_datetime([FIRST + timedelta(days=one[0]) for one in rows]),
                "cost": pd.array([one[2] for one in rows], dtype="Int64"), "line": range(len(rows)),
            }
        )  # fmt: skip
        sha256 = hashlib.sha256(repr((as_of, rows)).encode()).hexdigest()
        write_facts(home, FactSource(sha256, "google_ads", "r", "keyword_daily"), frame)
        files[sha256] = InputFile(sha256, "r.csv", FIRST + timedelta(days=as_of))
    return list(files.values())


def window(home: Home, files: list[InputFile], night: date = LAST, threads: int = 1) -> pd.DataFrame:
    inputs = NightInputs(night, 1, tuple(one for one in files if one.as_of <= night), "config")
    return daily_window(home, inputs, "keyword_daily", FIRST, LAST, threads=threads).frame


@few
@given(reports)
def test_order_of_files_and_threads_never_change_a_window(drawn):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first, second = open_home(one), open_home(two)
        forward, backward = keep(first, drawn), keep(second, drawn[::-1])
        pd.testing.assert_frame_equal(window(first, forward), window(second, backward, threads=2))


@few
@given(reports, st.integers(0, 4))
def test_files_of_later_nights_never_change_a_night(drawn, day):
    night = FIRST + timedelta(days=day)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        everything, then = open_home(one), open_home(two)
        all_files = keep(everything, drawn)
        files_then = keep(then, [report for report in drawn if report[0] <= day])
        pd.testing.assert_frame_equal(window(everything, all_files, night), window(then, files_then, night))


@few
@given(reports)
def test_a_key_is_one_row_or_set_apart_and_only_numbers_that_were_reported_appear(drawn):
    with tempfile.TemporaryDirectory() as one:
        home = open_home(one)
        inputs = NightInputs(LAST, 1, tuple(keep(home, drawn)), "config")
        result = daily_window(home, inputs, "keyword_daily", FIRST, LAST)
        keys = ["platform", "account", "item", "report_date"]
        assert not result.frame.duplicated(keys).any()
        apart = result.conflicts.set_index(keys).index
        assert result.frame.set_index(keys).index.intersection(apart).empty
        told = {(one.isoformat(), *cells) for one, cells in _told(drawn)}
        seen = zip(
            result.frame["as_of"], result.frame["report_date"], result.frame["item"], result.frame["cost"], strict=True
        )
        assert {(as_of.date().isoformat(), day.date(), item, cost) for as_of, day, item, cost in seen} <= told


def _told(drawn):
    for as_of, rows in drawn:
        for day, item, cost in rows:
            yield FIRST + timedelta(days=as_of), (FIRST + timedelta(days=day), item, cost)


@few
@given(reports)
def test_the_window_shows_what_one_snapshot_of_each_day_says(drawn):
    with tempfile.TemporaryDirectory() as one:
        home = open_home(one)
        inputs = NightInputs(LAST, 1, tuple(keep(home, [(as_of, _unique(rows)) for as_of, rows in drawn])), "config")
        result = daily_window(home, inputs, "keyword_daily", FIRST, LAST)
        versions = snapshots(home, inputs, "keyword_daily").set_index(["report_date", "as_of"])["cost"]
        for key, cost in result.frame.groupby(["report_date", "as_of"])["cost"].sum().items():
            assert cost == versions[key]
        assert len(result.frame.groupby("report_date")["as_of"].nunique().unique()) <= 1


def _unique(rows):
    return list({(day, item): (day, item, cost) for day, item, cost in rows}.values())


@few
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10), st.integers(0, 3)), min_size=1, max_size=6))
def test_no_day_is_in_two_periods(drawn):
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(folder)
        files = []
        for number, (start, length, as_of) in enumerate(drawn):
            first = pd.Timestamp(FIRST) + pd.Timedelta(days=start)
            frame = pd.DataFrame(
                {
                    "platform": "google_ads", "account": "main", "search_term": ["t"], "line": [1],
                    "period_start": [first], "period_end": [first + pd.Timedelta(days=length)],
                }
            )  # fmt: skip
            write_facts(home, FactSource(f"{number}", "google_ads", "r", "search_terms"), frame)
            files.append(InputFile(f"{number}", "r.csv", FIRST + timedelta(days=as_of)))
        found = period_facts(home, NightInputs(LAST, 1, tuple(files), "config"), "search_terms")
        found = found.sort_values("period_start")
        assert len(found) >= 1
        assert (found["period_start"].iloc[1:].to_numpy() > found["period_end"].iloc[:-1].to_numpy()).all()


@few
@given(st.permutations(["2025-03-02/a.csv", "2025-03-05/b.csv", "c.csv", "2025-03-04/deep/d.csv"]), st.booleans())
def test_the_order_of_dropping_files_never_changes_what_has_arrived(names, same_bytes):
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(folder)
        for name in names:
            path = Path(home.inbox / name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("same" if same_bytes else name)
            record_arrivals(home, date(2025, 3, 3))
        nights = sorted((one.as_of.day, one.file) for one in record_arrivals(home, date(2025, 3, 3)))
        if same_bytes:
            assert nights == [(2, "2025-03-02/a.csv")]
        else:
            assert nights == [
                (2, "2025-03-02/a.csv"),
                (3, "c.csv"),
                (4, "2025-03-04/deep/d.csv"),
                (5, "2025-03-05/b.csv"),
            ]
