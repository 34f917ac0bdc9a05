"""Keeps what a compiled solver prints by mistake out of a night's log.

HiGHS up to 1.12 prints a debug line of its own from its search, whatever its options say (its issue 2783). It writes to the
process's standard output, past Python, so that is closed while it works.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT = 1  # the process's, not Python's


@contextmanager
def quiet_solver() -> Iterator[None]:
    """Drop what the process prints while the body runs; where it has no standard output, or on Windows, change nothing."""
    try:
        kept = -1 if sys.platform == "win32" else os.dup(STDOUT)
    except OSError:
        kept = -1
    if kept < 0:
        yield
        return
    flush()  # what was printed before is still told
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    try:
        yield
    finally:
        flush()
        os.dup2(kept, STDOUT)
        os.close(nowhere)
        os.close(kept)


def flush() -> None:
    """Send on what Python and the C library still hold for standard output."""
    if sys.stdout is not None:
        sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
