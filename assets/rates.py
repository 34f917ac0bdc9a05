"""Honest rates of items: conversion rate, order value, click price, value per click, each with its 80 % interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from optimizers import shrinkage
from optimizers.metrics import roas


def add_rates(items: pd.DataFrame) -> pd.DataFrame:
    """Add cvr, aov, cpc and value per click with intervals. Brand terms are pooled apart from the rest."""
    out = items.copy()
    platform = codes_of(out["platform"] + np.where(out["is_brand"], "|brand", "") + "|" + out["level"])
    campaign = codes_of(
        out["platform"] + "|" + out["account"] + "|" + out["campaign_key"] + np.where(out["is_brand"], "|b", "")
    )
    campaign = np.where(out["level"] == "keyword", campaign, campaign.max(initial=0) + 1 + platform)
    cvr = shrinkage.pool_rates(
        floats(out, "effective_conversions"), floats(out, "effective_clicks"), campaign, platform
    )
    aov = shrinkage.pool_means(floats(out, "effective_value"), floats(out, "effective_orders"), campaign, platform)
    cpc = shrinkage.pool_means(floats(out, "effective_cost"), floats(out, "effective_paid_clicks"), campaign, platform)
    worth = shrinkage.value_per_click(cvr, aov, 1.0)  # on sales; a margin of 0 must not take the ROAS with it
    out["cvr"], out["cvr_low"], out["cvr_high"] = cvr.mean, cvr.low, cvr.high
    out["cvr_shape"], out["cvr_rate"], out["cvr_prior"] = cvr.shape, cvr.rate, cvr.prior_mean
    out["aov"], out["aov_low"], out["aov_high"] = aov.mean, aov.low, aov.high
    out["cpc"] = cpc.mean
    out["revenue_per_click"] = worth.mean
    for suffix, revenue in (("", worth.mean), ("_low", worth.low), ("_high", worth.high)):
        out[f"value_per_click{suffix}"] = revenue * floats(out, "margin")
        out[f"roas{suffix}"] = roas(revenue, out["cpc"])
    return out
