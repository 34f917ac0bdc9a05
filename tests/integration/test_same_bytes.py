"""The same inbox and state give the same files, whatever order the files were written in and however many threads read."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.pipelines.small_home import NIGHT, change_settings, outbox_hashes, run_night

KEPT = {"inbox", "state", "settings.yaml", "calendar.yaml"}


def shuffle_inbox(inbox: Path, aside: Path) -> None:
    """Write every file of the inbox anew, in another order and with other times."""
    inbox.rename(aside)
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    random.Random(4).shuffle(files)
    for number, path in enumerate(files):
        target = inbox / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        os.utime(target, (number * 977, number * 977))


def receipts_of(root: Path) -> dict[str, dict]:
    folder = root / "warehouse" / "tables" / NIGHT.isoformat()
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in folder.rglob("*.receipt.json")
    }


@pytest.fixture(scope="module")
def rebuilt(computed_home: Path, quick_gates: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rebuilt")
    home = Path(shutil.copytree(computed_home, folder / "home"))
    for path in home.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path)
    shuffle_inbox(home / "inbox", folder / "aside")
    change_settings(home, threads=2)
    assert run_night(home).exit_status == 3
    return home


def test_every_published_byte_is_the_same_after_the_home_was_rebuilt_with_two_threads(computed_home, rebuilt):
    published = outbox_hashes(computed_home)
    assert len(published) > 10
    assert outbox_hashes(rebuilt) == published


def test_every_table_of_the_night_is_the_same_too(computed_home, rebuilt):
    assert receipts_of(rebuilt) == receipts_of(computed_home)
