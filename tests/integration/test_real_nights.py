"""Nights over real exports: what is advised from them alone, and with the bids and ids that they lack."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from assets.batch import open_batch
from assets.platforms.reader import read_source
from assets.warehouse import window
from configs.loader import load_platforms, load_settings
from pipelines.report import night_report
from tests.pipelines.small_home import outbox_hashes, run_night

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.exists(), reason="the real exports in ../shared/data are not here"),
]
TARGETING = DATA / "amazon_ads" / "sp_targeting_daily_in_2020.xlsx"
AMAZON_NIGHT, GOOGLE_NIGHT = date(2020, 2, 29), date(2024, 2, 15)


def make_home(root: Path, night: date, enabled: set[str], currency: str, files: list[Path]) -> Path:
    """Return a home that buys on the enabled platforms only; the exports are linked, never copied."""
    fx = [] if currency == "INR" else [{"currency": "CNY", "from_date": "2024-01-01", "rate": 0.14}]
    inbox = root / "inbox" / night.isoformat()
    inbox.mkdir(parents=True)
    for path in files:
        (inbox / path.name).symlink_to(path)
    uses = {name: {"is_enabled": name in enabled} for name in load_settings().platforms}
    settings = {"shop": {"currency": currency}, "platforms": uses, "fx": fx}
    (root / "settings.yaml").write_text(yaml.safe_dump(settings))
    return root


def write_entities(path: Path) -> int:
    """Write the documented `entities` template for the report's targets: invented ids, bid = what a click cost."""
    (table,) = read_source(TARGETING, load_platforms()).tables
    keys = ["campaign", "ad_group", "keyword", "match_type"]
    sums = table.frame.groupby(keys, observed=True)[["cost", "clicks"]].sum().reset_index()
    per_click = sums["cost"].sum() / sums["clicks"].sum()
    rows = sums[keys].assign(
        platform="amazon_sp", level="keyword", status="enabled", currency="INR",
        campaign_id=pd.factorize(sums["campaign"])[0] + 900_000_000_000_001,
        ad_group_id=pd.factorize(sums["ad_group"])[0] + 910_000_000_000_001,
        keyword_id=range(920_000_000_000_001, 920_000_000_000_001 + len(sums)),
        entity_type=["Product Targeting" if one == "auto" else "Keyword" for one in sums["match_type"]],
        bid=((sums["cost"] / sums["clicks"].where(sums["clicks"] > 0)).fillna(per_click) / 1e6).round(2),
    )  # fmt: skip
    rows.to_csv(path, index=False)
    return len(rows)


@pytest.fixture(scope="module")
def alone(quick_gates, tmp_path_factory):
    files = [TARGETING, TARGETING.with_name("sp_search_terms_daily_in_2020.xlsx")]
    home = make_home(tmp_path_factory.mktemp("alone") / "home", AMAZON_NIGHT, {"amazon_sp"}, "INR", files)
    return home, run_night(home, AMAZON_NIGHT)


def test_the_targeting_report_alone_is_review_only(alone):
    home, outcome = alone
    assert (outcome.exit_status, outcome.error) == (0, "")
    rows = open_batch(home, AMAZON_NIGHT).table("recommendations")
    items = rows[rows["level"] == "keyword"]
    items = items[items["search_term"].isna() | (items["search_term"] == "")]
    assert len(items) == 107
    assert set(items["reason_code"]) == {"no_entity"}
    assert set(rows["decision"]) == {"hold"}
    assert items["cost"].sum() > 0
    assert [name for name in outbox_hashes(home) if not name.endswith("manifest.json")] == []


def test_the_two_reports_of_the_month_differ_by_one_order_and_that_is_told(alone):
    home, outcome = alone
    (warned,) = night_report(home, outcome)["warnings"]
    assert (warned["platform"], warned["warnings"]) == ("amazon_sp", "reports_differ")
    for text in ("1,955", "47,108.12 INR", "by 1 orders and 275.89 INR", "2020-02-01 to 2020-02-29 (29 days)"):
        assert text in warned["warning_en"]
    assert "相差 1 单、275.89 INR" in warned["warning_zh"]


def test_the_facts_of_the_night_are_the_report_to_the_cent(alone):
    home, _ = alone
    profile = open_batch(home, AMAZON_NIGHT).table("profile")
    sums = profile[profile["kind"] == "keyword_daily"][
        ["rows", "clicks", "cost", "conversions", "conversion_value"]
    ].sum()
    assert sums["rows"] == 1683
    assert (sums["clicks"], sums["conversions"]) == (1955, 194)
    assert (round(sums["cost"], 6), round(sums["conversion_value"], 6)) == (47108.12, 71129.81)


def test_with_the_missing_entities_it_ends_in_a_bulk_sheet(quick_gates, tmp_path):
    home = make_home(tmp_path / "home", AMAZON_NIGHT, {"amazon_sp"}, "INR", [TARGETING])
    n_targets = write_entities(home / "inbox" / AMAZON_NIGHT.isoformat() / "entities.csv")
    outcome = run_night(home, AMAZON_NIGHT)
    assert (outcome.exit_status, outcome.error) == (0, "")
    assert "no_entity" not in set(open_batch(home, AMAZON_NIGHT).table("recommendations")["reason_code"])
    folder = home / "outbox" / AMAZON_NIGHT.isoformat() / "amazon_sp"
    sheet = load_workbook(folder / f"amazon_sp_keyword_updates_{AMAZON_NIGHT}.xlsx")["Sponsored Products Campaigns"]
    header, *cells = sheet.iter_rows(values_only=True)
    rows = pd.DataFrame(cells, columns=header)
    assert 0 < len(rows) <= n_targets
    assert set(rows["Operation"]) == {"Update"}
    assert set(rows["State"]) <= {"enabled", "paused"}
    keywords = rows[rows["Entity"] == "Keyword"]
    assert keywords["Keyword ID"].str.fullmatch(r"92\d{13}").all()
    targets = rows[rows["Entity"] == "Product Targeting"]
    assert targets["Product Targeting ID"].str.fullmatch(r"92\d{13}").all()
    assert (pd.to_numeric(rows.loc[rows["State"] == "enabled", "Bid"]) >= 0.02).all()
    assert json.loads((folder / "manifest.json").read_text())["currency"] == "INR"


@pytest.fixture(scope="module")
def search_terms(quick_gates, tmp_path_factory):
    google = DATA / "google_ads"
    files = [google / "search_terms_2024.csv", google / "keyword_planner_keyword_stats_utf16.csv"]
    root = tmp_path_factory.mktemp("terms") / "home"
    home = make_home(root, GOOGLE_NIGHT, {"google_ads", "baidu_search"}, "USD", files)
    sample = (ROOT / "tests" / "samples" / "baidu_search" / "keyword_export.csv").read_bytes().decode("gb18030")
    other = home / "inbox" / GOOGLE_NIGHT.isoformat() / "baidu.csv"
    other.write_bytes(sample.replace("2026-06-01", GOOGLE_NIGHT.isoformat()).encode("gb18030"))
    return home, run_night(home, GOOGLE_NIGHT)


def test_search_terms_without_days_become_period_facts(search_terms):
    home, _ = search_terms
    batch = open_batch(home, GOOGLE_NIGHT)
    terms = window.period_facts(batch.home, batch.inputs, "search_terms")
    assert (len(terms), terms["clicks"].sum()) == (29_762, 2_910)
    assert round(terms["cost"].sum() / 1e6) == 45_131
    assert terms["period_start"].dt.date.unique().tolist() == [date(2024, 1, 17)]
    assert terms["period_end"].dt.date.unique().tolist() == [GOOGLE_NIGHT]


def test_the_invisible_remainder_stands_in_the_message_of_the_file(search_terms):
    home, _ = search_terms
    files = open_batch(home, GOOGLE_NIGHT).table("source_files").set_index("file")
    (message,) = files.loc[files.index.str.contains("search_terms_2024"), "message"]
    assert "45,131.0" in message
    assert "36,826.42" in message
    assert "97,152.46" in message


def test_every_row_of_the_keyword_planner_stays_though_its_words_repeat(search_terms):
    home, _ = search_terms
    files = open_batch(home, GOOGLE_NIGHT).table("source_files")
    (planner,) = files[files["kind"] == "keyword_market"].to_dict("records")
    assert (planner["rows"], planner["quarantined_rows"], planner["message"]) == (8_899, 0, "")


def test_google_without_its_keyword_report_is_held_and_says_which_one_is_missing(search_terms):
    home, outcome = search_terms
    assert outcome.held
    holds = {one["platform"]: one for one in night_report(home, outcome)["holds"]}
    assert holds["google_ads"]["reason_code"] == "missing_required_report"
    assert "keyword_daily" in holds["google_ads"]["reason_en"]
