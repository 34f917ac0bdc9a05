"""The optimum against general solvers at 300 and 10,000 keywords, its proof and its size at 1,000,000.

Problems are drawn with a fixed seed; arrays are prepared before the clock starts.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from unittest.mock import patch

import numpy as np

from benchmarks.allocation_growth import measure_growth
from benchmarks.allocation_problems import N_CAMPAIGNS, N_PLATFORMS, budget_tree, single_budget
from benchmarks.clarabel import is_installed, prepare_clarabel
from benchmarks.figures import Bar, Figure
from benchmarks.slsqp import prepare_slsqp
from benchmarks.timing import in_own_process, median_seconds
from optimizers.allocation import AllocationProblem, allocate, evaluate
from optimizers.curves import Curves
from optimizers.rounding import RoundingChoice, round_plan
from optimizers.types import FloatArray

N_SMALL, N_MIDDLE, N_LARGE = 300, 10_000, 1_000_000
SEEDS = (1, 2, 3)
OURS_REPEATS, PEER_REPEATS, LARGE_REPEATS, EXP_REPEATS = 200, 3, 3, 20
MISSING_PEER = "not measured: cvxpy is not installed"
SPEED_BAR = Bar(200.0)
OBJECTIVE_BAR = Bar(-1e-9)  # nine digits: what double precision leaves of a sum over the keywords
GAP_BAR = Bar(1e-9, is_most=True)
ROUNDED_BAR = Bar(1e-4, is_most=True)
TREE_PASSES_BAR, SINGLE_PASSES_BAR = Bar(60.0, is_most=True), Bar(12.0, is_most=True)
STEP = 0.01  # of a bid; the median bid is 1.00


def measure() -> list[Figure]:
    """Return the figures of all sizes."""
    return [*_small(), *_middle(), *_large(), *measure_growth()]


Peer = Callable[[AllocationProblem], Callable[[], FloatArray]]  # prepares a call that gives the peer's multipliers


@dataclass(frozen=True)
class Race:
    """Seconds of both on one problem, and ours minus the peer's objective over the peer's."""

    seconds: float
    peer_seconds: float
    lead: float

    @property
    def speed(self) -> float:
        """Return how many times faster than the peer ours is."""
        return self.peer_seconds / self.seconds


def _small() -> list[Figure]:
    """Race on every problem with one and with two BLAS threads; the count that suits the peer better is reported."""
    by_threads = [in_own_process(run_races, blas_threads=n) for n in (1, 2)]
    races = [min(pair, key=lambda race: race.speed) for pair in zip(*by_threads, strict=True)]
    return _tell_races("allocation_300", "scipy SLSQP, exact Jacobians", races)


def _middle() -> list[Figure]:
    problem = single_budget(N_MIDDLE, SEEDS[0])
    took = f"{median_seconds(lambda: allocate(problem), EXP_REPEATS) * 1e3:.1f} ms"
    bound = "its own dual bound, which no plan can beat"
    gap = Figure("allocation_10k_gap", allocate(problem).solver_gap, "of the bound", bound, took, GAP_BAR)
    if not is_installed():
        return [gap, Figure("allocation_10k_speed", float("nan"), "times faster", MISSING_PEER, f"bar {SPEED_BAR}")]
    return [gap, *_tell_races("allocation_10k", "cvxpy + Clarabel, compiled before", in_own_process(run_cone_races))]


def _tell_races(name: str, peer: str, races: list[Race]) -> list[Figure]:
    speeds = [race.speed for race in races]
    ours, theirs = (median(getattr(race, column) for race in races) for column in ("seconds", "peer_seconds"))
    told = f"{peer}, {theirs * 1e3:,.0f} ms"
    drawn = f"median of {len(races)} problems ({min(speeds):,.0f} to {max(speeds):,.0f}); ours {ours * 1e3:.2f} ms"
    charged = f"worst of {len(races)} problems; what the peer overspends is charged at the price of money"
    lead = min(race.lead for race in races)
    return [
        Figure(f"{name}_speed", median(speeds), "times faster", told, drawn, SPEED_BAR),
        Figure(f"{name}_objective", lead, "relative lead", told, charged, OBJECTIVE_BAR),
    ]


def run_races() -> list[Race]:
    """Return one race with SLSQP a seed, in this process."""
    return [race(single_budget(N_SMALL, seed)) for seed in SEEDS]


def run_cone_races() -> list[Race]:
    """Return one race with Clarabel a seed, in this process."""
    return [race(single_budget(N_MIDDLE, seed), prepare_clarabel) for seed in SEEDS]


def finish_slsqp(problem: AllocationProblem) -> Callable[[], FloatArray]:
    """Return a call that gives SLSQP's multipliers, or tells that it gave up."""
    solve = prepare_slsqp(problem)

    def finish() -> FloatArray:
        found = solve()
        if not found.success:
            raise RuntimeError(f"SLSQP did not finish: {found.message} Draw other problems: SEEDS in {__file__}.")
        return np.asarray(found.x)

    return finish


def race(problem: AllocationProblem, prepare: Peer = finish_slsqp) -> Race:
    """Solve a single-budget problem both ways, many times."""
    solve = prepare(problem)
    ours, theirs = allocate(problem), solve()
    cost, value, _, _ = evaluate(problem, theirs, np.zeros(0))
    spent = float(cost.sum())
    overspent = max(spent - float(problem.tree.max_cost[0]), 0.0)
    reached = float(value.sum()) - spent - (float(ours.node_price[0]) - 1.0) * overspent  # the cost has counted it once
    lead = (ours.objective - reached) / abs(reached)
    return Race(median_seconds(lambda: allocate(problem), OURS_REPEATS), median_seconds(solve, PEER_REPEATS), lead)


def count_passes(problem: AllocationProblem) -> float:
    """Return how often an item's response is evaluated in one solve, as a mean over the items.

    Cost, value and slope of an item at one price are one evaluation; its best lever and its value at it are counted
    with the cost that they go with.
    """
    counted = 0

    def spend(curves: Curves, log_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        nonlocal counted
        counted += curves.n_items
        return plain_spend(curves, log_price)

    def cost(curves: Curves, log_x: FloatArray) -> FloatArray:
        nonlocal counted
        counted += curves.n_items
        return plain_cost(curves, log_x)

    plain_spend, plain_cost = Curves.spend, Curves.cost
    with patch.object(Curves, "spend", spend), patch.object(Curves, "cost", cost):
        allocate(problem)
    return counted / len(problem.keywords.node)


def round_bids(problem: AllocationProblem) -> float:
    """Return the gap to the dual bound once bids are whole steps and every budget is kept."""
    result, items, none = allocate(problem), problem.keywords, np.zeros(0)
    bid = result.multiplier * items.bid0
    near = np.maximum(np.rint(bid / STEP), 1.0) * STEP
    choices = [evaluate(problem, grid / items.bid0, none)[:2] for grid in (near, np.maximum(near - STEP, STEP))]
    (cost, value), (lower_cost, lower_value) = choices
    plan = round_plan(RoundingChoice(items.node, cost, value, lower_cost, lower_value), problem.tree)
    earned = np.where(plan.takes_lower, lower_value - lower_cost, value - cost).sum()
    return float((result.dual_bound - earned) / max(abs(result.dual_bound), abs(result.total_value)))


@dataclass(frozen=True)
class LargeRun:
    """Seconds of ours and of one pass of exponentials, the proof, and the process's peak memory."""

    seconds: float
    exp_seconds: float
    gap: float
    peak_mb: float
    passes: float
    rounded_gap: float


def _large() -> list[Figure]:
    """Solve in a process of its own, so that its peak memory is its own too."""
    run, single = in_own_process(solve_large), count_passes(single_budget(N_MIDDLE, SEEDS[0]))
    shape = f"{N_LARGE:,} keywords, {N_CAMPAIGNS:,} campaigns, {N_PLATFORMS} platforms"
    one_pass = f"one numpy.exp pass over as many numbers, {run.exp_seconds * 1e3:.1f} ms"
    columns, size = "the problem's ten columns, 80 MB", f"{run.peak_mb:,.0f} MB with Python and the problem itself"
    took = f"{shape}: {run.seconds:.2f} s"
    return [
        Figure("allocation_1m_time", run.seconds / run.exp_seconds, "exp passes", one_pass, took),
        Figure("allocation_1m_gap", run.gap, "of the bound", "its own dual bound", shape, GAP_BAR),
        Figure(
            "allocation_1m_gap_rounded", run.rounded_gap, "of the bound", f"bids in steps of {STEP}", shape, ROUNDED_BAR
        ),
        Figure("allocation_1m_passes", run.passes, "evaluations an item", "the bar", shape, TREE_PASSES_BAR),
        Figure("allocation_10k_passes", single, "evaluations an item", "the bar", "one budget", SINGLE_PASSES_BAR),
        Figure("allocation_1m_peak_memory", run.peak_mb / 80.0, "times the problem", columns, size),
    ]


def solve_large() -> LargeRun:
    """Solve the large problem a few times in this process."""
    problem = budget_tree(N_LARGE)
    column = np.log(problem.keywords.bid0)
    took = median_seconds(lambda: allocate(problem), LARGE_REPEATS)
    exp_pass = median_seconds(lambda: np.exp(column), EXP_REPEATS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0  # Linux counts KiB
    return LargeRun(took, exp_pass, allocate(problem).solver_gap, peak, count_passes(problem), round_bids(problem))
