"""The log of published bids, and what it teaches: every edit with its old, planned and new bid is one small experiment.

Here belong keeping the log per night and revision (state ``trials_r<n>``) and laying daily facts beside it. The estimate is
``optimizers.elasticity``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.warehouse import state

STATE = "trials_r"
COLUMNS = ("item", "old", "planned", "new", "mean")
TRIAL_COLUMNS = ["platform", "item", "night", "old", "planned", "new", "mean"]


def remember_trials(batch: Batch, platform: str, rows: pd.DataFrame) -> None:
    """Keep the bids that this revision sets on a platform; ``planned`` is missing where no jitter was laid on.

    ``mean`` is what the jitter comes to on average, as a logarithm. A re-run writes the same over it.
    """
    name = f"{STATE}{batch.inputs.revision}"
    before = state.read_state(batch.home, batch.night, name)
    known: dict[str, Any] = {} if before is None else before
    bids = rows[rows["lever"] == "keyword_bid"].sort_values("item")
    sources = dict(zip(COLUMNS[1:], ("old_value", "planned_value", "new_value", "jitter_mean"), strict=True))
    columns = {name: [None if np.isnan(v) else v for v in floats(bids, of).tolist()] for name, of in sources.items()}
    known[platform] = {"item": bids["item"].astype(str).tolist(), **columns}
    state.write_state(batch.home, batch.night, name, dict(sorted(known.items())))


def logged_bids(batch: Batch) -> pd.DataFrame:
    """Return every bid set by earlier nights of the window, as each night's newest published revision set it; oldest first."""
    published = state.published_nights(batch.home)
    parts = []
    for back in range(batch.settings.window.days, 0, -1):
        night = batch.night - timedelta(days=back)
        for platform, revision in sorted(published.get(night, {}).items()):
            kept = state.read_state(batch.home, night, f"{STATE}{revision}")
            if kept is not None and platform in kept:
                part = pd.DataFrame({name: kept[platform][name] for name in COLUMNS})
                parts.append(part.assign(platform=platform, night=pd.Timestamp(night)))
    if not parts:
        empty = {name: pd.Series(dtype="float64") for name in TRIAL_COLUMNS[3:]}
        texts = {name: pd.Series(dtype="str") for name in ("platform", "item")}
        return pd.DataFrame({**texts, "night": pd.Series(dtype="datetime64[us]"), **empty})[TRIAL_COLUMNS]
    log = pd.concat(parts, ignore_index=True)
    numbers = list(COLUMNS[1:])
    log[numbers] = log[numbers].astype("float64")
    return log[TRIAL_COLUMNS].sort_values(["item", "night"], ignore_index=True)
