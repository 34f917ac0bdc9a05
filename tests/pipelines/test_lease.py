"""Two processes on one home: the second waits for the first, or ends with status 1 and says who is in its way."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.pipelines.small_home import change_settings, outbox_hashes, run_night, tags_of

HOLDER = """
import sys
from assets.warehouse.home import Home
from assets.warehouse.lease import hold_lease
from pathlib import Path
with hold_lease(Home(Path(sys.argv[1])), "another night", 0):
    print("held", flush=True)
    sys.stdin.read()
"""
CHECKOUT = Path(__file__).parents[2]


@contextmanager
def another_process_at_work(home: Path) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", HOLDER, str(home)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def test_a_second_process_ends_with_status_1_when_the_wait_is_over(night_home):
    change_settings(night_home, lease_wait_seconds=0.2)
    before = outbox_hashes(night_home)
    with another_process_at_work(night_home) as holder:
        outcome = run_night(night_home, job="publish")
    assert outcome.exit_status == 1
    assert f"it is in use by 'another night' (process {holder.pid}); waited 0.2 s" in outcome.error
    assert "lease_wait_seconds" in outcome.error
    assert tags_of(night_home, outcome.run_id)["dagster/will_retry"] == "true"  # later the home may be free
    assert outbox_hashes(night_home) == before


def test_a_second_process_waits_and_then_does_its_work(night_home):
    change_settings(night_home, lease_wait_seconds=60.0)
    with another_process_at_work(night_home) as holder:
        released: list[float] = []

        def release() -> None:
            released.append(time.monotonic())
            holder.stdin.close()

        timer = threading.Timer(1.5, release)
        timer.start()
        outcome = run_night(night_home, job="publish")
        assert released
        assert time.monotonic() > released[0]
    assert outcome.succeeded, outcome.error
