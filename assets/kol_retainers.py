"""Partners whose posts keep paying: proposed for a retainer, in words and numbers, never with money.

Here belongs the proposal. What a single offer is worth is decided in ``assets.kol``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.kol_inputs import PARTNER, encode
from assets.money import from_micros
from optimizers.kol_value import expected_offer_value, probability_above

MIN_POSTS = 3  # fewer show luck as well as skill
LEVEL = 0.8  # the certainty that the floor asks for before it acts, too
RETAINER_COLUMNS = [*PARTNER, "tier", "category", "n_posts", "usual_fee", "expected_revenue", "roas", "p_above_scale"]


def retainer_rows(posts: pd.DataFrame, batch: Batch, *, lag_days: float, fatigue: float) -> pd.DataFrame:
    """Return one row a partner whose next post brings ``roas.scale`` times its usual fee with enough probability.

    The next post is judged as one of a row: another one is still fresh. Best first.
    """
    partners = _usual_posts(posts)
    if partners.empty:
        return pd.DataFrame(columns=RETAINER_COLUMNS)
    traits, history = encode(partners, posts, batch)
    in_a_row = replace(traits, n_recent_posts=np.ones(len(partners)))
    value = expected_offer_value(history, in_a_row, lag_days=lag_days, fatigue=fatigue)
    fee = partners["usual_fee"].to_numpy(dtype=np.float64)
    out = partners.assign(
        expected_revenue=value.mean, roas=value.mean / fee,
        p_above_scale=probability_above(value, batch.settings.roas.scale * fee),
    )  # fmt: skip
    # without weight on own posts the probability would be that of all partners together
    is_proposed = (out["p_above_scale"] >= LEVEL) & (value.weight > 0)
    best_first = out[is_proposed].sort_values(["p_above_scale", *PARTNER], ascending=[False, True, True])
    return best_first[RETAINER_COLUMNS].reset_index(drop=True)


def _usual_posts(posts: pd.DataFrame) -> pd.DataFrame:
    """Return one row a partner with enough posts whose fee is told: what such a post costs and how many see it."""
    priced = posts.assign(usual_fee=from_micros(posts["fee"]) * posts["fx_rate"])
    priced = priced[priced["usual_fee"] > 0]
    grouped = priced.sort_values(["post_date", "post_id"]).groupby(PARTNER, sort=True, dropna=False)
    out = grouped.agg(
        tier=("tier", "last"), category=("category", "last"), n_posts=("post_id", "size"),
        usual_fee=("usual_fee", "mean"), expected_views=("views", "mean"),
    )  # fmt: skip
    return out[out["n_posts"] >= MIN_POSTS].reset_index()
