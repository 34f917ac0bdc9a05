"""Old nights run again as they were known: what they see, what they leave alone, and that no later file reaches them."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.warehouse.home import Home, open_home
from pipelines import backtest
from pipelines.backtest import Known, closing_line, known_files, lay_files, line_of, mean_scores
from pipelines.output import USAGE
from tests.pipelines.small_home import NIGHT

FIRST = NIGHT - timedelta(days=2)


def put(root: Path, name: str, content: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_night_is_given_only_what_had_arrived_by_then(tmp_path):
    files = [
        Known(put(tmp_path, f"kept/{day}", day), f"{day}/a.csv", date.fromisoformat(day))
        for day in ("2025-06-01", "2025-06-03")
    ]
    lay_files(tmp_path / "scratch", files, date(2025, 6, 2))
    assert names_in(tmp_path / "scratch/inbox") == ["2025-06-01/a.csv"]
    lay_files(tmp_path / "scratch", files, date(2025, 6, 3))
    assert names_in(tmp_path / "scratch/inbox") == ["2025-06-01/a.csv", "2025-06-03/a.csv"]


def test_a_report_that_came_again_under_its_name_is_there_twice(tmp_path):
    files = [Known(put(tmp_path, f"kept/{text}", text), "a.csv", NIGHT) for text in ("one", "two")]
    lay_files(tmp_path / "scratch", files, NIGHT)
    folder = tmp_path / "scratch/inbox" / NIGHT.isoformat()
    assert sorted(path.read_text() for path in folder.rglob("*.csv")) == ["one", "two"]


def test_recorded_arrivals_keep_their_night_and_unrecorded_files_have_their_folders(tmp_path):
    home = open_home(tmp_path / "home")
    put(home.originals, "ab12", "content")
    arrivals = {"ab12": {"night": "2025-06-05", "names": ["2025-06-01/late.csv"]}}
    put(home.state, "arrivals.json", json.dumps(arrivals))
    for name in ("2025-06-01/late.csv", "2025-06-02/new.csv", "loose.csv"):
        put(home.inbox, name, "x")
    found = [(one.name, one.as_of.isoformat()) for one in known_files(home)]
    assert found == [("2025-06-02/new.csv", "2025-06-02"), ("2025-06-01/late.csv", "2025-06-05")]


def test_looking_for_files_makes_nothing_in_a_home_that_is_only_an_inbox(tmp_path):
    put(tmp_path, "inbox/2025-06-01/a.csv", "x")
    assert len(known_files(Home(tmp_path))) == 1
    assert names_in(tmp_path) == ["inbox/2025-06-01/a.csv"]


@pytest.mark.parametrize(
    ("first", "last", "scratch", "told"),
    [
        ("2025-06-02", "2025-06-01", None, "is before"),
        ("2025-06-01", "2025-06-01", "home/inside", "lie in each other"),
        ("2025-06-01", "2025-06-01", "full", "is not empty"),
        ("yesterday", "2025-06-01", None, "is not a night"),
    ],
    ids=["reversed", "scratch_inside", "scratch_full", "no_date"],
)
def test_what_cannot_be_replayed_is_refused_before_anything_runs(tmp_path, capsys, first, last, scratch, told):
    put(tmp_path, "home/inbox/2025-06-01/a.csv", "x")
    put(tmp_path, "full/old.txt", "x")
    folder = None if scratch is None else tmp_path / scratch
    before = hashes(tmp_path)
    assert backtest.backtest(tmp_path / "home", first, last, folder, False) == USAGE
    assert told in capsys.readouterr().err
    assert hashes(tmp_path) == before


def test_a_home_without_files_is_refused_with_what_to_do(tmp_path, capsys):
    assert backtest.backtest(tmp_path, "2025-06-01", "2025-06-01", None, False) == USAGE
    assert "put reports into its inbox" in capsys.readouterr().err


def test_nights_are_averaged_by_their_items_and_a_missing_week_is_said():
    week = {"n": 10.0, "ours": -0.5, "raw": -0.6, "account": -0.7}
    longer = {"n": 30.0, "ours": -0.1, "raw": -0.2, "account": -0.05}
    reports = [{"next_week": week}, {"next_week": longer}, {"next_week": {}}]
    assert mean_scores(reports)["ours"] == pytest.approx(-0.2)
    assert "ahead of both on 1 of 2 nights" in closing_line(reports)
    assert "No week" in closing_line([{"next_week": {}}])


def test_a_failed_night_says_why_in_its_line():
    report = {"night": "2025-06-01", "status": "failed", "held": [], "error": "nothing to read"}
    assert line_of(report) == "2025-06-01 failed: nothing to read"


@pytest.mark.slow
@pytest.mark.usefixtures("quick_gates")
def test_altering_later_files_changes_no_earlier_night_and_the_home_is_only_read(fresh_home, tmp_path, capsys):
    """One night replayed from two homes whose later reports differ: tables and bid files are the same bytes."""
    before = hashes(fresh_home)
    kept = []
    for name in ("as_it_is", "altered"):
        if name == "altered":
            later = [
                path
                for path in (fresh_home / "inbox").rglob("*")
                if path.is_file() and path.parent.name > FIRST.isoformat()
            ]
            assert later
            for path in later[::2]:
                path.unlink()
            for path in later[1::2]:
                path.write_bytes(path.read_bytes()[:-100])
        scratch = tmp_path / name
        assert backtest.backtest(fresh_home, FIRST.isoformat(), FIRST.isoformat(), scratch, True) in (0, 3)
        report = json.loads(capsys.readouterr().out)
        assert report["nights"][0]["unchanged"]["clicks"]["expected"] > 0
        if name == "as_it_is":
            assert hashes(fresh_home) == before
        parts = (f"warehouse/tables/{FIRST}", f"outbox/{FIRST}", f"review/{FIRST}")
        kept.append({part: hashes(scratch / part) for part in parts})
    assert all(len(files) > 1 for files in kept[0].values())
    assert kept[0] == kept[1]
