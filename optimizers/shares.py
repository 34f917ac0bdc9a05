"""Limits told as shares: at least or at most so much of the parent's configured maximum.

Here belongs the translation into money, before the solve. It is never a share of what the parent happens to spend.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.inputs import SHARE, read_columns
from optimizers.tree import PriceTree
from optimizers.types import FloatArray


def limit_shares(tree: PriceTree, min_share: FloatArray, max_share: FloatArray) -> PriceTree:
    """Return the tree with each node's share of its parent's maximum as a limit beside its own; the tighter one counts.

    Parameters
    ----------
    tree : PriceTree of n_nodes
    min_share, max_share : array of shape (n_nodes,)
        Shares in [0, 1] of what the parent may spend at most, itself a share of its own parent's where one is set;
        missing (NaN) where there is none.

    Raises
    ------
    InvalidInputError
        If a share is outside [0, 1], or is one of a parent without a maximum.

    Examples
    --------
    >>> tree = PriceTree(np.array([-1, 0]), np.zeros(2), np.array([200.0, np.inf]), ("total", "google"))
    >>> limited = limit_shares(tree, np.array([np.nan, 0.1]), np.array([np.nan, 0.7]))
    >>> limited.min_cost.tolist(), limited.max_cost.tolist()
    ([0.0, 20.0], [200.0, 140.0])
    """
    what, bounds = "cannot read shares of budgets", SHARE.or_missing()
    least, most = read_columns(what, {"min_share": (min_share, bounds), "max_share": (max_share, bounds)})
    if len(least) != tree.n_nodes:
        raise InvalidInputError(
            what, f"{len(least)} shares", f"{tree.n_nodes}, one a node", ["min_share"], "Align them."
        )
    low, high = tree.min_cost.copy(), tree.max_cost.copy()
    for depth in range(int(tree.depth.max()) + 1):
        nodes = np.flatnonzero(tree.depth == depth)
        above = high[tree.parent[nodes]] if depth else np.full(len(nodes), np.inf)
        is_open = np.isinf(above) & ~(np.isnan(least[nodes]) & np.isnan(most[nodes]))
        if is_open.any():
            names = [tree.names[node] for node in nodes[is_open]]
            remedy = "Set the parent's max_cost (or budget.daily_total) in configs/settings.yaml."
            raise InvalidInputError(what, "a share of no maximum", "a finite max_cost above", names, remedy)
        low[nodes] = np.fmax(low[nodes], least[nodes] * above)
        high[nodes] = np.fmin(high[nodes], most[nodes] * above)
    return replace(tree, min_cost=low, max_cost=high)
