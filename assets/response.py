"""How items answer to a bid, a budget, a target or a commission rate: the numbers of each row, and the optimiser's curves.

Here belong the columns of the response and what evidence each row's numbers rest on. What the estimates are made of is in
``assets.experiments_log``; the formulas are in ``optimizers.elasticity`` and ``optimizers.response``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, KeywordResponse, rank_ceiling

# Value of a closed-bid campaign grows like cost to this power: below the 0.9 that the design allows, above the square root
# of saturated feeds. A target steers cost with theta = 1 / (1 - beta), the same curve seen from the other side.
PRIOR_BETA = 0.7
# Sales through affiliates grow like the commission rate to the power 1/2 (a cautious prior), so like its cost to the power
# (1/2) / (1 + 1/2): cost is rate times sales.
COMMISSION_BETA = 1.0 / 3.0
# One standard deviation of the prior's logarithm: 80 % of elasticities within 0.38-0.94, what bid landscapes usually show.
PRIOR_ETA_LOG_SD = 0.35
PRIOR_RHO = 1.0  # truthful auction: the next click costs the bid


def add_response(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add ``eta``, ``eta_log_sd``, ``rho``, ``kappa``, ``beta``, ``ceiling`` and ``response_evidence`` of every item.

    A platform's own bid landscape wins over what our jittered bids have taught, that over the prior. An item without a bid
    of its own is ``closed``: its curve is used only if a bid appears.
    """
    out = items.copy()
    out["eta"], out["eta_log_sd"], out["rho"], out["kappa"] = PRIOR_ETA, PRIOR_ETA_LOG_SD, PRIOR_RHO, PRIOR_KAPPA
    out["beta"] = PRIOR_BETA
    is_open = (out["level"] == "keyword") & out["bid"].notna()
    out["response_evidence"] = pd.Series(np.where(is_open, "prior", "closed"), index=out.index, dtype="str")
    out["ceiling"] = np.fmin(rank_ceiling(floats(out, "lost_to_rank_share"), floats(out, "eta")), MAX_MULTIPLIER)
    return out


def betas(rows: pd.DataFrame) -> np.ndarray:
    """Return the power by which an item's value grows with its cost."""
    return np.where(rows["lever"] == "commission_rate", COMMISSION_BETA, floats(rows, "beta"))


def keyword_response(keywords: pd.DataFrame) -> KeywordResponse:
    """Return the response of keywords in shop money a day, each with its own elasticities."""
    names = ("demand_clicks", "cpc", "value_per_click", "eta", "rho", "kappa")
    clicks, cpc, value, eta, rho, kappa = (keywords[name].to_numpy(dtype=np.float64) for name in names)
    bid0 = (keywords["bid"] * keywords["fx_rate"]).to_numpy(dtype=np.float64)
    return KeywordResponse(clicks, cpc, bid0, value, eta, rho, kappa, keywords["ceiling"].to_numpy(dtype=np.float64))
