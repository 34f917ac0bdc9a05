"""Which rows a night sees: the newest version of a day, parts united, nothing twice, nothing from later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from assets.warehouse.errors import MissingFactsError
from assets.warehouse.facts import facts_path
from assets.warehouse.home import Home
from assets.warehouse.inputs import InputFile, NightInputs
from assets.warehouse.window import WindowResult, daily_window, snapshots

Days = Callable[..., pd.DataFrame]
Store = Callable[..., InputFile]
SeenBy = Callable[..., NightInputs]
MARCH = (date(2025, 3, 1), date(2025, 4, 1))


def march(home: Home, inputs: NightInputs, **options: float) -> WindowResult:
    return daily_window(home, inputs, "keyword_daily", *MARCH, **options)


def costs(frame: pd.DataFrame) -> dict[tuple[int, str], int]:
    return {(row.report_date.day, row.item): row.cost for row in frame.itertuples()}


def test_the_newest_version_of_a_day_counts_and_older_days_stay(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    old = store(keyword_days((1, "a", 100, 1), (2, "a", 200, 2), (2, "gone", 1, 1)), 5)
    new = store(keyword_days((2, "a", 201, 3)), 6)
    result = march(home, seen_by(old, new))
    assert costs(result.frame) == {(1, "a"): 100, (2, "a"): 201}
    assert result.frame["as_of"].dt.day.tolist() == [5, 6]
    assert result.restatements.empty


def test_a_file_of_the_next_night_never_changes_this_night(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    known = store(keyword_days((1, "a", 100, 1)), 10)
    before = march(home, seen_by(known)).frame
    later = store(keyword_days((1, "a", 999, 9), (2, "b", 1, 1)), 11)
    pd.testing.assert_frame_equal(march(home, seen_by(known, later)).frame, before)
    assert costs(march(home, seen_by(known, later, night=date(2025, 3, 11))).frame) == {(1, "a"): 999, (2, "b"): 1}


def test_the_window_is_half_open(home: Home, store: Store, keyword_days: Days, seen_by: SeenBy):
    inputs = seen_by(store(keyword_days((1, "a", 1, 1), (2, "a", 2, 1), (3, "a", 3, 1)), 5))
    frame = daily_window(home, inputs, "keyword_daily", date(2025, 3, 2), date(2025, 3, 3)).frame
    assert costs(frame) == {(2, "a"): 2}


def test_parts_of_one_night_are_united_and_equal_rows_count_once(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    one = store(keyword_days((1, "a", 100, 1), (1, "b", 50, None)), 5, "one")
    two = store(keyword_days((1, "b", 50, 7), (1, "c", 25, 1)), 5, "two")
    result = march(home, seen_by(one, two))
    assert costs(result.frame) == {(1, "a"): 100, (1, "b"): 50, (1, "c"): 25}
    assert result.frame["clicks"].tolist() == [1, 7, 1]  # a number that one part lacks is filled from the other
    assert result.conflicts.empty


def test_rows_of_one_key_with_different_numbers_are_set_apart(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    one = store(keyword_days((1, "a", 100, 1), (1, "b", 50, 1)), 5, "one")
    two = store(keyword_days((1, "b", 51, 1)), 5, "two")
    result = march(home, seen_by(one, two))
    assert costs(result.frame) == {(1, "a"): 100}
    assert sorted(result.conflicts["cost"]) == [50, 51]
    assert set(result.conflicts["file"]) == {one.sha256, two.sha256}


def test_the_same_key_twice_in_one_file_is_set_apart_too(home: Home, store: Store, keyword_days: Days, seen_by: SeenBy):
    result = march(home, seen_by(store(keyword_days((1, "a", 1, 1), (1, "a", 2, 1), (1, "b", 3, 1)), 5)))
    assert costs(result.frame) == {(1, "b"): 3}
    assert len(result.conflicts) == 2


def test_a_newer_version_that_takes_cost_away_is_held_and_listed(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    old = store(keyword_days((1, "a", 600, 1), (1, "b", 400, 1), (2, "a", 100, 1)), 5)
    filtered = store(keyword_days((1, "a", 600, 1), (2, "a", 96, 1)), 6)
    result = march(home, seen_by(old, filtered))
    assert costs(result.frame) == {(1, "a"): 600, (1, "b"): 400, (2, "a"): 96}
    (row,) = result.restatements.itertuples()
    assert (row.report_date.day, row.kept_as_of.day, row.refused_as_of.day) == (1, 5, 6)
    assert (row.kept_cost, row.refused_cost, row.cut) == (1000, 600, pytest.approx(0.4))


def test_the_limit_of_a_restatement_is_an_option(home: Home, store: Store, keyword_days: Days, seen_by: SeenBy):
    inputs = seen_by(store(keyword_days((1, "a", 1000, 1)), 5), store(keyword_days((1, "a", 600, 1)), 6))
    assert costs(march(home, inputs, max_restatement=0.5).frame) == {(1, "a"): 600}
    assert costs(march(home, inputs, max_restatement=0.0).frame) == {(1, "a"): 1000}


def test_a_third_version_that_restores_the_cost_ends_the_hold(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    files = [store(keyword_days((1, "a", cost, 1)), day) for day, cost in ((5, 1000), (6, 10), (7, 1001))]
    result = march(home, seen_by(*files))
    assert costs(result.frame) == {(1, "a"): 1001}
    assert result.restatements.empty


def test_parts_that_overlap_do_not_look_like_a_cut_on_the_next_night(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    twice = [store(keyword_days((1, "a", 100, 1)).assign(carts=[n]), 5, f"{n}") for n in (None, 3)]
    result = march(home, seen_by(*twice, store(keyword_days((1, "a", 100, 2)), 6)))
    assert result.frame["as_of"].dt.day.tolist() == [6]
    assert result.restatements.empty


def test_a_version_without_cost_is_not_a_cut(home: Home, store: Store, keyword_days: Days, seen_by: SeenBy):
    files = (store(keyword_days((1, "a", 100, 1)), 5), store(keyword_days((1, "a", 1, 2)).assign(cost=None), 6))
    assert march(home, seen_by(*files)).frame["clicks"].tolist() == [2]


def test_accounts_and_platforms_have_versions_of_their_own(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    ours = store(keyword_days((1, "a", 100, 1)), 5)
    other = store(keyword_days((1, "a", 7, 1), platform="baidu_search"), 6)
    result = march(home, seen_by(ours, other))
    assert result.frame["cost"].tolist() == [7, 100]  # baidu_search sorts before google_ads
    assert result.restatements.empty


def test_a_key_that_two_scopes_share_counts_once_from_the_newer(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    old = store(keyword_days((1, "a", 100, 1), (1, "b", 5, 1)), 5, scope="all")
    new = store(keyword_days((1, "a", 101, 1)), 6, scope="brand")
    result = march(home, seen_by(old, new))
    assert costs(result.frame) == {(1, "a"): 101, (1, "b"): 5}
    assert result.conflicts.empty


def test_rows_without_an_item_are_known_by_their_names(home: Home, store: Store, keyword_days: Days, seen_by: SeenBy):
    frame = keyword_days((1, "a", 1, 1), (1, "b", 2, 1), (1, "b", 2, 1)).assign(item=None)
    assert march(home, seen_by(store(frame, 5))).frame["cost"].tolist() == [1, 2]


def test_order_of_files_and_number_of_threads_change_nothing(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    files = [
        store(keyword_days(*[(day, f"kw{n}", 100 + n, n) for n in range(30)]), as_of, str(part))
        for part, (day, as_of) in enumerate([(1, 5), (2, 5), (1, 6), (3, 7), (2, 7)])
    ]
    first = march(home, seen_by(*files), threads=1).frame
    pd.testing.assert_frame_equal(march(home, seen_by(*reversed(files)), threads=2).frame, first)
    keys = ["platform", "account", "item", "report_date"]
    assert first.equals(first.sort_values(keys, kind="stable", ignore_index=True))


def test_an_empty_window_has_all_columns_with_their_types(home: Home, seen_by: SeenBy):
    result = march(home, seen_by())
    types = result.frame.dtypes.astype(str)
    assert [types[name] for name in ("report_date", "item", "cost", "conversions")] == [
        "datetime64[us]", "str", "Int64", "float64",
    ]  # fmt: skip
    assert len(result.frame) == len(result.restatements) == len(result.conflicts) == 0


def test_facts_that_disappeared_are_named_with_the_remedy(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    inputs = seen_by(store(keyword_days((1, "a", 1, 1)), 5))
    for path in (facts_path(home, "x").parent / "keyword_daily").iterdir():
        path.write_bytes(b"not parquet")
    with pytest.raises(MissingFactsError, match=r"cannot read the facts .*\.parquet: .*Delete the folder warehouse/"):
        march(home, inputs)


def test_snapshots_keep_every_version_that_the_night_sees(
    home: Home, store: Store, keyword_days: Days, seen_by: SeenBy
):
    files = [
        store(keyword_days((1, "a", 10, 1), (1, "b", 1, 1)).assign(conversions=[share, 0.25]), as_of)
        for as_of, share in ((2, 0.1), (3, 0.2), (11, 9.0))
    ]
    frame = snapshots(home, seen_by(*files), "keyword_daily")
    assert frame["as_of"].dt.day.tolist() == [2, 3]
    assert frame["conversions"].tolist() == [0.35, 0.45]
    assert frame["kind"].tolist() == ["keyword_daily", "keyword_daily"]
    assert (frame["rows"].tolist(), frame["cost"].tolist()) == ([2, 2], [11, 11])
    assert snapshots(home, seen_by(), "keyword_daily").empty
