"""One run at a time per home, between processes and between threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assets.warehouse.errors import HomeError, LeaseHeldError
from assets.warehouse.home import Home
from assets.warehouse.lease import hold_lease

HOLD_IN_PROCESS = """
import sys
from assets.warehouse.home import open_home
from assets.warehouse.lease import hold_lease
with hold_lease(open_home(sys.argv[1]), "the nightly run", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A second Python process that holds the lease until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_IN_PROCESS, str(home.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.communicate()


def test_a_second_process_is_refused_and_told_who_works(home: Home):
    with another_process(home) as process:
        with pytest.raises(
            LeaseHeldError, match=r"in use by 'the nightly run' \(process \d+\); waited 0.1 s"
        ) as caught:
            hold_lease(home, "second", 0.1).__enter__()
        assert (caught.value.pid, caught.value.holder) == (process.pid, "the nightly run")


def test_a_killed_process_leaves_no_lease_behind(home: Home):
    with another_process(home) as process:
        process.kill()
        process.wait()
        with hold_lease(home, "second", 0):
            assert "second" in (home.state / "lease.lock").read_text()


def test_a_second_thread_waits_until_the_first_is_done(home: Home):
    order: list[str] = []

    def second() -> None:
        with hold_lease(home, "second", 10):
            order.append("second")

    with hold_lease(home, "first", 0):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_lease_is_free_again_after_an_error(home: Home):
    with pytest.raises(KeyError, match="stage"), hold_lease(home, "first", 0):
        raise KeyError("stage")
    with hold_lease(home, "second", 0):
        pass
    assert (home.state / "lease.lock").read_text() == ""


def test_a_holder_that_has_not_written_its_name_yet_still_holds(home: Home):
    with hold_lease(home, "first", 0):
        (home.state / "lease.lock").write_text("")
        with pytest.raises(LeaseHeldError, match=r"in use by 'another run' \(unknown process\)"):
            hold_lease(home, "second", 0).__enter__()


def test_a_lock_that_cannot_be_opened_is_a_home_error(home: Home):
    (home.state / "lease.lock").mkdir()
    with pytest.raises(HomeError, match="the lock cannot be opened"):
        hold_lease(home, "first", 0).__enter__()
