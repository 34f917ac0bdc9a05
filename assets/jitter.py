"""Small seeded changes laid on edited bids, so that nights to come can learn how clicks answer to a bid.

Here belongs what becomes of a draw inside step, caps and floor. The draw is ``optimizers.explore``, the log of what was
published ``assets.experiments_log``, the estimate ``optimizers.elasticity``.

A raise stays a raise and a cut a cut, both larger than the smallest change that is made at all, so which bids are edited never
depends on the draw. Bounds and steps bend it: near a cap it can only go down. What the draw comes to **on average** for
each bid is therefore kept beside what it came to, and only the difference is used as an experiment. Budgets hold on average over
the draws, not in each. Bids of exhausted campaigns are left as planned: their clicks answer to the budget.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.platforms.levers import round_to_step
from configs.platform_schema import LeverRule
from optimizers.explore import average_log_change, jitter

NOISE = 1e-9


def add_jitter(rows: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows with jittered ``new_value``; ``planned_value`` is the value without, ``jitter_mean`` the draw's mean log.

    Both are missing on rows that carry no jitter.
    """
    out = rows.copy()
    out["planned_value"], out["jitter_mean"] = np.nan, np.nan
    share = batch.settings.explore.jitter_share
    change = (out["new_value"] / out["old_value"] - 1.0).astype("float64")
    moves = change.notna() & (change.abs() >= batch.guardrails.min_change - NOISE) & ~out["is_exhausted"].astype(bool)
    edited = out[moves & (out["lever"] == "keyword_bid") & ~out["is_held"].astype(bool)]
    if share == 0 or edited.empty:
        return out
    for platform, part in edited.groupby("platform", sort=True):
        rule = batch.platforms[str(platform)].rulebook.rule("keyword_bid")
        if rule is None:  # the plan moves only levers that are open
            continue
        planned = part["new_value"].to_numpy(dtype=np.float64)
        low, high = bounds(part, rule, batch.guardrails.min_change)

        def realise(
            log_factor: np.ndarray,
            planned: np.ndarray = planned,
            limits: tuple[np.ndarray, np.ndarray] = (low, high),
            rule: LeverRule = rule,
        ) -> np.ndarray:
            return np.clip(round_to_step(planned * np.exp(log_factor), rule), *limits)

        draw = np.log(jitter(part["item"].astype(str).tolist(), batch.night.toordinal(), share))
        out.loc[part.index, "new_value"], out.loc[part.index, "planned_value"] = realise(draw), planned
        out.loc[part.index, "jitter_mean"] = average_log_change(realise, planned, share)
    return out


def bounds(part: pd.DataFrame, rule: LeverRule, min_change: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest bid on the step to which a jitter may bring each edited bid; the planned one is inside."""
    old, planned = (part[name].to_numpy(dtype=np.float64) for name in ("old_value", "new_value"))
    is_raise = planned > old
    low = np.where(is_raise, old * (1.0 + min_change), old * part["min_multiplier"].to_numpy(dtype=np.float64))
    high = np.where(is_raise, old * part["max_multiplier"].to_numpy(dtype=np.float64), old * (1.0 - min_change))
    low, high = np.maximum(low, rule.minimum), np.minimum(high, rule.maximum)
    down = round_to_step(low, rule, prefer_down=True)
    stepped = np.where(down < low * (1.0 - NOISE), round_to_step(down + rule.step, rule), down)
    return np.minimum(stepped, planned), np.maximum(round_to_step(high, rule, prefer_down=True), planned)
