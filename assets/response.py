"""How items answer to a bid, a budget, a target or a commission rate: the numbers of each row, and the optimiser's curves.

Here belong the columns of the response and what evidence each row's numbers rest on. What the estimates are made of is in
``assets.experiments_log``; the formulas are in ``optimizers.elasticity`` and ``optimizers.response``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.bid_landscapes import read_landscapes
from assets.bid_trials import cell_of, learn_responses
from assets.experiments_log import logged_bids
from assets.performance import DailyParts
from optimizers.belief import PRIOR_ETA_LOG_SD, Response, join_with_prior
from optimizers.elasticity import NO_ESTIMATE, ResponseEstimate
from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, PRIOR_RHO, KeywordResponse, rank_ceiling

NUMBERS = ("eta", "eta_log_sd", "rho", "kappa")

# Value of a closed-bid campaign grows like cost to this power: below the 0.9 that the design allows, above the square root
# of saturated feeds. A target steers cost with theta = 1 / (1 - beta), the same curve seen from the other side.
PRIOR_BETA = 0.7
# Sales through affiliates grow like the commission rate to the power 1/2 (a cautious prior), so like its cost to the power
# (1/2) / (1 + 1/2): cost is rate times sales.
COMMISSION_BETA = 1.0 / 3.0
PRIOR = Response(PRIOR_ETA, PRIOR_ETA_LOG_SD, PRIOR_RHO, PRIOR_KAPPA)


def add_response(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add ``eta``, ``eta_log_sd``, ``rho``, ``kappa``, ``beta``, ``ceiling`` and ``response_evidence`` of every item.

    A platform's own bid landscape wins over what our jittered bids have taught, that over the prior. An item without a bid
    of its own is ``closed``: its curve is used only if a bid appears.
    """
    out = with_trials(items, learn_responses(logged_bids(batch), DailyParts(batch), items))
    out = with_landscapes(out, read_landscapes(items, batch))
    out["beta"] = PRIOR_BETA
    out["ceiling"] = np.fmin(rank_ceiling(floats(out, "lost_to_rank_share"), floats(out, "eta")), MAX_MULTIPLIER)
    return out


def with_trials(items: pd.DataFrame, found: Mapping[str, ResponseEstimate]) -> pd.DataFrame:
    """Return the items with the prior response, or where trials of their platform and match type are usable, the posterior."""
    out = items.copy()
    cell = cell_of(items)
    is_open = ((items["level"] == "keyword") & items["bid"].notna()).to_numpy(dtype=bool)
    believed = {name: join_with_prior(found.get(name, NO_ESTIMATE), PRIOR) for name in cell.unique()}
    for name in NUMBERS:
        out[name] = np.where(
            is_open, cell.map({key: getattr(one, name) for key, one in believed.items()}), getattr(PRIOR, name)
        )
    is_learned = is_open & cell.isin([name for name, one in found.items() if one.is_usable]).to_numpy(dtype=bool)
    label = np.select([~is_open, is_learned], ["closed", "jitter"], "prior")
    out["response_evidence"] = pd.Series(label, index=out.index, dtype="str")
    return out


def with_landscapes(items: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the items with the response that their platform's landscape tells, where there is one."""
    out = items.copy()
    is_told = (out["item"].isin(found.index) & (out["response_evidence"] != "closed")).to_numpy(dtype=bool)
    for name in NUMBERS:
        out.loc[is_told, name] = found[name].reindex(out.loc[is_told, "item"]).to_numpy(dtype=np.float64)
    out.loc[is_told, "response_evidence"] = "landscape"
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
