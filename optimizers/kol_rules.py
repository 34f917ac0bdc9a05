"""The rules of the KOL portfolio as inequalities: caps, concentration, mix, money.

Here belong the rows and the reason why an offer was left out. The solver is called in ``optimizers.kol``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.kol_problem import KolProblem
from optimizers.types import BoolArray, FloatArray, TextArray

SLACK = 1e-9  # relative, of a rule's limit


@dataclass(frozen=True)
class Rules:
    """``matrix @ chosen <= limit``; rows by name, matrix of shape (n_rules, n_offers), limit of shape (n_rules,).

    Where signed offers alone break a rule, its limit is what they take: new ones may not break it further.
    """

    names: tuple[str, ...]
    matrix: FloatArray
    limit: FloatArray
    is_money: BoolArray


def list_rules(problem: KolProblem) -> Rules:
    """Return every rule of the problem; the budget is the first one."""
    fee, most_fees = problem.fee, problem.max_fee_share * problem.budget
    rows = [
        ("budget", fee, problem.budget - float(problem.ads_budget[0])),
        ("max_offers", np.ones(len(fee)), float(problem.max_offers)),
        ("mix", _mix_row(problem), 0.0),
        ("max_fee_share", fee, most_fees),
    ]
    most_each = problem.max_share_per_kol * most_fees
    rows.extend(("max_share_per_kol", fee * (problem.kol == kol), most_each) for kol in np.unique(problem.kol))
    matrix = np.stack([row for _, row, _ in rows])
    limit = np.maximum([most for _, _, most in rows], matrix @ problem.is_signed.astype(np.float64))
    names = tuple(name for name, _, _ in rows)
    return Rules(names, matrix, limit, np.array([name not in ("max_offers", "mix") for name in names]))


def explain_choice(problem: KolProblem, rules: Rules, chosen: BoolArray, price: float) -> TextArray:
    """Return per offer ``signed``, ``chosen``, or what kept it out, shape (n_offers,)."""
    left = rules.limit - rules.matrix @ chosen.astype(np.float64)
    over = rules.matrix > (left + SLACK * np.abs(rules.limit))[:, None]
    first = np.where(over.any(axis=0), over.argmax(axis=0), len(rules.names))
    reason = np.array([*rules.names, "indivisible"], dtype=object)[first]
    reason[problem.net_value <= price * problem.fee * (1 + SLACK)] = "price"
    reason[chosen] = "chosen"
    reason[problem.is_signed.astype(np.bool_)] = "signed"
    return reason


def _mix_row(problem: KolProblem) -> FloatArray:
    """Return the KOC that each offer asks for (head) or brings (KOC, negative)."""
    is_head, is_koc = (np.isin(problem.tier, tiers) for tiers in (problem.head_tiers, problem.koc_tiers))
    is_asked = 1.0 if problem.min_koc_per_head > 0 else 0.0
    return problem.min_koc_per_head * is_head.astype(np.float64) - is_asked * is_koc.astype(np.float64)
