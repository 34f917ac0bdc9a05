"""How time and memory of the optimum grow from 10,000 to 5,120,000 keywords, by doubling.

Every size is solved in one process of its own, the largest last, so that its peak memory is the largest problem's.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass

import numpy as np

from benchmarks.allocation_problems import N_PLATFORMS, budget_tree, single_budget
from benchmarks.figures import Bar, Figure
from benchmarks.timing import in_own_process, median_seconds
from optimizers.allocation import AllocationProblem, allocate
from optimizers.types import FloatArray

SIZES = tuple(10_000 * 2**k for k in range(10))
KEYWORDS_A_CAMPAIGN = 500  # as in the problem of 1,000,000 keywords and 2,000 campaigns
TIMED_KEYWORDS, MIN_REPEATS, MAX_REPEATS = 2_000_000, 3, 50
# n log n would show 1.08 over these sizes. A keyword of the smallest stands in the processor's cache, one of the largest
# in memory, which is no part of the method: a line with this much more is still told apart from n^1.5 or n^2.
EXPONENT_BAR = Bar(1.15, is_most=True)


@dataclass(frozen=True)
class Growth:
    """Median seconds at each of SIZES, and the peak memory of the largest in bytes a keyword."""

    seconds: tuple[float, ...]
    peak_bytes: float

    @property
    def exponent(self) -> float:
        """Return the slope of log time over log size: 1 is linear."""
        return float(np.polyfit(np.log(SIZES), np.log(self.seconds), 1)[0])

    @property
    def worst_doubling(self) -> float:
        """Return how much longer twice as many keywords take, at the size where that is worst."""
        return float(self.doublings.max())

    @property
    def doublings(self) -> FloatArray:
        """Return each time over the time of half as many keywords."""
        return np.array(self.seconds[1:]) / np.array(self.seconds[:-1])


def measure_growth() -> list[Figure]:
    """Return the figures of one budget and of a tree that grows with its keywords."""
    shapes = {
        "single": (grow_single, "one budget"),
        "tree": (grow_tree, f"{KEYWORDS_A_CAMPAIGN} keywords a campaign, {N_PLATFORMS} platforms"),
    }
    return [one for name, (grow, shape) in shapes.items() for one in tell(name, shape, in_own_process(grow))]


def tell(name: str, shape: str, growth: Growth) -> list[Figure]:
    """Return one growth as figures."""
    doubled = float(np.exp(np.log(growth.doublings).mean()))
    steps = [f"{n:,}: {took * 1e3:,.1f} ms" for n, took in zip(SIZES, growth.seconds, strict=True)]
    ends = f"{shape}; {steps[0]}, {steps[len(steps) // 2]}, {steps[-1]}"
    worst = int(np.argmax(growth.doublings))
    sizes = f"worst, from {SIZES[worst]:,} to {SIZES[worst + 1]:,} keywords; the mean is {doubled:.2f}"
    memory = f"{growth.peak_bytes * SIZES[-1] / 1e6:,.0f} MB at the largest, with Python and the problem itself"
    return [
        Figure(f"allocation_{name}_growth", growth.exponent, "log time / log size", "1 is linear", ends, EXPONENT_BAR),
        Figure(f"allocation_{name}_doubling", growth.worst_doubling, "times longer", "2 is linear", sizes),
        Figure(f"allocation_{name}_memory", growth.peak_bytes, "bytes a keyword", "ten columns, 80 bytes", memory),
    ]


def grow_single() -> Growth:
    """Time one budget over all sizes, in this process."""
    return Growth(tuple(_time(single_budget(n, seed=1), n) for n in SIZES), _peak_bytes() / SIZES[-1])


def grow_tree() -> Growth:
    """Time the tree over all sizes, in this process."""
    took = tuple(_time(budget_tree(n, n // KEYWORDS_A_CAMPAIGN), n) for n in SIZES)
    return Growth(took, _peak_bytes() / SIZES[-1])


def _time(problem: AllocationProblem, n: int) -> float:
    repeats = min(max(TIMED_KEYWORDS // n, MIN_REPEATS), MAX_REPEATS)
    return median_seconds(lambda: allocate(problem), repeats)


def _peak_bytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0  # Linux counts KiB
