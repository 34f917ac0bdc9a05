"""At which bid each day of the window was lived, from the log of published bids, so that old days speak of today's bid.

The log is kept by ``assets.experiments_log``; the change of the counts is ``optimizers.present_bid``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizers.present_bid import AtPresentBid, at_present_bid
from optimizers.response import PRIOR_ETA, PRIOR_KAPPA

LOG_COLUMNS = ("item", "night", "old", "new")


def bid_changes(daily: pd.DataFrame, log: pd.DataFrame) -> np.ndarray:
    """Return today's bid over the bid of each row's day, shape (n_rows,); 1 where we never changed it.

    ``daily`` has item and report_date; ``log`` has item, night, old and new. A bid published on night D acts from D + 1 on.
    Today's bid is the last one published: what a person has changed since is not seen.
    """
    change = np.ones(len(daily))
    edits = log.loc[(log["old"] > 0) & (log["new"] > 0), list(LOG_COLUMNS)]
    if edits.empty:
        return change
    known = pd.Index(edits["item"].unique())
    code = known.get_indexer(pd.Index(daily["item"]))
    rows = np.flatnonzero(code >= 0)
    asked = pd.DataFrame({"item": code[rows], "night": daily["report_date"].to_numpy()[rows], "row": rows})
    night = edits["night"].astype(asked["night"].dtype)
    edits = edits.assign(item=known.get_indexer(pd.Index(edits["item"])), night=night)
    edits = edits.sort_values(["night", "item"], kind="stable")
    last = edits.drop_duplicates("item", keep="last").set_index("item")["new"]
    asked = asked.sort_values("night", kind="stable")
    found = pd.merge_asof(asked, edits, on="night", by="item", direction="forward")
    now = last.reindex(found["item"]).to_numpy(dtype=np.float64)
    change[found["row"].to_numpy()] = now / np.where(found["old"].notna(), found["old"], now)
    return change


def present_counts(clicks: np.ndarray, cost: np.ndarray, change: np.ndarray) -> AtPresentBid:
    """Return each row's clicks and cost at today's bid, by the stated priors of the response."""
    return at_present_bid(clicks, cost, change, np.full(len(change), PRIOR_ETA), np.full(len(change), PRIOR_KAPPA))
