"""What western exports do that a reader must know: segments, totals, other years, other tongues, edits that come back."""

from __future__ import annotations

import csv

import pytest

from assets.platforms.reader import UnreadableFileError, read_source
from assets.platforms.writer import write_bid_files
from configs.loader import load_platforms
from tests.golden.sample_rows import NIGHT, sample_rows

PLATFORMS = load_platforms()
HEADER = """Search keyword report
Sep 1, 2026 - Sep 13, 2026
Keyword status,Keyword,Match type,Campaign,Ad group,Clicks,Impr.,Cost,Conversions
"""
WITH_POINTS = """Enabled,cotton quilt,Broad match,Generic,Core,"1,200","45,000","1,230.50",0
Enabled,quilt near me,Phrase match,Generic,Core,400,"9,000",310.00,4
Total: Keywords,,,,,"1,600","54,000","1,540.50",4
"""
WITH_COMMAS = """Enabled,cotton quilt,Broad match,Generic,Core,"1.200","45.000","1.230,50",0
Enabled,quilt near me,Phrase match,Generic,Core,400,"9.000","310,00",4
Total: Keywords,,,,,"1.600","54.000","1.540,50",4
"""
OF_2017 = """"Keyword report (Jan 1, 2017-Jan 31, 2017)"
Keyword state,Keyword,Campaign,Ad group,Status,Max. CPC,Clicks,Impressions,CTR,Cost,Avg. position,Conversions,All conv.
enabled,[buy quilt],Brand,Q,eligible,0.50,12,"1,200",1.00%,4.80,1.2,1.00,9.00
enabled,\"\"\"silk quilt\"\"\",Brand,Q,eligible,0.50,3,50,6.00%,1.20,2.2,0.00,0.00
paused,+wool +quilt,Brand,Q,campaign paused,0.50,0,0,0.00%,0.00,0.0,0.00,0.00
Total - all but removed keywords, --, --, --, --, --,15,"1,250",1.2%,6.00,1.3,1.00,9.00
Total - Search, --, --, --, --, --,15,"1,250",1.2%,6.00,1.3,1.00,9.00
"""
CAMPAIGNS = """Campaign report
"1 September 2026 - 30 September 2026"
Campaign,Campaign status,Currency code,Cost,Clicks
Total Wine,Enabled,GBP,"1,000.50",90
Quilts,Paused,GBP,5.00,1
Total: Campaigns,,,"1,005.50",91
Total: Account,,,"1,005.50",91
"""
WEEKLY = """"Report Name: Keywords"
"Report Aggregation: Weekly"

"TimePeriod","CampaignName","AdGroupName","Keyword","KeywordId","BidMatchType","Clicks","Spend"
"2026-09-06","Brand","Quilts","red quilt","82945799304067","Exact","7","3.50"
"""
META_HEADER = '"Reporting starts","Reporting ends","Campaign name","Amount spent (IDR)",Impressions,"Link clicks"\n'
META_ROWS = "2026-08-02,2026-08-02,wedding,13254,3268,920\n2026-08-02,2026-08-02,quilts,38983,8866,2084\n"


def cost_of(table) -> float:
    return int(table.frame["cost"].sum()) / 1_000_000


def test_devices_of_a_campaign_add_up_and_are_not_rows_of_their_own(samples):
    (table,) = read_source(samples / "google_ads/campaign_report.csv", PLATFORMS).tables
    with (samples / "google_ads/campaign_report.csv").open(encoding="utf-8") as file:
        n_lines = len(file.readlines())
    assert (n_lines, len(table.frame)) == (3 + 12 + 2, 6)
    assert all(total.holds for total in table.totals)
    assert {total.column for total in table.totals} >= {"clicks", "cost", "conversions"}


def test_a_keyword_report_of_2017_is_read_with_its_decorations_and_totals(read_one):
    table = read_one(OF_2017)
    assert table.frame["match_type"].tolist() == ["exact", "phrase", "broad"]
    assert table.frame["keyword"].tolist() == ["buy quilt", "silk quilt", "wool quilt"]
    assert (cost_of(table), table.frame["conversions"].sum(), table.unknown_columns) == (6.0, 1.0, ())


@pytest.mark.parametrize(
    ("rows", "cost"),
    [
        (WITH_POINTS, 1540.5),
        (WITH_POINTS.replace("1,230", "£1,230").replace("310", "£310"), 1540.5),
        (WITH_COMMAS, 1540.5),
        (WITH_POINTS.replace("1,230.50", "12,305").replace("310.00", "3100").replace("1,540.50", "15,405"), 15_405),
    ],
    ids=["points", "signs", "commas", "yen"],
)
def test_numbers_of_other_countries_are_read_to_the_cent(read_one, rows, cost):
    table = read_one(HEADER + rows)
    assert (cost_of(table), table.frame["clicks"].tolist()) == (cost, [1200, 400])
    assert [one.holds for one in table.totals] == [True] * 4


@pytest.mark.parametrize("header", ["Week", "Month", "Conversion action", "Click type"])
def test_a_segment_that_is_no_day_or_does_not_add_up_is_refused_with_the_reason(read, header):
    with pytest.raises(UnreadableFileError, match=f"has a column '{header}': .+; export again") as error:
        read(HEADER.replace("Keyword status", header) + WITH_POINTS)
    assert (error.value.code, error.value.platform) == ("refused_column", "google_ads")


def test_a_weekly_report_is_refused_by_the_line_that_says_so(read, read_one):
    with pytest.raises(UnreadableFileError, match=r"Report Aggregation: Weekly.+time periods are no days"):
        read(WEEKLY)
    assert cost_of(read_one(WEEKLY.replace("Weekly", "Daily"))) == 3.5


def test_a_campaign_may_be_called_like_a_total_and_months_may_be_written_out(read_one):
    table = read_one(CAMPAIGNS)
    assert table.frame["campaign"].tolist() == ["Total Wine", "Quilts"]
    assert cost_of(table) == 1005.5
    assert str(table.frame["period_end"].max().date()) == "2026-09-30"


@pytest.mark.parametrize("header", ["Country/Territory (User location)", "Ad group", "Asset group", "Age"])
def test_a_report_that_splits_a_campaign_is_not_its_campaign_report(read, header):
    text = CAMPAIGNS.replace("Campaign status", header)
    if header == "Ad group":  # kept for reference
        assert [table.kind for table in read(text).tables] == ["reference"]
    else:
        with pytest.raises(UnreadableFileError, match="nearest to google_ads"):
            read(text)


def test_a_file_in_another_tongue_is_refused_by_its_platforms_name(read):
    german = '"Kampagnenbericht"\n"1. September 2026"\nTag,Kampagne,Kosten\n2026-09-01,Dach,"1,50"\n'
    with pytest.raises(UnreadableFileError, match="no row is the header of a report of it that is known") as error:
        read(german)
    assert error.value.platform == "google_ads"


def test_our_own_upload_is_not_taken_for_the_state_of_the_account(read_one, samples):
    content = (samples / "google_ads/web_upload.csv").read_text(encoding="utf-8")
    assert len(read_one(content).frame) == 8
    assert read_one(content.replace("Keyword,,", "Keyword,Edit,")).frame.empty


def test_a_totals_row_without_a_label_is_checked_and_not_counted(read_one):
    for content in (
        META_HEADER + "2026-08-02,2026-08-02,,52237,12134,3004\n" + META_ROWS,
        META_HEADER + META_ROWS + "2026-08-02,2026-08-02,,52237,12134,3004\n",
    ):
        table = read_one(content)
        assert table.frame["campaign"].tolist() == ["wedding", "quilts"]
        assert (cost_of(table), table.frame["currency"].unique().tolist()) == (52_237.0, ["IDR"])
        assert all(one.holds for one in table.totals)


def test_a_changed_digit_is_caught_by_the_totals_row_without_a_label(read):
    source = read(META_HEADER + "2026-08-02,2026-08-02,,52237,12134,3004\n" + META_ROWS.replace("13254", "18254"))
    assert source.status == "totals_mismatch"


def test_french_days_stand_before_months_only_where_the_words_are_french(read, samples):
    content = (samples / "meta_ads/ads_report_french.csv").read_text(encoding="utf-8-sig")
    assert read(content).tables[0].frame["report_date"].dt.day.unique().tolist() == [14, 15]
    english = META_HEADER.replace('"Reporting starts","Reporting ends"', "Day") + "01/08/2026,wedding,13254,3268,920\n"
    assert read(english).tables[0].quarantine["reason"].tolist() == ["not a date in a known form"]


def test_rupees_in_cells_and_the_campaigns_own_dates_do_not_mislead(samples):
    (table,) = read_source(samples / "amazon_sp/campaign_report.csv", PLATFORMS).tables
    assert table.frame["currency"].unique().tolist() == ["INR"]
    assert table.frame["cost"].tolist()[1] == 155_138_462
    assert str(table.frame["report_date"].min().date()) == "2026-06-01"


def test_bids_that_the_platform_would_not_use_are_closed(samples):
    (bulk,) = read_source(samples / "microsoft_ads/bulk.csv", PLATFORMS).tables
    closed = dict(zip(bulk.frame["keyword"].fillna(bulk.frame["campaign"]), bulk.frame["is_closed_bid"], strict=True))
    assert closed["wool blanket"]
    assert closed["silk quilt"]  # it has no bid of its own
    assert not closed["red quilt"]
    (former,) = read_source(samples / "amazon_sb/bulk_sheet_single.xlsx", PLATFORMS).tables
    assert former.frame["is_closed_bid"].all()


def test_excluded_targets_are_no_entities(samples):
    (table,) = read_source(samples / "amazon_ras/bulk_sheet.xlsx", PLATFORMS).tables
    assert "cooling blanket" not in table.frame["keyword"].tolist()
    assert table.frame["campaign"].notna().all()


def test_a_copyright_line_is_no_row_and_a_preamble_alone_names_the_platform(read, samples):
    (table,) = read_source(samples / "microsoft_ads/keyword_report_api.csv", PLATFORMS).tables
    assert (table.frame["keyword"].notna().all(), table.quarantine.empty) == (True, True)
    with pytest.raises(UnreadableFileError, match="its first lines are those of microsoft_ads"):
        read('"Report Name: Goals"\n"Report Time: 6/1/2026"\n\n"Goal","Assists"\n"Buy","3"\n')


def test_no_undo_row_could_delete_all_negatives_of_an_ad_group(tmp_path):
    platform = PLATFORMS["microsoft_ads"]
    files = write_bid_files(sample_rows(platform), platform, tmp_path / "out", night=NIGHT)
    (undo,) = (one.path for one in files if one.kind == "undo" and one.spec == "keyword_additions")
    with undo.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Type"] for row in rows] == ["Format Version", "Ad Group Negative Keyword", "Keyword"]
    assert [row["Id"] for row in rows if row["Status"] == "Deleted"] == ["FILL IN", "FILL IN"]


def test_an_editor_export_of_everything_gives_keywords_and_the_campaign_and_no_places_or_ads(read_one):
    header = (
        "Campaign\tBudget\tAd Group\tMax CPC\tKeyword\tCriterion Type\tLocation\tStatus\tCampaign Status\tHeadline 1\n"
    )
    rows = (
        "B\t50.00\t\t\t\t\t\t\tPaused\t\n"
        "B\t\t\t\t\t\tUnited States\t\tPaused\t\n"
        "B\t\tQ\t1.20\tquilt\tPhrase\t\tEnabled\tPaused\t\n"
        "B\t\tQ\t\tfree\tNegative Broad\t\tEnabled\tPaused\t\n"
        "B\t\tQ\t\t\t\t\tEnabled\tPaused\tQuilts\n"
    )
    table = read_one((header + rows).encode("utf-16"))
    assert table.frame[["level", "status"]].to_numpy().tolist() == [["placement", "paused"], ["keyword", "enabled"]]
    assert table.unknown_columns == ()
