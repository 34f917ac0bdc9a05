from __future__ import annotations

import pytest

from assets.platforms.header import normalise_header
from assets.platforms.reader import UnreadableFileError

HEADER = "日期,计划ID,计划名字,单元ID,词ID/词包ID,词名字/词包名字,展现量,点击量,花费"
ROW = "2026-06-01,61,夏被,22,35,夏凉被,100,5,6.10"
KEYWORD_REPORT = "Keyword,Match type,Campaign,Ad group,Currency code,Impr.,Clicks,Cost"


def test_preamble_lines_of_any_number_are_passed_over(read_one):
    for n_lines in (0, 1, 5, 9):
        table = read_one("生成于某日\n" * n_lines + f"{HEADER}\n{ROW}\n")
        assert table.frame["line"].tolist() == [n_lines + 2]


def test_headers_are_compared_without_width_wrapper_space_and_case():
    assert normalise_header('="Total（ACOS） "') == normalise_header("total(acos)")
    assert normalise_header("\ufeff日期\t") == "日期"


def test_an_unknown_column_is_reported_and_the_rest_is_read(read):
    source = read(f"{HEADER},全新列\n{ROW},1\n")
    assert source.tables[0].unknown_columns == ("全新列",)
    assert [one.code for one in source.messages] == ["unknown_columns"]
    assert "configs/platforms/taobao_keyword.yaml" in str(source.messages[0])


def test_a_missing_column_is_named_with_the_nearest_report(read):
    with pytest.raises(UnreadableFileError, match="nearest to taobao_keyword/keyword_report") as error:
        read(f"{HEADER}\n{ROW}\n".replace("花费", "消耗金额"))
    assert (error.value.platform, error.value.kind) == ("taobao_keyword", "keyword_daily")
    assert (error.value.code, error.value.column, error.value.line) == ("missing_column", "花费", 1)
    assert "消耗金额" in error.value.value
    assert "花费" in error.value.limit


def test_a_table_of_another_world_is_unknown(read):
    with pytest.raises(UnreadableFileError, match="no row looks like the header of a known report") as error:
        read("city,temperature\nParis,21\n")
    assert error.value.platform == ""
    assert "taobao_keyword" in error.value.limit


def test_a_report_without_a_day_is_refused(read):
    with pytest.raises(UnreadableFileError, match="names its period") as error:
        read(f"{KEYWORD_REPORT}\nquilt,Exact match,C,G,USD,10,1,0.50\n")
    assert (error.value.code, error.value.platform) == ("no_date", "google_ads")


def test_a_header_that_stands_twice_is_refused(read):
    with pytest.raises(UnreadableFileError, match="2 columns could be cost") as error:
        read(f"{HEADER},花费\n{ROW},6.10\n")
    assert error.value.code == "repeated_column"


def test_a_file_that_fits_two_reports_is_refused(read):
    with pytest.raises(UnreadableFileError, match="equally well") as error:
        read("post_id,offer_id,kol_id,post_date,delivery_date,fee\np,o,k,2026-06-01,2026-06-01,5\n")
    assert error.value.code == "ambiguous_file"


def test_the_report_that_explains_more_of_the_file_wins(read_one):
    search_terms = "Search term,Keyword,Match type,Campaign,Ad group,Clicks,Cost"
    table = read_one(f'"June 1, 2026"\n{search_terms}\nking quilt,quilt,Broad match,C,G,1,0.5\n')
    assert table.report == "search_terms"


def test_a_report_period_of_one_day_is_a_day_and_a_longer_one_a_period(read_one):
    rows = f"{KEYWORD_REPORT}\nquilt,Exact match,C,G,USD,10,1,0.50\n"
    day = read_one(f'Search keyword report\n"June 1, 2026 - June 1, 2026"\n{rows}').frame
    assert day["report_date"].astype(str).tolist() == ["2026-06-01"]
    period = read_one(f"Search keyword report\n1 May 2026 - 8 May 2026\n{rows}").frame
    assert "report_date" not in period
    assert period[["period_start", "period_end"]].astype(str).to_numpy().tolist() == [["2026-05-01", "2026-05-08"]]


def test_a_date_column_of_ranges_is_a_period(read_one):
    frame = read_one(f"{HEADER}\n{ROW}\n".replace("2026-06-01", '="2026-06-01至2026-06-07"')).frame
    assert frame[["period_start", "period_end"]].astype(str).to_numpy().tolist() == [["2026-06-01", "2026-06-07"]]


def test_the_generation_time_above_the_header_is_not_the_period(read_one, samples):
    table = read_one((samples / "baidu_search" / "search_terms.csv").read_bytes())
    assert table.frame["report_date"].astype(str).tolist() == ["2026-06-01"]


@pytest.mark.parametrize("day", ["2026-06-01", "2026/6/1", "20260601", "Jun 1, 2026", "1 Jun 2026", "2026年6月1日"])
def test_dates_in_known_forms_are_read(read_one, day):
    frame = read_one(f"{HEADER}\n{ROW}\n".replace("2026-06-01", f'"{day}"')).frame
    assert frame["report_date"].astype(str).tolist() == ["2026-06-01"]


@pytest.mark.parametrize("day", ["01/08/2026", "yesterday", "1899-06-01", "2026-06-31"])
def test_a_date_in_another_form_sets_its_row_aside(read_one, day):
    table = read_one(f"{HEADER}\n{ROW}\n{ROW}\n".replace("2026-06-01", day, 1))
    assert len(table.frame) == 1
    assert table.quarantine.iloc[0].tolist() == [2, "日期", day, "not a date in a known form"]
