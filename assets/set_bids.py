"""What the bids that people set tell of a keyword: staff pay more for what sells, and know more than sixty days of orders.

Here belong the covariates of the conversion rate. That a bid counts as it was when the window began, and not as our own
nights have left it, keeps the window's orders from speaking twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from assets.arrays import codes_of, floats
from optimizers.effects import Effects
from optimizers.kinship import shared_part

MAX_LOG = float(
    np.log(10.0)
)  # a bid ten times its neighbours' is a slip or a reserve price, and tells no more than that


def first_bids(log: pd.DataFrame) -> pd.Series:
    """Return the bid of each logged item before our first edit of the window, by item, in account currency.

    ``log``: item, night and old bid of every published edit (``assets.experiments_log``).
    """
    known = log[log["old"] > 0].sort_values(["item", "night"], kind="stable")
    return known.drop_duplicates("item").set_index("item")["old"].astype("float64")


def bid_factors(items: pd.DataFrame, order_value: np.ndarray, pool: np.ndarray, kin: Effects) -> list[csr_array]:
    """Return the covariates of log conversion rates that bids make: a factor of all platforms, and one of each platform's own.

    A bid is a guess of conversion rate x worth of an order x some share. What it says of the rate is what it is *beyond the
    worth*: the rest of a straight line of log bid on log worth, a line a platform, for each has its own staff. One bid errs
    much, those of the keyword's kin (``kin``: campaign, words, product) less: so the rest is split into the part that kin share
    and its own, columns (own, shared, log worth) of shape (n_items, 3); beside them (rest, log worth) per platform, shape
    (n_items, 2 x n_platforms), shrunk towards none. All slopes are fitted and shrunk like any effect. All are distances from
    the pool's mean and 0 where nothing is told. ``first_bid`` and ``bid`` are in account currency, ``order_value``
    (n_items,) in shop money.
    """
    bid = items["first_bid"].fillna(items["bid"]).astype("float64").to_numpy() * floats(items, "fx_rate")
    worth = order_value * floats(items, "margin")
    rows = np.flatnonzero((bid > 0) & (worth > 0) & np.isfinite(bid) & np.isfinite(worth))
    platform = codes_of(items["platform"])
    log_bid, log_worth = (_beside_pool(np.log(values[rows]), pool[rows]) for values in (bid, worth))
    rest = _unit(log_bid - _line(log_bid, log_worth, platform[rows]))
    shared = shared_part(rest, kin.of_rows(rows))
    n_platforms = int(platform.max(initial=-1)) + 1
    common = _columns(
        len(items), rows, [rest - shared, shared, log_worth], [np.full(rows.size, n) for n in range(3)], 3
    )
    own = [platform[rows], platform[rows] + n_platforms]
    return [common, _columns(len(items), rows, [rest, log_worth], own, 2 * n_platforms)]


def _columns(
    n_items: int, rows: np.ndarray, values: Sequence[np.ndarray], columns: Sequence[np.ndarray], n_columns: int
) -> csr_array:
    place = np.tile(rows, len(values)), np.concatenate(columns)
    return csr_array((np.concatenate(values), place), shape=(n_items, n_columns))


def _line(bid: np.ndarray, worth: np.ndarray, platform: np.ndarray) -> np.ndarray:
    """Return what the worth alone would have people bid: least squares through the pools' means, a slope a platform."""
    size = int(platform.max(initial=-1)) + 1
    both, square = np.bincount(platform, bid * worth, size), np.bincount(platform, worth**2, size)
    slope = np.divide(both, square, out=np.zeros(size), where=square > 0)
    return np.asarray(slope[platform] * worth)


def _unit(values: np.ndarray) -> np.ndarray:
    """Return the values on the scale of their spread, so that a slope means the same where staff dare much or little."""
    size = float(np.sqrt(np.square(values).mean())) if values.size else 0.0
    return values / size if size > 0 else values


def _beside_pool(logs: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return each number's distance from its pool's mean, within a factor of ten."""
    codes = np.unique(pool, return_inverse=True)[1]
    counts = np.maximum(np.bincount(codes), 1)
    middle = np.bincount(codes, logs) / counts
    return np.asarray(np.clip(logs - middle[codes], -MAX_LOG, MAX_LOG))
