"""Which KOL offers to sign: all-or-nothing packages against what the same money earns in ads.

Here belongs the choice over the planning horizon, by cuts of the ads' value of money that are exact where it was asked.
What an offer should sell is in ``optimizers.kol_value``, what ads earn in ``optimizers.kol_ads``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.errors import InfeasibleBudgetError
from optimizers.kol_ads import AdsPoint
from optimizers.kol_master import ENOUGH_GAP, solve_master
from optimizers.kol_problem import KolProblem
from optimizers.kol_rules import Reasons, Rules, explain_choice, list_rules
from optimizers.types import BoolArray, FloatArray

MAX_CUTS = 40
SAME_MONEY = 1e-9  # relative, of the budget


@dataclass(frozen=True)
class KolResult:
    """The chosen offers and what they were weighed against. Money is over the horizon.

    Parameters
    ----------
    chosen, is_test : bool array of shape (n_offers,)
        Signed ones included; in a test slot.
    committed_cost : float
        Fees of the chosen offers.
    expected_net_value : float
        Their expected value after commission and fees, without what tests teach.
    net_value : array of shape (n_offers,)
        Each offer's expected value after commission, before its fee.
    ads_cost : float
        What ads then spend.
    price : float
        What the last unit of money earns in ads: an offer must return more than this on its fee.
    objective, dual_bound : float
        Value of offers, lessons and ads (flexible: less all cost), and what no choice can exceed.
    gap : float
        (dual_bound - objective) over the larger of their sizes, >= 0.
    n_cuts : int
        How often the ads were solved.
    reasons : Reasons of n_offers
        ``signed``, ``chosen``, ``test``, or what kept the offer out: ``below_price``, the name of a rule, or ``indivisible``
        (it beats the ads' last unit of money, but not all the money that its whole fee would take); with numbers.
    """

    chosen: BoolArray
    is_test: BoolArray
    committed_cost: float
    expected_net_value: float
    net_value: FloatArray
    ads_cost: float
    price: float
    objective: float
    dual_bound: float
    gap: float
    n_cuts: int
    reasons: Reasons


@dataclass(frozen=True)
class _Choice:
    chosen: BoolArray
    is_test: BoolArray
    ads: AdsPoint
    objective: float


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
    Outer approximation (Duran and Grossmann 1986): a mixed-integer programme (HiGHS) with one yes/no an offer and the
    ads' concave value under tangents; each choice is then priced on the true curve, which adds its tangent, until no
    choice can be better or the same one comes again. Rules bind new offers only: where signed ones already break a
    rule, new ones may not break it further. Known drawback: offers are assumed to sell independently of each other and
    of the ads.

    Examples
    --------
    >>> from optimizers.kol_ads import PointAds
    >>> one, zero = np.ones(2), np.zeros(2, dtype=np.int64)
    >>> ads = PointAds(np.array([0.0, 100.0]), np.array([0.0, 200.0]))
    >>> result = choose_offers(KolProblem(60 * one, 0.1 * one, np.array([200.0, 90.0]), zero, zero, zero > 0, 100.0, ads))
    >>> result.chosen, result.price, result.ads_cost
    (array([ True, False]), 2.0, 40.0)
    """
    _refuse_overcommitted(problem)
    rules = list_rules(problem)
    best = _price_choice(problem, problem.is_signed, np.zeros(len(problem.fee), dtype=np.bool_))
    # no choice leaves more money to ads, so a level line is above them all where that budget has no price
    cuts = [best.ads if np.isfinite(best.ads.slope) else best.ads._replace(slope=0.0)]
    bound, seen = np.inf, {best.chosen.tobytes()}
    for _ in range(MAX_CUTS):
        chosen, is_test, limit = solve_master(problem, rules, cuts)
        bound = min(bound, limit)
        found = _price_choice(problem, chosen, is_test)
        best = max(best, found, key=lambda one: one.objective)
        if chosen.tobytes() in seen or _gap(bound, best.objective) <= ENOUGH_GAP:
            break
        seen.add(chosen.tobytes())
        cuts += [found.ads] if np.isfinite(found.ads.slope) else []
    # at the least that ads can spend, the last unit has no price of its own: the highest one seen stands for it
    price = best.ads.slope if np.isfinite(best.ads.slope) else max(cut.slope for cut in cuts)
    return _report(problem, rules, best, bound, problem.kept + price, len(seen))


def _price_choice(problem: KolProblem, chosen: BoolArray, is_test: BoolArray) -> _Choice:
    """Return a choice with what it earns on the ads' true curve."""
    fees = float(problem.fee[chosen].sum())
    ads = problem.ads.at(max(problem.budget - fees, problem.ads.least))
    offers = float(problem.net_value[chosen].sum()) - problem.kept * fees + float(problem.lessons[is_test].sum())
    return _Choice(chosen, is_test, ads, offers + ads.value - problem.kept * ads.cost)


def _gap(bound: float, objective: float) -> float:
    size = max(abs(bound), abs(objective))
    return max(bound - objective, 0.0) / size if size > 0 else 0.0


def _report(problem: KolProblem, rules: Rules, best: _Choice, bound: float, price: float, n_cuts: int) -> KolResult:
    fees = float(problem.fee[best.chosen].sum())
    return KolResult(
        chosen=best.chosen,
        is_test=best.is_test,
        committed_cost=fees,
        expected_net_value=float(problem.net_value[best.chosen].sum()) - fees,
        net_value=problem.net_value,
        ads_cost=best.ads.cost,
        price=price,
        objective=best.objective,
        dual_bound=max(bound, best.objective),
        gap=_gap(bound, best.objective),
        n_cuts=n_cuts,
        reasons=explain_choice(problem, rules, best.chosen, best.is_test, price),
    )


def _refuse_overcommitted(problem: KolProblem) -> None:
    """Raise if signed fees and the least ads budget exceed the budget."""
    signed = np.flatnonzero(problem.is_signed)
    needed = float(problem.fee[signed].sum()) + problem.ads.least
    if needed > problem.budget * (1 + SAME_MONEY):
        parts = [("least ads budget", problem.ads.least)]
        parts += [(f"signed offer {row}", float(problem.fee[row])) for row in signed]
        offenders = [f"{name} {money:,.2f}" for name, money in sorted(parts, key=lambda part: -part[1]) if money > 0]
        remedy = "Raise budget.daily_total or lower min_cost in configs/settings.yaml."
        what = f"cannot pay for signed offers and ads: {needed - problem.budget:,.2f} are missing"
        raise InfeasibleBudgetError(what, needed, problem.budget, offenders, remedy)
