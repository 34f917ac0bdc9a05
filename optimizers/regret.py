"""What uncertain estimates cost: how much better the plan would be if the true values had been known.

Here belongs the regret beside the solver's gap. The estimates and their spreads come from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizers.allocation_problem import AllocationProblem
from optimizers.conflict import solve_feasible
from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, read_columns, read_level
from optimizers.results import AllocationResult
from optimizers.types import FloatArray

N_DRAWS = 32  # the error of the mean is then about a sixth of the spread between draws


@dataclass(frozen=True)
class Regret:
    """Money a day that the plan earns less than the best plan for the true values would.

    Parameters
    ----------
    mean : float
        Expected regret, >= 0.
    error : float
        Standard error of ``mean`` that comes from the number of draws.
    high : float
        What the regret stays under with probability ``level``.
    share : float
        ``mean`` over the expected objective's size; missing where that is 0.
    """

    mean: float
    error: float
    high: float
    share: float


def estimate_regret(
    problem: AllocationProblem, result: AllocationResult, log_sd: FloatArray, seed: int, level: float = 0.8
) -> Regret:
    """Return what not knowing the true values costs the plan.

    Parameters
    ----------
    problem : AllocationProblem
        Without ROAS floors; its values are the expected ones.
    result : AllocationResult
        Its plan.
    log_sd : array of shape (n_keywords + n_budgets,)
        Standard deviation of the log of each item's true value per click (or value of a day), >= 0: keywords first.
    seed : int
        Of the draws; the night's.
    level : float
        For ``high``, in (0, 1).

    Raises
    ------
    InvalidInputError
        If a spread is negative, not finite or of another length, or the problem has ROAS floors.

    Notes
    -----
    Monte Carlo of the expected value of perfect information (Raiffa and Schlaifer 1961): true values are drawn lognormal
    with the expected values as means, the optimum for each draw is found, and the plan at hand earns its own bids' value
    of that draw. What the plan costs does not depend on the draw. Known drawbacks: errors are drawn independently,
    though items of one campaign share some; only values are uncertain, not the response to a bid.
    """
    what = "cannot estimate the regret"
    n_keywords, n_items = len(result.multiplier), len(result.multiplier) + len(result.budget)
    (spread,) = read_columns(what, {"log_sd": (np.atleast_1d(log_sd), NON_NEGATIVE)})
    if len(spread) != n_items:
        raise InvalidInputError(what, f"{len(spread)} spreads", f"{n_items}, keywords first", ["log_sd"])
    if not (np.isnan(problem.tree.min_roas) & np.isnan(problem.tree.min_marginal_roas)).all():
        raise InvalidInputError(what, "ROAS floors", "a problem without floors", ["tree"], "Ask before floors are set.")
    rng, quantile = np.random.default_rng(seed), read_level(what, level)
    planned = np.concatenate([result.keyword_value, result.budget_value])
    regrets, earned = np.empty(N_DRAWS), np.empty(N_DRAWS)
    for draw in range(N_DRAWS // 2):
        noise = rng.standard_normal(n_items)
        for row, sign in ((2 * draw, 1.0), (2 * draw + 1, -1.0)):  # mirrored draws halve the noise of the mean
            factor = np.exp(sign * spread * noise - spread**2 / 2)
            best = solve_feasible(_with_values(problem, factor, n_keywords)).objective
            earned[row] = float((planned * factor).sum()) - problem.base_price * result.total_cost
            regrets[row] = max(best - earned[row], 0.0)
    pairs, size = regrets.reshape(-1, 2).mean(axis=1), abs(float(earned.mean()))
    mean, error = float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(len(pairs)))
    return Regret(mean, error, float(np.quantile(regrets, quantile)), mean / size if size > 0 else float("nan"))


def _with_values(problem: AllocationProblem, factor: FloatArray, n_keywords: int) -> AllocationProblem:
    keywords, budgets = problem.keywords, problem.budgets
    return replace(
        problem,
        keywords=replace(keywords, value_per_click=keywords.value_per_click * factor[:n_keywords]),
        budgets=replace(budgets, value0=budgets.value0 * factor[n_keywords:]),
    )
