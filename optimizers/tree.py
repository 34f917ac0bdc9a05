"""The tree of budgets: total, platform, campaign, ad group, each with a least and a most it may spend, and ROAS floors.

Here belong the shape of the tree and sums over it. Finding prices on it is in ``optimizers.prices``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.types import BoolArray, FloatArray, IntArray

LIMITS = ("min_cost", "max_cost", "min_roas", "min_marginal_roas")


@dataclass(frozen=True)
class PriceTree:
    """Budgets above the items, parents before children; several roots are allowed.

    Parameters
    ----------
    parent : array of shape (n_nodes,)
        Index of the node above, smaller than the node's own; -1 for a root.
    min_cost, max_cost : array of shape (n_nodes,)
        Least and most money the node may spend, >= 0, one currency for the whole tree; ``max_cost`` may be infinite.
        A maximum of 0 means 0. Both the same: the node's spend is frozen.
    names : tuple of str
        One name a node, used in binding limits, errors and sentences.
    min_roas : array of shape (n_nodes,), optional
        Least value per unit of cost of all that the node spends, > 0; missing (NaN) where there is no floor.
    min_marginal_roas : array of shape (n_nodes,), optional
        Least value that any item's next unit of cost below the node must bring, > 0; missing where there is no floor.

    Raises
    ------
    InvalidInputError
        If lengths differ, a parent does not come first, a bound is NaN, negative or an infinite minimum, or a floor is
        not above 0.

    Examples
    --------
    >>> tree = PriceTree(np.array([-1, 0]), np.zeros(2), np.array([100.0, np.inf]), ("total", "google"))
    >>> tree.sum_up(np.array([1.0, 2.0]))
    array([3., 2.])
    """

    parent: IntArray
    min_cost: FloatArray
    max_cost: FloatArray
    names: tuple[str, ...]
    min_roas: FloatArray = None  # type: ignore[assignment]  # missing everywhere, filled in below
    min_marginal_roas: FloatArray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in ("min_roas", "min_marginal_roas"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(len(self.names), np.nan))
        object.__setattr__(self, "parent", np.asarray(self.parent, dtype=np.int64))
        for name in LIMITS:
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        shapes = {len(getattr(self, name)) for name in ("parent", "names", *LIMITS)}
        if len(shapes) != 1 or not self.names:
            raise InvalidInputError("cannot read the price tree", sorted(shapes), "one positive length for all columns")
        bad_parent = (self.parent >= np.arange(self.n_nodes)) | (self.parent < -1)
        bad_money = ~(np.isfinite(self.min_cost) & (self.min_cost >= 0) & (self.max_cost >= 0))
        for floor in (self.min_roas, self.min_marginal_roas):
            bad_money |= ~(np.isnan(floor) | (np.isfinite(floor) & (floor > 0)))
        if (bad_parent | bad_money).any():
            offenders = [self.names[i] for i in np.flatnonzero(bad_parent | bad_money)]
            limit = "parents before children, 0 <= min_cost < inf, 0 <= max_cost, ROAS floors > 0 or missing"
            remedy = "Mend min_cost, max_cost and the ROAS floors in configs/settings.yaml."
            raise InvalidInputError(
                "cannot read the price tree", f"{len(offenders)} bad nodes", limit, offenders, remedy
            )

    @property
    def n_nodes(self) -> int:
        """Return the number of nodes."""
        return len(self.names)

    @cached_property
    def depth(self) -> IntArray:
        """Return each node's distance from its root, shape (n_nodes,)."""
        depth = np.zeros(self.n_nodes, dtype=np.int64)
        for node, parent in enumerate(self.parent):
            depth[node] = depth[parent] + 1 if parent >= 0 else 0
        return depth

    def is_above(self, changed: BoolArray) -> BoolArray:
        """Return which nodes have a ``changed`` node at or below themselves, shape (n_nodes,)."""
        return self.sum_up(changed.astype(np.float64)) > 0

    def inherit(self, floor: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return the highest floor on each node's way up, 0 without one, and the node that sets it, -1 without one."""
        highest = np.where(np.isnan(floor), 0.0, floor)
        source = np.where(np.isnan(floor), -1, np.arange(self.n_nodes))
        for level in range(1, int(self.depth.max()) + 1):
            nodes = np.flatnonzero(self.depth == level)
            above = self.parent[nodes]
            is_higher = highest[above] > highest[nodes]
            source[nodes] = np.where(is_higher, source[above], source[nodes])
            highest[nodes] = np.maximum(highest[above], highest[nodes])
        return highest, source

    def levels_up(self) -> Iterator[tuple[int, IntArray]]:
        """Yield ``(depth, ancestor)`` from the leaves to the roots.

        ``ancestor`` has shape (n_nodes,): the ancestor (or self) at that depth, -1 for nodes above it.
        """
        ancestor = np.where(self.depth == self.depth.max(), np.arange(self.n_nodes), -1)
        yield int(self.depth.max()), ancestor
        for level in range(int(self.depth.max()) - 1, -1, -1):
            above = np.where(ancestor >= 0, self.parent[ancestor], -1)
            ancestor = np.where(self.depth == level, np.arange(self.n_nodes), above)
            yield level, ancestor

    def own_sums(self, node: IntArray, amount: FloatArray) -> FloatArray:
        """Return what the items directly at each node add up to, shape (n_nodes,)."""
        if self.n_nodes == 1:
            return np.array([amount.sum()], dtype=np.float64)
        return np.bincount(node, amount, self.n_nodes).astype(np.float64)

    def sum_up(self, own: FloatArray) -> FloatArray:
        """Return each node's ``own`` amount plus everything below it, shape (n_nodes,)."""
        total = own.astype(np.float64).copy()
        for level in range(int(self.depth.max()), 0, -1):
            nodes = np.flatnonzero(self.depth == level)
            np.add.at(total, self.parent[nodes], total[nodes])
        return total
