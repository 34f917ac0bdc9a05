"""What the bids that people set tell of a keyword: staff pay more for what sells, and know more than sixty days of orders.

Here belong the two covariates of the conversion rate. That a bid counts as it was when the window began, and not as our own
nights have left it, keeps the window's orders from speaking twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from assets.arrays import codes_of, floats

MAX_LOG = float(
    np.log(10.0)
)  # a bid ten times its neighbours' is a slip or a reserve price, and tells no more than that


def first_bids(log: pd.DataFrame) -> pd.Series:
    """Return the bid of each logged item before our first edit of the window, by item, in account currency.

    ``log``: item, night and old bid of every published edit (``assets.experiments_log``).
    """
    known = log[log["old"] > 0].sort_values(["item", "night"], kind="stable")
    return known.drop_duplicates("item").set_index("item")["old"].astype("float64")


def bid_columns(items: pd.DataFrame, order_value: np.ndarray, pool: np.ndarray) -> csr_array:
    """Return the covariates of log conversion rates, shape (n_items, 2 x n_platforms): log bid, log worth of an order.

    Both are distances from the pool's mean and 0 where nothing is told, one pair a platform, for each has its own staff. A bid
    is a guess of conversion rate x worth of an order x some share, so the worth has to be known beside it; both slopes are fitted
    and shrunk like any effect. ``first_bid`` and ``bid`` are in account currency, ``order_value`` (n_items,) in shop money.
    """
    bid = items["first_bid"].fillna(items["bid"]).astype("float64").to_numpy() * floats(items, "fx_rate")
    worth = order_value * floats(items, "margin")
    is_told = (bid > 0) & (worth > 0) & np.isfinite(bid) & np.isfinite(worth)
    platform = codes_of(items["platform"])
    n_platforms = int(platform.max(initial=-1)) + 1
    rows = np.flatnonzero(is_told)
    numbers = [_beside_pool(np.log(values[rows]), pool[rows]) for values in (bid, worth)]
    columns = np.concatenate([platform[rows], platform[rows] + n_platforms])
    shape = (len(items), 2 * n_platforms)
    return csr_array((np.concatenate(numbers), (np.concatenate([rows, rows]), columns)), shape=shape)


def _beside_pool(logs: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return each number's distance from its pool's mean, within a factor of ten."""
    codes = np.unique(pool, return_inverse=True)[1]
    counts = np.maximum(np.bincount(codes), 1)
    middle = np.bincount(codes, logs) / counts
    return np.asarray(np.clip(logs - middle[codes], -MAX_LOG, MAX_LOG))
