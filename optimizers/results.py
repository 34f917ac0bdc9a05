"""What the optimum answers: never bare numbers, always with its prices, limits and proof.

Here belong the frozen result and its sentences. Computing it is in ``optimizers.allocation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizers.types import FloatArray, IntArray, TextArray


class Sentence(NamedTuple):
    """One statement in both languages of the shop."""

    en: str
    zh: str


@dataclass(frozen=True)
class AllocationResult:
    """The optimum of one night. Money is per day, in the currency of the problem.

    Parameters
    ----------
    multiplier : array of shape (n_keywords,)
        New bid over today's bid; 0 means paused.
    budget : array of shape (n_budgets,)
        New daily budget.
    keyword_cost, keyword_value, keyword_marginal : array of shape (n_keywords,)
        Expected cost and value, and the value that the next unit of cost would buy.
    budget_cost, budget_value, budget_marginal : array of shape (n_budgets,)
        The same for budgets.
    keyword_binding, budget_binding : text array of shape (n_keywords,), (n_budgets,)
        What stops the item: ``price`` (its own break-even), ``min_change``, ``max_change``, ``frozen``,
        ``node_min:<name>``, ``node_max:<name>``, ``node_roas:<name>`` and ``marginal_roas:<name>`` (floors), or
        ``not_budget_limited``.
    node_names : tuple of str
        Names of the tree's nodes.
    node_cost, node_max_cost : array of shape (n_nodes,)
        Money spent below the node, and its maximum.
    node_price : array of shape (n_nodes,)
        What the next unit of cost at this node returns; infinite where the node is held at the least it can spend.
        Under a ROAS floor on another basis: what a unit of money is worth, without what the floor adds.
    node_worth : array of shape (n_nodes,)
        What the ROAS floors count of all below the node: value, or worth on their own basis.
    node_free_items : array of shape (n_nodes,)
        Items below the node that could still take its money.
    total_cost, total_value : float
        Sums over all items.
    dual_bound : float
        No allocation within the limits earns more than this objective.
    objective : float
        Value less cost (flexible) or value (fixed) of this allocation.
    solver_gap : float
        (dual_bound - objective) over the larger of their sizes, >= 0: the share that a better solver could still find.
    """

    multiplier: FloatArray
    budget: FloatArray
    keyword_cost: FloatArray
    keyword_value: FloatArray
    keyword_marginal: FloatArray
    budget_cost: FloatArray
    budget_value: FloatArray
    budget_marginal: FloatArray
    keyword_binding: TextArray
    budget_binding: TextArray
    node_names: tuple[str, ...]
    node_cost: FloatArray
    node_max_cost: FloatArray
    node_price: FloatArray
    node_worth: FloatArray
    node_free_items: IntArray
    total_cost: float
    total_value: float
    dual_bound: float
    objective: float
    solver_gap: float

    def describe(self, names: Sequence[str] | None = None, currency: str = "CNY") -> list[Sentence]:
        """Return one sentence a node and one for the proof, in English and Chinese.

        Parameters
        ----------
        names : sequence of str, length n_nodes, optional
            Names to show instead of ``node_names``.
        currency : str
            ISO 4217 code printed behind money.
        """
        shown = self.node_names if names is None else tuple(names)
        nodes = [self._describe_node(node, name, currency) for node, name in enumerate(shown)]
        gap = f"{self.solver_gap:.1e}"
        proof = Sentence(
            f"No plan within these limits can earn more than {self.dual_bound:,.2f} {currency}; "
            f"this one is within {gap} of it.",
            f"在这些限制内，任何方案最多得 {self.dual_bound:,.2f} {currency}；本方案与上限相差 {gap}。",
        )
        return [*nodes, proof]

    def _describe_node(self, node: int, name: str, currency: str) -> Sentence:
        cost, maximum, price = self.node_cost[node], self.node_max_cost[node], self.node_price[node]
        limit_en = f" of at most {maximum:,.2f}" if np.isfinite(maximum) else ""
        limit_zh = f"（上限 {maximum:,.2f}）" if np.isfinite(maximum) else ""
        if self.node_free_items[node] == 0:
            return Sentence(
                f"{name}: spends {cost:,.2f} {currency}{limit_en}; all below it is at a limit of its own.",
                f"{name}：花费 {cost:,.2f} {currency}{limit_zh}；其下所有对象都已到自身限制。",
            )
        return Sentence(
            f"{name}: spends {cost:,.2f} {currency}{limit_en}; the next 1 {currency} here returns {price:,.2f}.",
            f"{name}：花费 {cost:,.2f} {currency}{limit_zh}；在此再花 1 {currency} 带回 {price:,.2f}。",
        )
