"""Wall times of calls: medians of many, two contenders in turn, and a process of one's own.

No numpy here: a child process chooses its BLAS threads before numpy is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median of ``repeats`` calls after one that warms up."""
    call()
    return median(seconds(call) for _ in range(repeats))


def medians_in_turn(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the medians of two calls that take turns, after one of each that warms up."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    return median(one for one, _ in pairs), median(other for _, other in pairs)


def in_own_process(call: Callable[[], T], *, blas_threads: int | None = None) -> T:
    """Return what a module-level function returns in a fresh process, where its memory is counted alone."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_limit_blas, initargs=(blas_threads,)) as pool:
        return pool.submit(call).result()


def _limit_blas(threads: int | None) -> None:
    if threads is not None:
        os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
