"""Homes that several test files share: made once a session, also where several workers share it, copied for each test."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", derandomize=True)  # the same cases each time: a red run is the change's own
settings.register_profile("thorough", max_examples=2000, deadline=None)  # pytest --hypothesis-profile=thorough
settings.load_profile("suite")


@pytest.fixture(scope="session")
def exported_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated shop whose exports lie in the inbox; nothing has run. Copy it, do not change it."""
    return _made_once(tmp_path_factory, "exported", _export)


@pytest.fixture(scope="session")
def computed_home(tmp_path_factory: pytest.TempPathFactory, exported_home: Path) -> Path:
    """The same shop after its newest night has run. Copy it, do not change it."""
    return _made_once(tmp_path_factory, "computed", lambda root: _compute(exported_home, root))


@pytest.fixture
def fresh_home(exported_home: Path, tmp_path: Path) -> Path:
    """A copy of the shop in which nothing has run."""
    return Path(shutil.copytree(exported_home, tmp_path / "home"))


@pytest.fixture
def night_home(computed_home: Path, tmp_path: Path) -> Path:
    """A copy of the shop after its newest night has run."""
    return Path(shutil.copytree(computed_home, tmp_path / "home"))


@pytest.fixture(scope="module")
def quick_gates() -> Iterator[None]:
    """Judge tables by the vectorised rules, as tables of more than 100,000 rows are: half the time of a small night.

    A property test holds both engines equal; nights whose subject is a gate run without this.
    """
    from assets.expectations import gates, table_rules

    def judge(frame, rules):
        return tuple(one for rule in rules if (one := table_rules.failure_of(rule, frame)) is not None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "run_great_expectations", judge)
        yield


def _export(root: Path) -> None:
    from tests.pipelines.small_home import fill_small_home

    fill_small_home(root)


def _compute(exported: Path, root: Path) -> None:
    from tests.pipelines.small_home import run_night

    shutil.copytree(exported, root)
    outcome = run_night(root)
    assert outcome.succeeded, outcome.error
    names = sorted(name for name in sys.modules if name.partition(".")[0] in sys.stdlib_module_names)
    (root.parent / "modules.txt").write_text("\n".join(names))  # for runs as a user who may not read the interpreter


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder below the session's own folder; workers of one session wait for the first of them."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    target, building = shared / f"home-{name}", shared / f"building-{name}"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            shutil.rmtree(building, ignore_errors=True)
            make(building)
            building.rename(target)
    return target
