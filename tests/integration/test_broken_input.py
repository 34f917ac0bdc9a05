"""A night whose exports are broken in every way at once: it says what is wrong with each, loses nothing, and goes on.

The run is a process of its own, started as root where the tests are root and then without root's rights: root may read
a folder that has no permissions.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.broken_files import break_exports
from tests.pipelines.small_home import NIGHT

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534
PROGRAM = """
import encodings, importlib, os, pkgutil, sys
names = open(sys.argv.pop(1)).read().split()  # what a night imports, while the interpreter's folder may be read
for name in [*names, *(f"encodings.{one.name}" for one in pkgutil.iter_modules(encodings.__path__))]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
user = int(sys.argv.pop(1))
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(user), os.setuid(user)
from pipelines.cli import main
main()
"""


@dataclass(frozen=True)
class BrokenNight:
    """The home, what lay in its inbox, and what the command returned and printed."""

    home: Path
    sent: dict[str, str]
    status: int
    told: dict
    stderr: str

    def message(self, file: str) -> str:
        (found,) = [one["message"] for one in self.told["file_problems"] if file in one["file"]]
        return found


@pytest.fixture(scope="module")
def broken(exported_home: Path, computed_home: Path) -> Iterator[BrokenNight]:
    if any(not folder.stat().st_mode & 0o001 for folder in [CHECKOUT, *CHECKOUT.parents]):
        pytest.skip("another user cannot reach this checkout: a folder above it is closed to others")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(exported_home, Path(folder) / "home"))
        inbox = home / "inbox" / NIGHT.isoformat()
        break_exports(inbox)
        sent = {path.relative_to(home / "inbox").as_posix(): hash_of(path) for path in (home / "inbox").rglob("*.*")}
        (inbox / "locked").chmod(0)
        if os.geteuid() == 0:
            for path in (Path(folder), *Path(folder).rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        modules = computed_home.parent / "modules.txt"
        words = [str(modules), str(NOBODY), "run", "--home", str(home), "--night", NIGHT.isoformat(), "--json"]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False,
            env={**os.environ, "HOME": folder},
        )  # fmt: skip
        assert done.stdout, done.stderr
        yield BrokenNight(home, sent, done.returncode, json.loads(done.stdout), done.stderr)
        (inbox / "locked").chmod(0o700)


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_night_ends_with_status_3_and_names_every_held_platform(broken):
    assert (broken.status, broken.told["status"]) == (3, "held")
    held = {one["platform"]: one["reason_code"] for one in broken.told["holds"]}
    assert held == {
        "amazon_sp": "unreadable_file", "baidu_search": "failed_share", "google_ads": "totals_mismatch",
        "taobao_keyword": "missing_last_day",
    }  # fmt: skip


def test_the_platforms_whose_files_are_whole_publish(broken):
    assert sorted(broken.told["outbox"]) == ["kol", "taobao_audience"]


MESSAGES = [
    ("an_empty_file", "empty.csv", ["it is empty (0 bytes)", "Download the report again"]),
    (
        "a_truncated_zip",
        "关键词报表_20250625_073000.zip",
        ["the zip is cut off or damaged", "Download the report again"],
    ),
    ("a_binary_file_named_csv", "picture.csv", ["cannot read", "picture.csv"]),
    ("a_missing_column", "Sponsored Products Targeting", ["'Spend'", "Export"]),
    ("bad_rows", "百度推广客户端_关键词_20250624.csv", ["7 of 20 rows failed", "'消费' is '未知'", "lines 4", "Mend"]),
    ("a_closed_folder", "locked", ["Permission denied", "chmod u+r"]),
]


@pytest.mark.parametrize(("file", "parts"), [case[1:] for case in MESSAGES], ids=[case[0] for case in MESSAGES])
def test_one_message_names_the_fault_and_the_remedy_of(broken, file, parts):
    message = broken.message(file)
    assert [part for part in parts if part not in message] == []


def test_every_file_that_could_be_opened_is_kept_byte_for_byte(broken):
    kept = {path.name for path in (broken.home / "originals").iterdir()}
    assert {hash_of(path) for path in (broken.home / "originals").iterdir()} == kept
    readable = {name: digest for name, digest in broken.sent.items() if "/locked/" not in name}
    assert set(readable.values()) <= kept


def test_the_inbox_is_left_as_it_was(broken):
    readable = [name for name in broken.sent if "/locked/" not in name]
    assert {name: hash_of(broken.home / "inbox" / name) for name in readable} == {
        name: broken.sent[name] for name in readable
    }


def test_bad_rows_stand_in_quarantine_with_line_column_and_value(broken):
    (path,) = (broken.home / "quarantine" / NIGHT.isoformat()).glob("*keyword_export*.csv")
    rows = pd.read_csv(path)
    assert len(rows) == 7
    assert rows.loc[0, ["line", "column", "value"]].tolist() == [4, "消费", "未知"]
    assert rows["reason"].str.contains("amount of money").all()


def test_with_json_there_is_nothing_beside_the_one_object(broken):
    assert broken.stderr == ""  # and stdout was read as one object
