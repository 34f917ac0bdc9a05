"""The rules of the KOL portfolio as inequalities: caps, concentration, overlap, mix, money.

Here belong the rows and the reason, with its numbers, why an offer is in or out. The solver is called in
``optimizers.kol``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizers.kol_cases import tail_mean
from optimizers.kol_problem import KolProblem
from optimizers.types import BoolArray, FloatArray, TextArray

SLACK = 1e-9  # relative, of a rule's limit
COUNTS = ("max_offers", "mix", "max_new_per_audience")  # rules that do not speak of money


@dataclass(frozen=True)
class Rules:
    """``matrix @ chosen <= limit``; rows by name, matrix of shape (n_rules, n_offers), limit of shape (n_rules,).

    Where signed offers alone break a rule, its limit is what they take: new ones may not break it further.
    """

    names: tuple[str, ...]
    matrix: FloatArray
    limit: FloatArray
    is_money: BoolArray


class Reasons(NamedTuple):
    """Why each offer is in or out, shape (n_offers,).

    ``seen`` is what the rule would count with this offer, ``limit`` what it permits; where no rule speaks, ``seen`` is
    what a unit of the fee returns (missing without a fee) and ``limit`` the price of money.
    """

    word: TextArray
    seen: FloatArray
    limit: FloatArray


def list_rules(problem: KolProblem) -> Rules:
    """Return every rule of the problem; the budget is the first one."""
    rows = list(_rows(problem))
    matrix = np.stack([row for _, row, _ in rows])
    limit = np.maximum([most for _, _, most in rows], matrix @ problem.is_signed.astype(np.float64))
    names = tuple(name for name, _, _ in rows)
    return Rules(names, matrix, limit, np.array([name not in COUNTS for name in names]))


def explain_choice(problem: KolProblem, rules: Rules, chosen: BoolArray, is_test: BoolArray, price: float) -> Reasons:
    """Return per offer ``signed``, ``chosen``, ``test`` (only for what it teaches), or what kept it out."""
    used = rules.matrix @ chosen.astype(np.float64)
    over = rules.matrix > (rules.limit - used + SLACK * np.abs(rules.limit))[:, None]
    is_out, pays = ~chosen, problem.net_value > price * problem.fee * (1 + SLACK)
    is_ruled = over.any(axis=0) & is_out & pays
    first = np.where(is_ruled, over.argmax(axis=0), len(rules.names))
    word = np.array([*rules.names, "indivisible"], dtype=object)[first]
    word[is_out & ~pays] = "below_price"
    word[chosen] = np.where(is_test & ~pays, "test", "chosen")[chosen]
    word[problem.is_signed] = "signed"
    returned = np.divide(problem.net_value, problem.fee, out=np.full(len(word), np.nan), where=problem.fee > 0)
    row = np.minimum(first, len(rules.names) - 1)
    seen = np.where(is_ruled, used[row] + rules.matrix[row, np.arange(len(word))], returned)
    limit = np.where(is_ruled, rules.limit[row], price)
    return _with_tail(problem, chosen, is_out & pays & ~is_ruled, Reasons(word, seen, limit))


def tail_limit(problem: KolProblem) -> float:
    """Return the most that the worst tenth of cases may lose; where signed offers lose more, what they lose."""
    asked = np.inf if problem.max_tail_loss is None else problem.max_tail_loss
    return max(asked, float(tail_mean(problem.losses(problem.is_signed))))


def _with_tail(problem: KolProblem, chosen: BoolArray, asked: BoolArray, reasons: Reasons) -> Reasons:
    """Return the reasons, ``max_tail_loss`` for the asked offers with which the worst cases would lose too much."""
    if problem.cases is None:
        return reasons
    limit = tail_limit(problem)
    rows = np.flatnonzero(asked)
    loss = tail_mean(problem.losses(chosen)[:, None] + (problem.fee - problem.cases)[:, rows])
    is_over = loss > limit + SLACK * (limit + problem.fee[rows])
    word, seen, most = (column.copy() for column in reasons)
    word[rows[is_over]], seen[rows[is_over]], most[rows[is_over]] = "max_tail_loss", loss[is_over], limit
    return Reasons(word, seen, most)


def _rows(problem: KolProblem) -> Iterator[tuple[str, FloatArray, float]]:
    fee, most = problem.fee, problem.most_fees
    yield "budget", fee, problem.budget - problem.ads.least
    yield "max_offers", np.ones(len(fee)), float(problem.max_offers)
    yield "mix", _mix_row(problem), 0.0
    yield "max_fee_share", fee, most
    for kol in np.unique(problem.kol):
        yield "max_share_per_kol", fee * (problem.kol == kol), problem.max_share_per_kol * most
    for code in np.unique(problem.audience if problem.audience is not None else []):
        is_here = problem.audience == code
        if problem.max_new_per_audience is not None:
            yield "max_new_per_audience", 1.0 * (is_here & ~problem.is_signed), float(problem.max_new_per_audience)
        yield "max_share_per_audience", fee * is_here, problem.max_share_per_audience * most


def _mix_row(problem: KolProblem) -> FloatArray:
    """Return the KOC that each offer asks for (head) or brings (KOC, negative)."""
    is_head, is_koc = (np.isin(problem.tier, tiers) for tiers in (problem.head_tiers, problem.koc_tiers))
    is_asked = 1.0 if problem.min_koc_per_head > 0 else 0.0
    return problem.min_koc_per_head * is_head.astype(np.float64) - is_asked * is_koc.astype(np.float64)
