"""The platforms' own bid landscapes in the inbox, as each keyword's response.

Here belongs finding a keyword's points. How they are fitted is ``optimizers.landscape``.
"""

from __future__ import annotations

import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.identity import with_items
from assets.money import from_micros
from assets.warehouse import window
from optimizers.landscape import ETA_LOG_SD, fit_landscape


def read_landscapes(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return ``eta``, ``eta_log_sd``, ``rho``, ``kappa`` by item, for keywords whose told points make a curve."""
    told = window.latest_state(batch.home, batch.inputs, "bid_landscape")
    oldest = pd.Timestamp(batch.night) - pd.Timedelta(days=batch.guardrails.entity_max_age_days)
    points = with_items(told[told["as_of"] >= oldest], "keyword_daily", batch)
    own = items[(items["level"] == "keyword") & (items["bid"] > 0)].drop_duplicates("item").sort_values("item")
    points = points.merge(
        own[["item", "bid", "currency"]].rename(columns={"bid": "bid0"}), on="item", suffixes=("", "_item")
    )
    same_money = points["currency"].isna() | (points["currency"] == points["currency_item"])
    points = points[same_money & (points["bid"] > 0) & points["clicks"].notna() & points["cost"].notna()]
    if points.empty:
        return pd.DataFrame(columns=["eta", "eta_log_sd", "rho", "kappa"], dtype="float64")
    code, names = pd.factorize(points["item"], sort=True)
    found = fit_landscape(
        code, floats(points.assign(bid=from_micros(points["bid"])), "bid"), floats(points, "clicks"),
        floats(points.assign(cost=from_micros(points["cost"])), "cost"),
        floats(points.groupby("item", sort=True)[["bid0"]].first(), "bid0"),
    )  # fmt: skip
    columns = {"eta": found.eta, "eta_log_sd": ETA_LOG_SD, "rho": found.rho, "kappa": found.kappa}
    return pd.DataFrame(columns, index=names)[found.is_known]
