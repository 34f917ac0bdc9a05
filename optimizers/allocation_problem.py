"""What the optimum is asked: items, the tree of budgets that pay for them, and what counts.

Here belong the problem and its checks. Solving it is in ``optimizers.allocation``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimizers.curves import LOG_FREE
from optimizers.errors import InvalidInputError
from optimizers.items import BudgetItems, FloorBasis, KeywordItems
from optimizers.tree import PriceTree

__all__ = ["AllocationProblem"]


@dataclass(frozen=True)
class AllocationProblem:
    """Everything the optimum needs; money is per day and in one currency.

    Parameters
    ----------
    keywords : KeywordItems of n_keywords
    budgets : BudgetItems of n_budgets
    tree : PriceTree of n_nodes
    mode : "flexible" or "fixed"
        Flexible: money is spent while the next unit of cost brings more than one unit of value (profit). Fixed: it is
        spent up to the roots' maxima, which must be finite, while it brings anything at all.
    basis : FloorBasis, optional
        What ROAS floors count; without it they count what the objective counts. With it every average floor is a root
        of its own, so a few of them are cheap and one at each of thousands of nodes is not.

    Raises
    ------
    InvalidInputError
        If there is no item, an item's node is not in the tree, a fixed budget has no maximum, or the basis does not fit.
    """

    keywords: KeywordItems
    budgets: BudgetItems
    tree: PriceTree
    mode: Literal["flexible", "fixed"] = "flexible"
    basis: FloorBasis | None = None

    def __post_init__(self) -> None:
        what = "cannot allocate"
        node = np.concatenate([self.keywords.node, self.budgets.node])
        if node.size == 0:
            raise InvalidInputError(what, "no item", "at least one keyword or budget", (), "Skip the allocation.")
        if node.max() >= self.tree.n_nodes:
            limit = f"a node below {self.tree.n_nodes}"
            raise InvalidInputError(what, f"node {node.max()}", limit, ["node"], "Add the node to the tree.")
        if self.mode not in ("flexible", "fixed"):
            raise InvalidInputError(
                what, self.mode, "flexible or fixed", ["mode"], "Mend budget.mode in settings.yaml."
            )
        roots = [self.tree.names[i] for i in np.flatnonzero((self.tree.parent < 0) & np.isinf(self.tree.max_cost))]
        if self.mode == "fixed" and roots:
            remedy = "Set budget.daily_total in configs/settings.yaml or use mode flexible."
            raise InvalidInputError(what, "a fixed budget without a total", "a finite max_cost", roots, remedy)
        if self.basis is not None:
            self._refuse_basis(self.basis)

    def _refuse_basis(self, basis: FloorBasis) -> None:
        what = "cannot allocate with ROAS floors on another basis"
        seen = (len(basis.keyword_worth), len(basis.budget_worth))
        wanted = (len(self.keywords.node), len(self.budgets.node))
        if seen != wanted:
            raise InvalidInputError(what, f"{seen} worths", f"{wanted}, one an item", ["basis"], "Align the columns.")

    @property
    def base_price(self) -> float:
        """Return what a unit of unspent money is worth: 1 when it is kept, 0 when only value counts."""
        return 1.0 if self.mode == "flexible" else 0.0

    @property
    def base_log_price(self) -> float:
        """Return the log of ``base_price``; where money is free, a number below every real log price."""
        return 0.0 if self.mode == "flexible" else LOG_FREE

    @property
    def priced_tree(self) -> PriceTree:
        """Return the tree whose limits are all intervals on prices: average floors on another basis are not."""
        if self.basis is None:
            return self.tree
        return replace(self.tree, min_roas=np.full(self.tree.n_nodes, np.nan))
