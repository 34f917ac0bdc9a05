"""`bidwright inspect`: one object a table, the same keys always, for files that can be read and files that cannot."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.admission import admit_files
from assets.batch import open_batch
from assets.platforms.reader import read_source
from configs.loader import load_platforms
from pipelines.cli import app

SAMPLES = Path(__file__).parents[1] / "samples"
KEYS = {
    "file", "platform", "kind", "report", "encoding", "currency", "first_date", "last_date", "rows", "totals", "control_sums",
    "used_columns", "ignored_columns", "unknown_columns", "quarantined_rows", "quarantine", "nearest", "messages",
}  # fmt: skip
GOOD = "日期,平台,渠道,花费,成交金额\n"


def inspect(*files: Path):
    done = CliRunner().invoke(app, ["inspect", *map(str, files), "--json"])
    content = json.loads(done.stdout)
    assert list(content) == ["files"]
    assert all(set(one) == KEYS for one in content["files"])
    assert all(isinstance(text, str) for one in content["files"] for text in one["messages"])
    return done.exit_code, content["files"]


def test_every_sample_is_recognised_with_exactly_the_promised_keys():
    samples = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
    status, files = inspect(*samples)
    assert status == 0
    assert len(files) >= len(samples)
    assert all(one["platform"] in {path.name for path in SAMPLES.iterdir()} for one in files)


def test_a_report_gives_its_dates_rows_and_totals():
    status, (one,) = inspect(SAMPLES / "google_ads" / "keyword_report.csv")
    assert (status, one["platform"], one["kind"], one["encoding"]) == (0, "google_ads", "keyword_daily", "utf-16-le")
    assert (one["first_date"], one["last_date"], one["rows"]) == ("2026-06-01", "2026-06-02", 2)
    assert one["totals"]["cost"] == pytest.approx(88.40)
    (message,) = one["messages"]
    assert message.startswith("the rows show cost 88.40 of 99.90 (Total: Account); 11.50 is not shown. Nothing to do")


def test_a_row_that_breaks_a_rule_is_counted_and_named(tmp_path):
    path = tmp_path / "channels.csv"
    path.write_text(GOOD + "2025-06-24,taobao,淘宝,10,20\n2025-06-24,taobao,京东,-3,20\n", encoding="utf-8")
    status, (one,) = inspect(path)
    assert (status, one["quarantined_rows"]) == (0, 1)
    assert one["messages"] == [
        "1 rows break the row rules and are set aside (line 3: below_minimum:cost). Mend them in the export."
    ]


def test_a_report_tells_its_currency_its_columns_and_its_control_sums():
    _, (one,) = inspect(SAMPLES / "google_ads" / "keyword_report.csv")
    assert one["currency"] == "USD"
    assert {"Cost", "Clicks", "Campaign"} <= {each["header"] for each in one["used_columns"]}
    assert all(each["holds"] for each in one["control_sums"])


def test_what_would_be_set_aside_is_shown_with_line_column_value_and_reason(tmp_path):
    path = tmp_path / "channels.csv"
    path.write_text(
        GOOD + "2025-06-24,taobao,淘宝,10,20\n2025-06-24,taobao,京东,-3,20\n2025-06-24,x,y,?,1\n", encoding="utf-8"
    )
    _, (one,) = inspect(path)
    assert one["quarantine"] == [
        {"line": 4, "column": "花费", "value": "?", "reason": "not an amount of money"},
        {"line": 3, "column": "cost", "value": "-3000000", "reason": "below_minimum"},
    ]


def test_an_unknown_report_names_the_nearest_one_and_the_headers_that_differ(tmp_path):
    path = tmp_path / "channels.csv"
    path.write_text("日期,平台,渠道,花掉,成交金额\n2025-06-24,taobao,淘宝,10,20\n", encoding="utf-8")
    status, (one,) = inspect(path)
    assert status == 1
    assert one["nearest"]["report"] == "channel_daily"
    assert (one["nearest"]["missing"], one["nearest"]["extra"]) == (["cost"], ["花掉"])


def test_a_draft_is_a_platform_file_that_reads_the_report(tmp_path):
    path = tmp_path / "snap.csv"
    path.write_text(
        "Snap Ads\nDay,Campaign,Swipes,Spent,Impressions,Cost\n2025-06-24,plan a,7,1.50,900,1.50\n", encoding="utf-8"
    )
    done = CliRunner().invoke(app, ["inspect", str(path), "--draft"])
    assert done.exit_code == 0
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "snap.yaml").write_text(done.stdout, encoding="utf-8")
    drafted = load_platforms(tmp_path / "platforms")
    (table,) = read_source(path, drafted).tables
    assert (table.kind, table.frame["cost"].tolist(), table.unknown_columns) == ("placement_daily", [1_500_000], ())
    assert "# Swipes: '7'" in done.stdout


def test_a_report_known_from_memory_is_off_until_it_is_confirmed(tmp_path, monkeypatch):
    known = load_platforms()["templates"]
    spec = next(one for one in known.reports if one.name == "channel_daily")
    source = spec.source.model_copy(update={"evidence": "MEM"})
    remembered = known.model_copy(update={"reports": (spec.model_copy(update={"source": source}),)})
    for module in ("assets.batch", "pipelines.inspection"):
        monkeypatch.setattr(f"{module}.load_platforms", lambda: {"templates": remembered})
    night = date(2025, 6, 24)
    path = tmp_path / "home" / "inbox" / night.isoformat() / "channels.csv"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD + "2025-06-24,templates,淘宝,10,20\n", encoding="utf-8")
    home = tmp_path / "home"
    (row,) = admit_files(open_batch(home, night), str).to_dict("records")
    assert row["status"] == "refused"
    assert "inspect FILE --confirm" in row["message"]
    assert CliRunner().invoke(app, ["inspect", str(path), "--confirm", "--home", str(home)]).exit_code == 0
    (row,) = admit_files(open_batch(home, night), str).to_dict("records")
    assert (row["status"], row["rows"]) == ("read", 1)


def test_a_file_that_is_not_read_whole_cannot_be_confirmed(tmp_path):
    path = tmp_path / "channels.csv"
    path.write_text(GOOD + "2025-06-24,taobao,京东,-3,20\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["inspect", str(path), "--confirm", "--home", str(tmp_path)])
    assert done.exit_code == 2
    assert "cannot confirm: 1 of 1 files" in done.stderr
    assert not (tmp_path / "confirmed.yaml").exists()


def test_an_unreadable_file_ends_with_status_1_beside_a_good_one(tmp_path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    status, (bad, good) = inspect(empty, SAMPLES / "templates" / "products.csv")
    assert (status, good["kind"]) == (1, "products")
    assert (bad["file"], bad["platform"], bad["rows"], bad["encoding"]) == ("empty.csv", "", 0, None)
    assert bad["messages"] == [
        "cannot read empty.csv: it is empty (0 bytes). Download the report again and put the new file into the inbox."
    ]


def test_a_missing_file_ends_with_status_1_and_names_it(tmp_path):
    status, (one,) = inspect(tmp_path / "gone.csv")
    assert status == 1
    assert "gone.csv" in one["messages"][0]
    assert "No such file" in one["messages"][0]


def test_people_see_a_table_a_file_with_its_messages():
    done = CliRunner().invoke(app, ["inspect", str(SAMPLES / "google_ads" / "keyword_report.csv")])
    assert done.exit_code == 0
    assert "keyword_daily" in done.stdout
    assert "88.40 of 99.90" in done.stdout
