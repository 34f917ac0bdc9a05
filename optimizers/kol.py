"""Which KOL offers to sign: all-or-nothing packages against what the same money earns in ads.

Here belongs the choice over the planning horizon. What an offer should sell is estimated in ``optimizers.kol_value``,
the inputs are in ``optimizers.kol_problem`` (both offered here too); the ads' value of money comes from
``optimizers.allocation.spend_value_curve``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizers.errors import InfeasibleBudgetError, OptimizerError
from optimizers.kol_problem import KolProblem, horizon_curve
from optimizers.kol_rules import Rules, explain_choice, list_rules
from optimizers.kol_value import OfferTraits, OfferValue, PostHistory, expected_offer_value
from optimizers.types import BoolArray, FloatArray, TextArray

__all__ = [
    "KolProblem",
    "KolResult",
    "OfferTraits",
    "OfferValue",
    "PostHistory",
    "choose_offers",
    "expected_offer_value",
    "horizon_curve",
]

SOLVER_UNITS = 1e4  # the budget in solver units, so that its absolute tolerance of 1e-6 is 1e-10 of the budget
MAX_NODES = 200_000  # a count, not a clock: the same offers always give the same choice
SAME_MONEY = 1e-9  # relative, of the budget


@dataclass(frozen=True)
class KolResult:
    """The chosen offers and what they were weighed against. Money is over the horizon.

    Parameters
    ----------
    chosen : bool array of shape (n_offers,)
        Signed ones included.
    committed_cost : float
        Fees of the chosen offers.
    expected_net_value : float
        Their expected value after commission and fees.
    net_value : array of shape (n_offers,)
        Each offer's expected value after commission, before its fee.
    ads_budget : float
        What is left to ads.
    price : float
        What the last unit of money earns in ads: an offer must return more than this on its fee.
    objective, dual_bound : float
        Value of offers and ads (flexible: less all cost), and what no choice can exceed.
    gap : float
        (dual_bound - objective) over the larger of their sizes, >= 0.
    binding : text array of shape (n_offers,)
        ``signed``, ``chosen``, or what kept the offer out: ``price``, ``budget``, ``max_offers``, ``mix``,
        ``max_fee_share``, ``max_share_per_kol``, or ``indivisible`` (it beats the ads' last unit of money, but not all
        the money that its whole fee would take).
    """

    chosen: BoolArray
    committed_cost: float
    expected_net_value: float
    net_value: FloatArray
    ads_budget: float
    price: float
    objective: float
    dual_bound: float
    gap: float
    binding: TextArray


def choose_offers(problem: KolProblem) -> KolResult:
    """Return the offers that, together with the ads on the rest of the money, earn most over the horizon.

    Parameters
    ----------
    problem : KolProblem

    Returns
    -------
    KolResult

    Raises
    ------
    InfeasibleBudgetError
        If signed fees and the least ads budget exceed the budget.
    OptimizerError
        If the solver finds no choice within its limit of nodes.

    Notes
    -----
    A mixed-integer programme (HiGHS): one yes/no an offer, the ads' concave curve as its segments. Rules bind new
    offers only: where signed ones already break a rule, new ones may not break it further. Assumes that offers sell
    independently of each other and of the ads.

    Examples
    --------
    >>> one, zero = np.ones(2), np.zeros(2, dtype=np.int64)
    >>> curve = np.array([0.0, 100.0]), np.array([0.0, 200.0])
    >>> offers = KolProblem(60 * one, 0.1 * one, np.array([200.0, 90.0]), zero, zero, zero > 0, 100.0, *curve)
    >>> result = choose_offers(offers)
    >>> result.chosen, result.price, result.ads_budget
    (array([ True, False]), 2.0, 40.0)
    """
    _refuse_overcommitted(problem)
    rules, unit = list_rules(problem), SOLVER_UNITS / max(problem.budget, float(problem.ads_budget[-1]))
    kept = _value_of_kept_money(problem)
    widths = np.diff(problem.ads_budget) * unit
    answer = milp(
        -np.concatenate([(problem.net_value - kept * problem.fee) * unit, problem.slopes - kept]),
        integrality=np.concatenate([np.ones(len(problem.fee)), np.zeros(len(widths))]),
        bounds=Bounds(
            np.concatenate([problem.is_signed.astype(np.float64), np.zeros(len(widths))]),
            np.concatenate([np.ones(len(problem.fee)), widths]),
        ),
        constraints=_constraints(rules, len(widths), unit),
        options={"mip_rel_gap": 0.0, "node_limit": MAX_NODES},
    )
    if answer.x is None:
        remedy = "Lower kol.max_offers in configs/settings.yaml or hand in fewer offers."
        raise OptimizerError("cannot choose offers", answer.message, "a feasible choice", (), remedy)
    best = answer.fun if answer.mip_dual_bound is None else answer.mip_dual_bound
    start = float(problem.ads_value[0] - kept * problem.ads_budget[0])
    return _report(problem, rules, answer.x[: len(problem.fee)] > 0.5, start - float(best) / unit)


def _value_of_kept_money(problem: KolProblem) -> float:
    return 1.0 if problem.mode == "flexible" else 0.0


def _constraints(rules: Rules, n_segments: int, unit: float) -> LinearConstraint:
    """Return the rules in solver units; the first one, the budget, also pays for the ads' segments."""
    scale = np.where(rules.is_money, unit, 1.0)
    segments = np.zeros((len(rules.names), n_segments))
    segments[0] = 1.0
    return LinearConstraint(np.hstack([rules.matrix * scale[:, None], segments]), -np.inf, rules.limit * scale)


def _report(problem: KolProblem, rules: Rules, chosen: BoolArray, bound: float) -> KolResult:
    """Return the choice with its ads budget filled exactly, and its proof."""
    kept, fees = _value_of_kept_money(problem), float(problem.fee[chosen].sum())
    room = max(problem.budget - fees - float(problem.ads_budget[0]), 0.0)
    useful = float(np.diff(problem.ads_budget)[problem.slopes > kept].sum())
    ads_budget = float(problem.ads_budget[0]) + min(room, useful)
    ads_value = float(np.interp(ads_budget, problem.ads_budget, problem.ads_value))
    price = kept if room > useful else _slope_before(problem, ads_budget)
    net = float(problem.net_value[chosen].sum()) - fees
    objective = net + ads_value - kept * ads_budget + (fees if kept == 0 else 0.0)
    size = max(abs(bound), abs(objective))
    return KolResult(
        chosen=chosen,
        committed_cost=fees,
        expected_net_value=net,
        net_value=problem.net_value,
        ads_budget=ads_budget,
        price=price,
        objective=objective,
        dual_bound=max(bound, objective),
        gap=max(bound - objective, 0.0) / size if size > 0 else 0.0,
        binding=explain_choice(problem, rules, chosen, price),
    )


def _slope_before(problem: KolProblem, ads_budget: float) -> float:
    """Return what ads would lose with the last unit of their budget (what the first would earn, if they have least)."""
    inside = ads_budget - SAME_MONEY * problem.budget
    segment = np.searchsorted(problem.ads_budget[1:-1], inside, side="left")
    return max(float(problem.slopes[segment]), _value_of_kept_money(problem))


def _refuse_overcommitted(problem: KolProblem) -> None:
    """Raise if signed fees and the least ads budget exceed the budget."""
    signed = np.flatnonzero(problem.is_signed)
    least_ads = float(problem.ads_budget[0])
    needed = float(problem.fee[signed].sum()) + least_ads
    if needed > problem.budget * (1 + SAME_MONEY):
        parts = [("least ads budget", least_ads)] + [(f"signed offer {row}", float(problem.fee[row])) for row in signed]
        offenders = [f"{name} {money:,.2f}" for name, money in sorted(parts, key=lambda part: -part[1]) if money > 0]
        remedy = "Raise budget.daily_total or lower min_cost in configs/settings.yaml."
        what = f"cannot pay for signed offers and ads: {needed - problem.budget:,.2f} are missing"
        raise InfeasibleBudgetError(what, needed, problem.budget, offenders, remedy)
