"""What a compiled library prints is dropped while a solver works, and only then."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

from assets.solver_noise import quiet_solver

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name there")


def print_from_c(text: str) -> None:
    """As a compiled library does: into the C library's buffer, not Python's."""
    ctypes.CDLL(None).printf(b"%s\n", text.encode())


def test_what_c_prints_inside_is_dropped_and_before_and_after_it_is_told(capfd):
    print_from_c("before")
    sys.stdout.write("python before\n")
    with quiet_solver():
        print_from_c("inside")
    print_from_c("after")
    ctypes.CDLL(None).fflush(None)
    out = capfd.readouterr().out
    assert "inside" not in out
    assert all(line in out for line in ("before", "python before", "after"))


def test_an_error_inside_opens_standard_output_again_and_no_file_stays_open(capfd):
    n_open = len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0  # noqa: PTH112, PTH208
    with pytest.raises(ValueError, match="inside"), quiet_solver():
        raise ValueError("inside")
    print_from_c("after")
    ctypes.CDLL(None).fflush(None)
    assert "after" in capfd.readouterr().out
    assert n_open == (len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0)  # noqa: PTH112, PTH208
