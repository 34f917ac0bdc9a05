"""The `bidwright` command on a computed home: what it prints where, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from simulator.cli import simulate
from tests.pipelines.small_home import HELD, NIGHT, PUBLISHED, change_settings

SAMPLES = Path(__file__).parents[1] / "samples"
COMMANDS = ("run", "backfill", "publish", "inspect", "platforms", "explain", "doctor", "ui")


def bidwright(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def one_object(done: Result) -> dict:
    """Return the object on stdout, which must be all that is there."""
    content = json.loads(done.stdout)
    assert isinstance(content, dict)
    return content


def test_publish_tells_money_holds_and_paths_and_ends_with_status_3(night_home):
    done = bidwright("publish", "--home", night_home, "--night", NIGHT, "--json")
    told = one_object(done)
    assert done.exit_code == told["exit_status"] == 3
    assert (told["status"], told["night"], told["held"]) == ("held", str(NIGHT), [HELD])
    assert set(told["outbox"]) == set(PUBLISHED)
    assert [hold["platform"] for hold in told["holds"]] == [HELD]
    assert {"cost", "value", "profit"} == set(told["summary"]["money"])
    assert Path(told["review_page"]).is_file()
    assert Path(told["workbook"]).is_file()
    (problem,) = told["file_problems"]
    assert (problem["status"], "Search keyword report" in problem["file"]) == ("quarantined", True)
    assert "says cost" in problem["message"]


def test_publish_for_people_names_the_hold_and_the_folders(night_home):
    done = bidwright("publish", "--home", night_home)
    assert done.exit_code == 3
    assert f"HELD {HELD}" in done.stdout
    assert str(night_home / "outbox" / str(NIGHT) / "amazon_sp") in done.stdout
    assert "Review page" in done.stdout


def test_a_night_that_fails_says_why_and_ends_with_status_1(tmp_path):
    done = bidwright("run", "--home", tmp_path / "home", "--night", NIGHT, "--json")
    told = one_object(done)
    assert done.exit_code == told["exit_status"] == 1
    assert (told["status"], told["outbox"], told["file_problems"]) == ("failed", {}, [])
    assert "Put the platforms' exports into inbox/<night>/" in told["error"]


def test_a_failed_night_for_people_says_that_nothing_is_published(tmp_path):
    done = bidwright("publish", "--home", tmp_path / "home", "--night", NIGHT)
    assert done.exit_code == 1
    assert (
        f"Night {NIGHT} failed. bid_files__amazon_sp: BrokenReceiptError: cannot trust table 'recommendations'"
        in done.stdout
    )
    assert "Nothing is published for this night." in done.stdout


BAD_USAGE = [
    ("a_night_that_is_no_date", ["run", "--night", "yesterday"]),
    ("a_night_that_does_not_exist", ["run", "--night", "2025-02-30"]),
    ("publish_without_a_night", ["publish", "--night", "24.06.2025"]),
    ("backfill_from_no_date", ["backfill", "--from", "June", "--to", "2025-06-24"]),
    ("backfill_backwards", ["backfill", "--from", "2025-06-24", "--to", "2025-06-01"]),
    ("explain_a_night_that_was_not_computed", ["explain", "保温杯", "--night", "2020-01-01"]),
]


@pytest.mark.parametrize("words", [case[1] for case in BAD_USAGE], ids=[case[0] for case in BAD_USAGE])
def test_bad_usage_ends_with_status_2_and_one_message(computed_home, words):
    done = bidwright(*words, "--home", computed_home)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("bidwright: ")
    assert len(done.stderr.splitlines()) == 1
    told = one_object(bidwright(*words, "--home", computed_home, "--json"))
    assert (told["status"], told["exit_status"]) == ("failed", 2)


@pytest.mark.parametrize(
    "words", [["run", "--nite", "x"], ["fly"], ["inspect"]], ids=["unknown_option", "unknown_command", "no_file"]
)
def test_what_typer_refuses_ends_with_status_2_too(words):
    assert bidwright(*words).exit_code == 2


def test_settings_that_are_not_valid_end_with_status_2_and_name_the_key(fresh_home):
    change_settings(fresh_home, roas={"floor": 9})
    done = bidwright("run", "--home", fresh_home, "--json")
    assert done.exit_code == 2
    assert "roas floor 9.0, target 3.0" in one_object(done)["error"]


def test_explain_gives_decision_reason_and_numbers(computed_home):
    told = one_object(bidwright("explain", "a", "--home", computed_home, "--json"))
    assert told["night"] == str(NIGHT)
    assert 1 <= len(told["items"]) <= 10
    for item in told["items"]:
        assert item["reason_zh"]
        assert item["reason_en"]
        assert "cvr" in item["numbers"] or item["lever"] in {"new_keyword", "negative_keyword"}


def test_explain_for_people_shows_both_languages(computed_home):
    word = one_object(bidwright("explain", "a", "--home", computed_home, "--json"))["items"][0]
    done = bidwright("explain", word["keyword"], "--home", computed_home)
    assert done.exit_code == 0
    assert "cvr" in done.stdout


def test_explain_of_an_unknown_word_ends_with_status_1(computed_home):
    done = bidwright("explain", "no such keyword", "--home", computed_home)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds 'no such keyword'" in done.stderr


def test_explain_before_any_night_says_what_to_run(tmp_path):
    done = bidwright("explain", "x", "--home", tmp_path / "home", "--json")
    assert done.exit_code == 1
    assert "run `bidwright run --home" in one_object(done)["error"]


def test_doctor_finds_a_good_home_good(night_home):
    done = bidwright("doctor", "--home", night_home, "--json")
    told = one_object(done)
    assert (done.exit_code, told["is_good"]) == (0, True)
    names = [one["name"] for one in told["findings"]]
    assert names[0] == "python"
    assert {"dagster", "settings", "home", "disk", "lease", "inbox"} <= set(names)


def test_doctor_reports_settings_that_cannot_be_read(tmp_path):
    (tmp_path / "settings.yaml").write_text("budget: {daily_total: -5}\n")
    done = bidwright("doctor", "--home", tmp_path)
    assert done.exit_code == 1
    assert "FAIL  settings:" in done.stdout
    assert "budget.daily_total" in done.stdout


def test_doctor_names_an_enabled_platform_that_has_no_file(tmp_path):
    (tmp_path / "settings.yaml").write_text("platforms: {billboards: {is_enabled: true}}\n")
    told = one_object(bidwright("doctor", "--home", tmp_path, "--json"))
    (settings,) = [one for one in told["findings"] if one["name"] == "settings"]
    assert (settings["is_good"], "no platform file for billboards" in settings["told"]) == (False, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command):
    done = bidwright(command, "--help")
    assert done.exit_code == 0
    assert f"Example: bidwright {command}" in " ".join(done.stdout.split())


def test_simulate_shows_an_example():
    assert "bidwright simulate --home demo" in simulate.__doc__
