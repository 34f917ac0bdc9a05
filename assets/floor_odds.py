"""How probable it is that an item lies under the ROAS floor, and that even the lowest permitted bid loses money.

The lowest permitted bid is the lowest that may be set **tonight** (``assets.lowest_point``). Still lower ones come on later
nights, so what lowering can mend is lowered first, and only what loses money down there is hopeless.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.lowest_point import add_lowest_point
from optimizers import floor


def add_floor(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the odds of each item and the numbers behind them.

    ``p_below_floor`` is P(roas < floor) at today's bid. At the lowest permitted bid, ``p_unprofitable`` is P(the next click
    loses money): how sure a pause is no mistake; ``p_loss`` is P(the item as a whole loses money): that pausing pays;
    ``expected_waste`` is what it is expected to lose there a day.
    """
    out = add_lowest_point(items, batch)
    default = batch.settings.roas.floor
    floors = {name: default if use.roas_floor is None else use.roas_floor for name, use in batch.uses.items()}
    out["roas_floor"] = out["platform"].map(floors).astype("float64")
    shape, rate, cvr = (floats(out, name) for name in ("cvr_shape", "cvr_rate", "cvr"))
    revenue, profit = (floats(out, name) / cvr for name in ("revenue_per_click", "value_per_click"))  # of a conversion
    order_sd, price_sd = floats(out, "aov_log_sd"), floats(out, "cpc_log_sd")
    sd = np.hypot(order_sd, price_sd)
    price, lowest = (floor.harmonic_price(floats(out, name), price_sd) for name in ("cpc", "lowest_cpc"))
    out["p_below_floor"] = floor.probability_below(shape, rate, revenue, price, floats(out, "roas_floor"), sd)
    marginal = floats(out, "lowest_marginal_cost")  # follows from a bid, which is known
    out["p_unprofitable"] = floor.probability_below(shape, rate, profit, marginal, 1.0, order_sd)
    out["p_loss"] = floor.probability_below(shape, rate, profit, lowest, 1.0, sd)
    out["expected_waste"] = (out["lowest_cpc"] - out["value_per_click"]).clip(lower=0.0) * out["lowest_clicks"]
    return out
