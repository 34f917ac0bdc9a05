"""The home folder is made whole or refused with a message that helps."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.warehouse.errors import HomeError
from assets.warehouse.home import FOLDERS, Home, open_home

OTHER_UID = 65_534
TRY_AS_OTHER = """
import os, sys
from datetime import date
from assets.warehouse.arrivals import record_arrivals
from assets.warehouse.errors import HomeError
from assets.warehouse.home import open_home
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
try:
    home = open_home(sys.argv[1])
    print([(one.file, one.sha256[:4], one.error) for one in record_arrivals(home, date(2025, 3, 10))])
except HomeError as error:
    print(error)
"""


@pytest.fixture
def shared_root() -> Iterator[Path]:
    """A folder that another user can reach (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run_as_other(root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TRY_AS_OTHER, str(root), str(OTHER_UID)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def give_to_other(root: Path) -> None:
    if os.geteuid() == 0:
        for path in [root, *root.rglob("*")]:
            os.chown(path, OTHER_UID, -1)


def test_opening_a_home_makes_all_its_folders(tmp_path: Path):
    home = open_home(tmp_path / "new" / "home")
    assert sorted(path.name for path in home.root.iterdir()) == sorted(FOLDERS)
    assert [getattr(home, name) for name in FOLDERS] == [home.root / name for name in FOLDERS]


def test_a_file_url_is_the_same_home_as_its_path(tmp_path: Path):
    assert open_home(f"file://{tmp_path}/home") == Home(tmp_path / "home")


def test_a_remote_home_is_refused_with_the_remedy():
    with pytest.raises(HomeError, match=r"only local folders are supported, this one is: s3\. Give a local path"):
        open_home("s3://bucket/home")


def test_a_home_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(HomeError, match=r"9 folder\(s\) cannot be read and written: .*inbox \(Not a directory\)"):
        open_home(tmp_path / "home")


def test_another_user_s_home_is_refused_with_mode_and_owner(shared_root: Path):
    home = open_home(shared_root / "home")
    give_to_other(home.root)
    home.state.chmod(0o000)
    text = run_as_other(home.root)
    home.state.chmod(0o700)
    assert "1 folder(s) cannot be read and written" in text
    assert "state (mode 0000, owner" in text
    assert "chown, chmod u+rwx" in text


def test_files_and_folders_without_permission_are_named_and_the_others_are_kept(shared_root: Path):
    home = open_home(shared_root / "home")
    for name in ("open.csv", "closed.csv", "2025-03-09/inside.csv"):
        path = home.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    give_to_other(home.root)
    (home.inbox / "closed.csv").chmod(0o000)
    (home.inbox / "2025-03-09").chmod(0o000)
    text = run_as_other(home.root)
    (home.inbox / "2025-03-09").chmod(0o700)
    assert "cannot read closed.csv: Permission denied" in text
    assert "cannot read 2025-03-09: Permission denied" in text
    assert "('open.csv', " in text
    assert len(list(home.originals.iterdir())) == 1
