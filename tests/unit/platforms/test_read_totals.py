from __future__ import annotations

import pytest

from assets.platforms.reader import describe, read_source
from configs.loader import load_platforms
from configs.platform_schema import TotalsSpec

HEADER = "Search term,Keyword,Match type,Campaign,Ad group,Impr.,Clicks,Cost,Conversions"
PERIOD = '"May 1, 2026 - May 31, 2026"'
ROWS = "a,[a],Exact match,C,G,10,1,1.00,0\nb,[a],Exact match,C,G,20,3,2.50,1\n"


def report(*totals: str) -> str:
    return f"{PERIOD}\n{HEADER}\n{ROWS}" + "".join(f"{one}\n" for one in totals)


def test_totals_rows_that_agree_become_control_sums(read):
    source = read(report("Total: Search terms,,,,,30,4,3.50,1.00"))
    sums = {one.column: (one.stated, one.summed, one.holds, one.line) for one in source.tables[0].totals}
    assert sums["cost"] == (3.5, 3.5, True, 5)
    assert sums["clicks"] == (4.0, 4.0, True, 5)
    assert (source.status, len(source.tables[0].frame)) == ("read", 2)


@pytest.mark.parametrize(
    ("total", "column"), [("30,5,3.50,1", "clicks"), ("30,4,3.80,1", "cost"), ("30,4,3.50,2", "conversions")]
)
def test_a_totals_row_that_disagrees_is_reported_and_does_not_hold(read, total, column):
    source = read(report(f"Total: Search terms,,,,,{total}"))
    assert source.status == "totals_mismatch"
    assert [one.column for one in source.tables[0].totals if not one.holds] == [column]
    (message,) = source.messages
    assert (message.code, message.line, message.column) == ("totals_mismatch", 5, column)
    assert "'Total: Search terms' in line 5 says" in message.text
    assert "Export the report again" in message.remedy


def test_cents_that_rounding_explains_are_no_mismatch(read):
    assert read(report("Total: Search terms,,,,,30,4,3.51,1")).status == "read"


def test_a_total_above_the_rows_is_explained_by_rows_that_could_not_be_read(read):
    source = read(report("c,[a],Exact match,C,G,5,one,0.40,0", "Total: Search terms,,,,,35,5,3.90,1"))
    assert all(one.holds for one in source.tables[0].totals)
    assert source.status == "partly_read"


def test_short_totals_rows_are_taken_as_totals(read):
    source = read(report("Total: Search terms,,,,,30,9"))
    assert source.tables[0].quarantine.empty
    assert source.status == "totals_mismatch"


def test_the_remainder_of_a_part_is_named(read):
    source = read(report("Total: Other search terms,,,,,0,6,4.00,0", "Total: Account,,,,,99,20,10.00,3"))
    (message,) = source.messages
    assert message.code == "totals_remainder"
    assert message.text == (
        "the rows show cost 3.50 of 10.00 (Total: Account); Total: Other search terms hold 4.00; 2.50 is in neither."
    )


def test_a_keyword_that_is_spelt_like_a_totals_row_is_data(read_one):
    table = read_one(f"{PERIOD}\n{HEADER}\nTotal: Body Pillow,[a],Exact match,C,G,10,1,1.00,0\n")
    assert table.frame["search_term"].tolist() == ["Total: Body Pillow"]


def test_chinese_totals_rows_are_dropped_before_and_after_the_data(read_one):
    header = "日期,计划ID,计划名字,单元ID,词ID/词包ID,词名字/词包名字,点击量,花费"
    row = "2026-06-01,61,夏被,22,35,夏凉被,5,6.10"
    table = read_one(f"{header}\n合计2条记录,,,,,,5,6.10\n{row}\n总计,-,-,-,-,-,5,6.10\n")
    assert table.frame["line"].tolist() == [3]
    assert table.quarantine.empty


def test_every_totals_row_must_agree_where_the_report_is_whole(tmp_path):
    platforms = dict(load_platforms())
    templates = platforms["templates"]
    spec = next(one for one in templates.reports if one.name == "channel_daily")
    whole = spec.model_copy(update={"totals": TotalsSpec(rule="equal")})
    platforms["templates"] = templates.model_copy(update={"reports": (whole,)})
    path = tmp_path / "channels.csv"
    path.write_text("report_date,channel,cost,conversion_value\n2026-06-01,live,10.00,30\n总计,,10.00,31\n")
    source = read_source(path, platforms)
    assert [(one.column, one.holds) for one in source.tables[0].totals] == [("cost", True), ("conversion_value", False)]


def test_inspect_shows_a_table_in_plain_values(read):
    source = read(report("Total: Search terms,,,,,30,4,3.50,1"))
    (shown,) = describe(source)
    plain = {
        "file": "report.csv",
        "platform": "google_ads",
        "kind": "search_terms",
        "encoding": "utf-8",
        "first_date": "2026-05-01",
        "last_date": "2026-05-31",
        "rows": 2,
        "totals": {"impressions": 30, "clicks": 4, "cost": 3.5, "conversions": 1.0},
        "unknown_columns": [],
        "quarantined_rows": 0,
        "messages": [],
    }
    assert {name: shown[name] for name in plain} == plain
    assert [one["column"] for one in shown["control_sums"]] == ["impressions", "clicks", "cost", "conversions"]


def test_inspect_of_a_state_has_no_dates_and_names_ignored_sheets(read, samples):
    (shown,) = describe(read((samples / "amazon_sp" / "bulk_sheet.xlsx").read_bytes(), name="bulk.xlsx"))
    assert (shown["first_date"], shown["last_date"], shown["totals"]) == (None, None, {})
    assert [one["code"] for one in shown["messages"]] == ["other_rows", "ignored_sheets"]
