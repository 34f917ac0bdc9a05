from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from assets.admission import FILE_COLUMNS, admit_files
from assets.arrival import night_is_ready
from assets.batch import Batch, Batches, code_hash, open_batch
from assets.identity import with_items
from assets.ingest import build_profile, judge
from assets.warehouse import state, window
from configs.schema import Settings
from tests.unit.assets.made_up import NIGHT, USD, day, make_facts, put

SAMPLES = Path(__file__).parents[2] / "samples"
JUNE = date(2026, 6, 2)
CREATORS = "platform,level,campaign,ad_group,keyword,match_type,status,bid,currency\n"


def home_with(root: Path, *samples: str, night: date = JUNE, **texts: str) -> Path:
    """Return a home whose inbox holds these samples, and made-up files by name."""
    folder = root / "inbox" / night.isoformat()
    folder.mkdir(parents=True)
    for sample in samples:
        platform, name = sample.split("/")
        (folder / f"{platform}-{name}").write_bytes((SAMPLES / sample).read_bytes())
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return root


def silent(_: str) -> None:
    """Say nothing."""


def test_each_table_of_each_file_is_named_with_its_days_and_rows(tmp_path):
    batch = open_batch(home_with(tmp_path, "google_ads/keyword_report.csv", "baidu_search/keyword_export.csv"), JUNE)
    said: list[str] = []
    files = admit_files(batch, said.append)
    assert files.columns.tolist() == FILE_COLUMNS
    google = files[files["platform"] == "google_ads"].iloc[0]
    assert (google["kind"], google["status"], google["rows"], google["quarantined_rows"]) == (
        "keyword_daily",
        "read",
        2,
        0,
    )
    assert (google["first_date"], google["last_date"]) == (pd.Timestamp("2026-06-01"), pd.Timestamp("2026-06-02"))
    baidu = files[files["platform"] == "baidu_search"]
    assert baidu["kind"].tolist() == ["keyword_daily", "entities"]
    assert baidu["account"].tolist() == ["示例店铺"] * 2
    assert said == ["2 files seen by night 2026-06-02, 2 of them new"]


def test_a_file_that_was_read_before_is_not_read_again_and_says_the_same(tmp_path, monkeypatch):
    batch = open_batch(home_with(tmp_path, "google_ads/keyword_report.csv"), JUNE)
    first = admit_files(batch, silent)
    monkeypatch.setattr("assets.admission.read_source", None)
    pd.testing.assert_frame_equal(admit_files(batch, silent), first)


def test_threads_change_nothing(tmp_path):
    root = home_with(tmp_path, "google_ads/keyword_report.csv", "amazon_sp/targeting.xlsx", "templates/products.csv")
    batch = open_batch(root, JUNE)
    four = replace(batch, settings=batch.settings.model_copy(update={"threads": 4}))
    pd.testing.assert_frame_equal(admit_files(four, silent), admit_files(batch, silent))


def test_a_file_that_cannot_be_read_is_refused_with_a_message_and_the_others_go_on(tmp_path):
    batch = open_batch(home_with(tmp_path, "google_ads/keyword_report.csv", odd="a,b\n1,2\n"), JUNE)
    files = admit_files(batch, silent).set_index("file")
    assert files.loc["2026-06-02/odd.csv", "status"] == "refused"
    assert "odd.csv" in files.loc["2026-06-02/odd.csv", "message"]
    assert files.loc["2026-06-02/google_ads-keyword_report.csv", "status"] == "read"


def entities(*bids: str) -> str:
    return CREATORS + "".join(
        f"google_ads,keyword,Tents,Group,w{n},exact,enabled,{bid},USD\n" for n, bid in enumerate(bids)
    )


def test_a_bad_row_goes_to_quarantine_and_the_good_ones_go_on(tmp_path):
    batch = open_batch(home_with(tmp_path, entities=entities(*["1.0"] * 30, "-5")), JUNE)
    one = admit_files(batch, silent).iloc[0]
    assert (one["status"], one["rows"], one["quarantined_rows"]) == ("read", 30, 1)
    (kept,) = batch.home.quarantine.rglob("*.csv")
    assert "bid" in pd.read_csv(kept)["column"].tolist()
    assert len(window.latest_state(batch.home, batch.inputs, "entities")) == 30


def test_too_many_bad_rows_hold_the_whole_table_and_say_so(tmp_path):
    batch = open_batch(home_with(tmp_path, entities=entities("1.0", "-5", "-6")), JUNE)
    one = admit_files(batch, silent).iloc[0]
    assert one["status"] == "quarantined"
    assert one["message"].startswith("2 of 3 rows failed, the limit is 5%")
    assert window.latest_state(batch.home, batch.inputs, "entities").empty


def test_the_bad_rows_of_two_tables_of_one_file_are_both_kept(tmp_path):
    """百度's keyword export feeds two kinds; a negative bid breaks the row in one of them, a lost day in the other."""
    text = (SAMPLES / "baidu_search/keyword_export.csv").read_bytes().decode("gb18030")
    broken = text.replace("2026-06-01", "2036-06-01")
    root = tmp_path / "home"
    folder = root / "inbox" / JUNE.isoformat()
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(broken.encode("gb18030"))
    batch = open_batch(root, JUNE)
    files = admit_files(batch, silent)
    kept = {path.stem.split("-")[-1] for path in batch.home.quarantine.rglob("*.csv")}
    assert kept == set(files.loc[files["quarantined_rows"] > 0, "kind"])
    assert "keyword_daily" in kept


def test_two_reports_of_one_kind_in_one_zip_are_both_kept(tmp_path):
    sample = (SAMPLES / "google_ads/keyword_report.csv").read_bytes().decode("utf-16")
    older = sample.replace("2026-06-01", "2026-05-30").replace("2026-06-02", "2026-05-31")
    root = home_with(tmp_path)
    with zipfile.ZipFile(root / "inbox" / JUNE.isoformat() / "both.zip", "w") as archive:
        archive.writestr("new.csv", sample.encode("utf-16"))
        archive.writestr("old.csv", older.encode("utf-16"))
    batch = open_batch(root, JUNE)
    files = admit_files(batch, silent)
    assert files["report"].tolist() == ["keyword_report", "keyword_report-2"]
    kept = window.daily_window(batch.home, batch.inputs, "keyword_daily", date(2026, 5, 1), date(2026, 6, 3)).frame
    assert len(kept) == files["rows"].sum() == 4


def test_a_night_without_files_has_an_empty_table_of_files(batch):
    files = admit_files(batch, silent)
    assert files.empty
    assert str(files["first_date"].dtype) == "datetime64[us]"


def test_accounts_and_items_are_filled_where_the_export_names_none(batch):
    rows = [{"campaign": "Tents", "ad_group": "G|1", "keyword": " TENT ", "match_type": "exact", "account": None},
            {"campaign": "Tents", "ad_group": None, "keyword": "tent", "match_type": "exact", "account": "second"}]  # fmt: skip
    found = make_facts(batch, "keyword_daily", rows)
    assert found["account"].tolist() == ["main", "second"]
    assert found.loc[0, "item"] == "google_ads|main|keyword|Tents|G\\|1|tent|exact"
    terms = make_facts(batch, "search_terms", [{**rows[0], "search_term": "red tent"}])
    assert terms.loc[0, "item"].startswith("google_ads|main|search_term|Tents|G\\|1|")
    assert "item" not in make_facts(batch, "products", [{"product_id": "1"}])


def test_an_item_of_an_unknown_platform_or_level_has_no_key(batch):
    frame = make_facts(
        batch,
        "entities",
        [{"platform": "nobody", "level": "keyword"}, {"platform": "taobao_audience", "level": "keyword"}],
    )
    assert with_items(frame, "entities", batch)["item"].isna().all()


def daily(number: int, **changes: object) -> dict[str, object]:
    usual = {
        "campaign": "Tents",
        "ad_group": "G",
        "keyword": "tent",
        "match_type": "exact",
        "impressions": 50,
        "clicks": 5,
        "cost": 9.0,
    }
    return {**usual, "report_date": day(number), **changes}


def file_row(batch: Batch) -> pd.DataFrame:
    texts = {"file": "a.csv", "sha256": "x", "platform": "google_ads", "account": "main", "kind": "keyword_daily", "report": "r",
             "status": "read", "message": ""}  # fmt: skip
    frame = pd.DataFrame([{**texts, "rows": 9, "quarantined_rows": 0, "totals_hold": False}])
    for name in ("as_of", "first_date", "last_date"):
        frame[name] = pd.Timestamp(batch.night)
    return frame


def test_the_profile_counts_each_day_once(batch):
    night = put(batch, "keyword_daily", [daily(n) for n in range(1, 11)])
    found = build_profile(night)
    assert found["report_date"].nunique() == 10
    assert found["cost"].sum() == pytest.approx(90.0)


def test_a_profile_made_bucket_by_bucket_is_the_profile_made_at_once(batch, monkeypatch):
    rows = [daily(n, keyword=f"shoes {word}", cost=1_000_000 * word) for n in range(1, 6) for word in range(9)]
    night = put(batch, "keyword_daily", rows)
    whole = build_profile(night)
    monkeypatch.setattr("assets.ingest.ROWS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(build_profile(night), whole)
    assert whole["distinct_items"].tolist() == [9] * 5


@pytest.mark.parametrize(
    ("currency", "held", "code"), [("CNY", False, "ok"), ("USD", False, "ok"), ("EUR", True, "missing_fx")]
)
def test_a_platform_is_held_when_its_money_has_no_rate(batch, currency, held, code):
    rated = replace(batch, settings=Settings.model_validate({**batch.settings.model_dump(), "fx": [USD]}))
    night = put(rated, "keyword_daily", [daily(n, currency=currency) for n in range(1, 11)])
    status = judge(night, build_profile(night), file_row(night)).set_index("platform")
    assert (status.loc["google_ads", "is_held"], status.loc["google_ads", "reason_code"]) == (held, code)
    assert status.loc["amazon_sp", "is_held"]


def test_a_home_opens_with_frozen_inputs_and_its_own_settings(tmp_path):
    root = home_with(tmp_path, "google_ads/keyword_report.csv")
    (root / "settings.yaml").write_text("platforms: {google_ads: {account: shop-1}}\n", encoding="utf-8")
    batches = Batches(root)
    batch = batches.open(JUNE)
    assert batches.open(JUNE) is batch
    assert [one.name for one in batch.inputs.files] == ["2026-06-02/google_ads-keyword_report.csv"]
    assert (batch.account("google_ads"), batch.account("nobody")) == ("shop-1", "main")
    assert batch.stamp({"table_gate": True}).code_hash == code_hash()
    assert list(batch.uses) == sorted(batch.settings.platforms)


def test_a_night_is_ready_when_every_required_report_is_there_or_its_deadline_has_come(tmp_path):
    root = home_with(tmp_path, "google_ads/keyword_report.csv", odd="nothing")
    uses = {"google_ads": {}, "amazon_sp": {}, "baidu_search": {"is_enabled": False}}
    both, one = (Settings.model_validate({"platforms": part}) for part in (uses, {"google_ads": {}}))
    early, late = (datetime(2026, 6, 3, hour, tzinfo=UTC) for hour in (3, 10))
    assert night_is_ready(root, JUNE, one, early).is_ready
    assert night_is_ready(root, JUNE, both, early).reason == "night 2026-06-02 waits for amazon_sp until 09:30"
    assert "has come without amazon_sp" in night_is_ready(root, JUNE, both, late).reason
    assert not night_is_ready(root, NIGHT, one, late).is_ready
    state.mark_published(open_batch(root, JUNE).home, JUNE, 1, ["google_ads"])
    assert "has been published already" in night_is_ready(root, JUNE, one, early).reason
