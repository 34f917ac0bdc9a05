"""Facts are stored once per source file, with explicit types and stable bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from assets.warehouse import fact_file
from assets.warehouse.coverage import read_coverage
from assets.warehouse.errors import FactsError
from assets.warehouse.fact_file import items_path, read_sorted
from assets.warehouse.facts import (
    FactSource,
    drop_facts,
    facts_path,
    seal_source,
    sealed_details,
    write_facts,
)
from assets.warehouse.home import Home
from assets.warehouse.text_hash import hash_texts

SOURCE = FactSource("f" * 64, "google_ads", "keyword report", "keyword_daily")
Days = Callable[..., pd.DataFrame]


def test_types_are_explicit_and_missing_columns_are_null(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days((1, "a", 1_500_000, None)))
    schema = pq.read_schema(facts_path(home, SOURCE.name))
    types = {name: schema.field(name).type for name in ("cost", "clicks", "conversions", "report_date", "campaign")}
    assert types == {
        "cost": pa.int64(), "clicks": pa.int64(), "conversions": pa.float64(),
        "report_date": pa.timestamp("us"), "campaign": pa.string(),
    }  # fmt: skip
    assert pq.read_table(facts_path(home, SOURCE.name))["clicks"].to_pylist() == [None]


def test_the_source_stands_in_the_file_s_own_metadata(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days((1, "a", 1, 1)), "reader-2")
    note = pq.read_schema(facts_path(home, SOURCE.name)).metadata[b"bidwright"].decode()
    assert '"code_version": "reader-2"' in note
    assert '"report": "keyword report"' in note


def test_rows_lie_by_bucket_then_day(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days(*[(day, f"kw{n}", 1, 1) for day in (2, 1) for n in range(50)]))
    stored = pq.read_table(facts_path(home, SOURCE.name)).to_pandas()
    assert stored["bucket"].tolist() == [
        number % 64 for number in hash_texts(pa.array(stored["item"].tolist())).tolist()
    ]
    assert stored.equals(stored.sort_values(["bucket", "report_date", "item"], kind="stable", ignore_index=True))


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fact_file, "ROWS_PER_GROUP", 16)


def many_days(keyword_days: Days) -> pd.DataFrame:
    frame = keyword_days(*[(day, f"kw{n}", 10 * day + n, n) for day in (2, 1, 3) for n in range(20)])
    names = frame["item"].str.replace("kw", "group ")
    return frame.assign(ad_group=names, note=[f"row {n}" for n in range(len(frame))], product_id=None)


def test_names_that_follow_from_an_item_stand_once_in_a_file_of_items(
    home: Home, keyword_days: Days, small_groups: None
):
    write_facts(home, SOURCE, many_days(keyword_days))
    path = facts_path(home, SOURCE.name)
    assert pq.read_table(items_path(path)).num_rows == 20
    kept = pq.read_schema(path).names
    assert {"item_no", "note"} <= set(kept)
    assert not {"item", "ad_group", "product_id"} & set(kept)


def test_a_file_with_items_reads_as_one_without(home: Home, keyword_days: Days, monkeypatch: pytest.MonkeyPatch):
    frame, path = many_days(keyword_days), facts_path(home, SOURCE.name)
    write_facts(home, SOURCE, frame)
    whole = read_sorted(path)
    assert not items_path(path).exists()
    monkeypatch.setattr(fact_file, "ROWS_PER_GROUP", 16)
    write_facts(home, SOURCE, frame)
    assert read_sorted(path).select(whole.column_names).to_pydict() == whole.to_pydict()
    bucket = whole["bucket"][0].as_py()
    part = read_sorted(path, pc.field("bucket") == bucket)
    assert part["ad_group"].to_pylist() == whole.filter(pc.equal(whole["bucket"], bucket))["ad_group"].to_pylist()


def test_facts_with_items_have_the_same_bytes_in_any_order_and_leave_nothing_when_dropped(
    home: Home, keyword_days: Days, small_groups: None
):
    frame, path = many_days(keyword_days).drop(columns="note"), facts_path(home, SOURCE.name)
    write_facts(home, SOURCE, frame)
    before = [one.read_bytes() for one in (path, items_path(path))]
    write_facts(home, SOURCE, frame.iloc[::-1])
    assert [one.read_bytes() for one in (path, items_path(path))] == before
    drop_facts(home, SOURCE.sha256)
    assert list(path.parent.iterdir()) == []


def test_the_order_of_rows_does_not_change_the_bytes(home: Home, keyword_days: Days):
    frame = keyword_days((1, "a", 1, 1), (2, "b", 2, 2), (3, "c", 3, 3))
    write_facts(home, SOURCE, frame)
    before = facts_path(home, SOURCE.name).read_bytes()
    write_facts(home, SOURCE, frame.iloc[::-1])
    assert facts_path(home, SOURCE.name).read_bytes() == before


def test_two_threads_that_write_the_same_leave_the_same_bytes(home: Home, keyword_days: Days):
    frame = keyword_days(*[(1, f"kw{n}", n, 1) for n in range(500)])
    write_facts(home, SOURCE, frame)
    before = facts_path(home, SOURCE.name).read_bytes()
    threads = [threading.Thread(target=write_facts, args=(home, SOURCE, frame)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert facts_path(home, SOURCE.name).read_bytes() == before
    assert [path.suffix for path in facts_path(home, SOURCE.name).parent.iterdir()] == [".parquet"]


def test_a_file_has_facts_only_after_it_was_read_to_its_end_by_this_code(home: Home, keyword_days: Days):
    assert sealed_details(home, SOURCE.sha256, "v1") is None
    write_facts(home, SOURCE, keyword_days((1, "a", 1, 1)), "v1")
    assert sealed_details(home, SOURCE.sha256, "v1") is None
    seal_source(home, SOURCE.sha256, "v1")
    assert sealed_details(home, SOURCE.sha256, "v1") == {}
    assert sealed_details(home, SOURCE.sha256, "v2") is None
    facts_path(home, SOURCE.name).unlink()
    assert sealed_details(home, SOURCE.sha256, "v1") is None


def test_facts_of_other_code_are_dropped_even_if_the_file_has_none_any_more(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days((1, "a", 1, 1)), "v1")
    seal_source(home, SOURCE.sha256, "v2", {"status": "refused"})
    assert sealed_details(home, SOURCE.sha256, "v2") == {"status": "refused"}
    assert not facts_path(home, SOURCE.name).exists()


def test_dropped_facts_are_gone_from_disk_and_index(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days((1, "a", 1, 1)))
    drop_facts(home, SOURCE.sha256)
    drop_facts(home, SOURCE.sha256)
    assert read_coverage(home, SOURCE.sha256) is None
    assert not facts_path(home, SOURCE.name).exists()


def test_parts_of_one_file_lie_apart(home: Home, keyword_days: Days):
    for scope in ("", "sheet 1", "表 2"):
        source = FactSource(SOURCE.sha256, "google_ads", "keyword report", "keyword_daily", scope)
        write_facts(home, source, keyword_days((1, "a", 1, 1)))
    assert len(list((home.warehouse / "facts" / "keyword_daily").iterdir())) == 3


def test_an_undeclared_column_is_kept_as_text_and_a_category_too(home: Home, keyword_days: Days):
    frame = keyword_days((1, "a", 1, 1), (1, "b", 1, 1)).assign(quality=[7, 8], lost_share_censored=["<", None])
    frame["match_type"] = pd.Categorical(["exact", "broad"])
    write_facts(home, SOURCE, frame)
    stored = pq.read_table(facts_path(home, SOURCE.name)).to_pandas().sort_values("item")
    assert stored["quality"].tolist() == ["7", "8"]
    assert stored["match_type"].tolist() == ["exact", "broad"]


def test_an_empty_table_is_stored_and_covers_no_day(home: Home, keyword_days: Days):
    write_facts(home, SOURCE, keyword_days((1, "a", 1, 1)).iloc[:0])
    content = read_coverage(home, SOURCE.sha256)
    assert content is not None
    assert [source["days"] for source in content["sources"].values()] == [[]]
    assert pq.read_table(facts_path(home, SOURCE.name)).num_rows == 0


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        pytest.param("cost", [1.5], "column 'cost' holds float64 values, it must hold whole micros", id="float money"),
        pytest.param("clicks", [1.5], r"column 'clicks' holds .*, it must hold whole numbers", id="half a click"),
        pytest.param("campaign_id", [123], r"column 'campaign_id' holds .*, it must hold text", id="id number"),
        pytest.param("conversions", [float("inf")], r"column 'conversions' holds infinite values", id="infinite"),
        pytest.param("platform", [None], r"column 'platform' holds no value in 1 of 1 rows", id="no platform"),
        pytest.param("report_date", [pd.NaT], r"column 'report_date' holds no value in 1 of 1 rows", id="no day"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_refused(home: Home, keyword_days: Days, column: str, values: list, message: str):
    frame = keyword_days((1, "a", 1, 1)).assign(**{column: values})
    with pytest.raises(FactsError, match=message) as caught:
        write_facts(home, SOURCE, frame)
    assert (caught.value.column, caught.value.source) == (column, "keyword report")


def test_an_unknown_kind_and_a_missing_account_are_refused(home: Home, keyword_days: Days):
    frame = keyword_days((1, "a", 1, 1))
    with pytest.raises(
        FactsError, match="column 'kind' holds 'weather', it must hold one of bid_landscape, channel_daily"
    ):
        write_facts(home, FactSource("0" * 64, "google_ads", "report", "weather"), frame)
    with pytest.raises(FactsError, match="column 'account' holds nothing: the column is missing"):
        write_facts(home, SOURCE, frame.drop(columns="account"))
