"""One run at a time per home, whether it was started by the command line, by Dagster, or in another thread.

The operating system keeps the lock, so a run that is killed leaves none behind; the file only tells who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assets.warehouse.errors import HomeError, LeaseHeldError
from assets.warehouse.home import Home

POLL_SECONDS = 0.05


@contextmanager
def hold_lease(home: Home, owner: str, wait_seconds: float) -> Iterator[None]:
    """Hold the home for the block; wait up to ``wait_seconds`` for the run that has it, then raise LeaseHeldError."""
    with lock_file(home.state / "lease.lock") as descriptor:
        _take(descriptor, home, wait_seconds)
        try:
            _write_holder(descriptor, json.dumps({"owner": owner, "pid": os.getpid()}))
            yield
        finally:
            _write_holder(descriptor, "")
            fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """Open a lock file of its own for the block; every opening is a separate holder, also inside one process."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o664)
    except OSError as error:
        remedy = "Give this user read and write permission on the file, or use another --home."
        raise HomeError(
            str(path.parent.parent), "the lock cannot be opened", [f"{path} ({error.strerror})"], remedy
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, home: Home, wait_seconds: float) -> None:
    start = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left = wait_seconds - (time.monotonic() - start)
            if left <= 0:
                owner, pid = _holder(descriptor)
                raise LeaseHeldError(home.root, owner, pid, wait_seconds) from None
            time.sleep(min(POLL_SECONDS, left))
        else:
            return


def _write_holder(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> tuple[str, int | None]:
    """Return owner and process id as the holder wrote them; the lock holds even before they are written."""
    try:
        content = json.loads(os.pread(descriptor, 4096, 0))
        return str(content["owner"]), int(content["pid"])
    except (ValueError, KeyError, TypeError):
        return "another run", None
