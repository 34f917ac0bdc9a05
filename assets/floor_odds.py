"""How probable it is that an item lies under the ROAS floor, and that even the lowest permitted bid loses money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from optimizers import floor


def add_floor(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add P(roas < floor | data) and the probability that even the lowest permitted bid loses money."""
    out = items.copy()
    default = batch.settings.roas.floor
    floors = {name: default if use.roas_floor is None else use.roas_floor for name, use in batch.uses.items()}
    out["roas_floor"] = out["platform"].map(floors).astype("float64")
    shape, rate, order, cpc = (floats(out, name) for name in ("cvr_shape", "cvr_rate", "aov", "cpc"))
    out["p_below_floor"] = floor.probability_below(shape, rate, order, cpc, floats(out, "roas_floor"))
    lowest = cpc * (1.0 - batch.guardrails.max_lower)
    out["p_unprofitable"] = floor.probability_below(
        shape, rate, order * floats(out, "margin"), lowest, np.ones(len(out))
    )
    return out
