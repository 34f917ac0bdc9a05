"""`bidwright inspect`: one object a table, the same keys always, for files that can be read and files that cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

SAMPLES = Path(__file__).parents[1] / "samples"
KEYS = [
    "file", "platform", "kind", "encoding", "first_date", "last_date", "rows", "totals", "unknown_columns",
    "quarantined_rows", "messages",
]  # fmt: skip
GOOD = "日期,平台,渠道,花费,成交金额\n"


def inspect(*files: Path):
    done = CliRunner().invoke(app, ["inspect", *map(str, files), "--json"])
    content = json.loads(done.stdout)
    assert list(content) == ["files"]
    assert all(list(one) == KEYS for one in content["files"])
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
