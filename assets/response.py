"""How items answer to a bid, a budget, a target or a commission rate, from columns to the optimiser's curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizers.response import MAX_MULTIPLIER, PRIOR_ETA, PRIOR_KAPPA, KeywordResponse, rank_ceiling

# Value of a closed-bid campaign grows like cost to this power: below the 0.9 that the design allows, above the square root
# of saturated feeds. A target steers cost with theta = 1 / (1 - beta), the same curve seen from the other side.
PRIOR_BETA = 0.7
# Sales through affiliates grow like the commission rate to the power 1/2 (a cautious prior), so like its cost to the power
# (1/2) / (1 + 1/2): cost is rate times sales.
COMMISSION_BETA = 1.0 / 3.0


def betas(lever: pd.Series) -> np.ndarray:
    """Return the power by which an item's value grows with its cost."""
    return np.where(lever == "commission_rate", COMMISSION_BETA, PRIOR_BETA)


def keyword_response(keywords: pd.DataFrame) -> KeywordResponse:
    """Return the response of keywords in shop money a day; elasticities are the stated priors."""
    n = len(keywords)
    arrays = {name: keywords[name].to_numpy(dtype=np.float64) for name in ("demand_clicks", "cpc", "value_per_click")}
    bid0 = (keywords["bid"] * keywords["fx_rate"]).to_numpy(dtype=np.float64)
    return KeywordResponse(
        arrays["demand_clicks"], arrays["cpc"], bid0, arrays["value_per_click"],
        np.full(n, PRIOR_ETA), np.ones(n), np.full(n, PRIOR_KAPPA), ceilings(keywords),
    )  # fmt: skip


def ceilings(keywords: pd.DataFrame) -> np.ndarray:
    """Return the multiple of the bid at which every impression is won; ten where the platform does not say."""
    lost = keywords["lost_to_rank_share"].astype("float64").to_numpy()
    return np.fmin(rank_ceiling(lost, np.full(len(lost), PRIOR_ETA)), MAX_MULTIPLIER)
