"""What the night expects of tomorrow in sum, per platform and of all, with intervals that know what items share.

Here belongs which errors items have in common. Single items are in ``assets.forecasts``, the sum in ``optimizers.forecast``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from assets.demand import campaigns_of
from assets.rates import pools_of
from optimizers.forecast import SharedShock, plan_total

MEASURES = ("clicks", "cost", "conversions", "value", "conversion_value")
ALL = "all"
LEVEL = 0.8
Z_80 = 1.2816  # half of an 80 % interval, in standard deviations
# How far a campaign's conversion rate of tomorrow has moved away from its decayed window, half of which is older than ten days:
# half of what its demand moves, for prices and pages change less often than rivals and seasons do. An assumption.
CVR_DRIFT_SD = 0.05


def total_rows(items: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per platform, then the total: means, intervals and cvr, from the items and their forecasts."""
    names = sorted(items["platform"].unique())
    totals = [_total_row(items, parts, items["platform"] == name, str(name)) for name in names]
    whole = [_total_row(items, parts, pd.Series(True, index=items.index), ALL)]
    sums = pd.DataFrame([*totals, *whole]).assign(level=["platform"] * len(totals) + ["total"])
    return sums.assign(account="", item=sums["platform"], action=ALL, evidence_grade=ALL)


def change_log_sd(items: pd.DataFrame) -> np.ndarray:
    """Return by how much clicks move with one standard deviation of the response's error, as a log."""
    return np.abs(floats(items, "log_change")) * floats(items, "eta") * floats(items, "eta_log_sd")


def _total_row(items: pd.DataFrame, parts: pd.DataFrame, rows: pd.Series, name: str) -> dict[str, object]:
    """Return the sums of some items."""
    mine, numbers = items[rows.to_numpy(dtype=bool)], parts[rows.to_numpy(dtype=bool)]
    traffic = _traffic_shocks(mine)
    orders = [*traffic, *_rate_shocks(mine)]
    gross = [*orders, _worth_shock(mine)]
    shocks = {
        "clicks": traffic, "cost": traffic, "conversions": orders, "conversion_value": gross,
        "value": [*gross, SharedShock(codes_of(mine["platform"]), _net_log_sd(mine))],
    }  # fmt: skip
    row: dict[str, object] = {"platform": name}
    for measure in MEASURES:
        mean = numbers[measure].to_numpy(dtype=np.float64)
        variance = numbers[f"{measure}_variance"].to_numpy(dtype=np.float64)
        found = plan_total(mean, variance, shocks[measure], LEVEL)
        row |= {measure: found.mean, f"{measure}_low": found.low, f"{measure}_high": found.high}
    clicks = float(numbers["clicks"].sum())
    row["cvr"] = float(numbers["conversions"].sum()) / clicks if clicks > 0 else np.nan
    return row


def _traffic_shocks(items: pd.DataFrame) -> list[SharedShock]:
    """Return what moves clicks together: the platform's day, a campaign's level and hidden demand, the response to bids."""
    platform, campaign = codes_of(items["platform"]), codes_of(campaigns_of(items))
    follow = floats(items, "plan_follow")
    return [
        SharedShock(platform, floats(items, "day_log_sd") * follow),
        SharedShock(campaign, floats(items, "trend_log_sd") * follow),
        SharedShock(campaign, floats(items, "hidden_log_sd") * follow),
        SharedShock(platform, np.sign(floats(items, "log_change")) * change_log_sd(items) * follow),
    ]


def _rate_shocks(items: pd.DataFrame) -> list[SharedShock]:
    """Return what conversion rates are wrong by together: the day, the delay, the pool's level, a campaign's drift.

    An item is wrong with its pool as far as it leans on it: by the share of its rate that is not its own orders.
    """
    platform = codes_of(items["platform"])
    leans = 1.0 - np.clip(floats(items, "effective_conversions") / floats(items, "cvr_shape"), 0.0, 1.0)
    drift = np.where(items["level"] == "keyword", CVR_DRIFT_SD, 0.0)
    return [
        SharedShock(platform, floats(items, "next_day_cvr_log_sd")),
        SharedShock(platform, floats(items, "maturity_log_sd")),
        SharedShock(pools_of(items), floats(items, "cvr_level_log_sd") * leans),
        SharedShock(codes_of(campaigns_of(items)), drift),
    ]


def _worth_shock(items: pd.DataFrame) -> SharedShock:
    """Return what order values are wrong by together: the luck of all orders that the pool's level was learned from."""
    return SharedShock(pools_of(items), floats(items, "order_cv") * floats(items, "cvr_level_log_sd"))


def _net_log_sd(items: pd.DataFrame) -> np.ndarray:
    """Return how unsure the share is that is left after refunds, as a log; 0 where nothing is kept."""
    share = floats(items, "net_share")
    width = (floats(items, "net_share_high") - floats(items, "net_share_low")) / (2.0 * Z_80)
    return np.divide(width, share, out=np.zeros(len(items)), where=share > 0)
