"""Probation: keywords that were paused for their numbers come back for a while when what could be learned pays.

The state ``floor_pauses`` keeps, per platform and item, how often it was paused, since when, and since when a trial runs. What a
trial is worth is computed in ``optimizers.probation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.warehouse import state
from optimizers.explore import jitter
from optimizers.probation import choose_trials, fade_evidence, trial_worth

FLOOR_PAUSES = "floor_pauses"
PAUSE_REASONS = ("waste_pause", "roas_below_floor_pause", "plan_loss_pause")
MAX_DOUBLINGS = 10  # of the rest between trials; beyond it a keyword is out for good anyhow
NUMBERS = ("probation_worth", "probation_clicks", "probation_cost")


@dataclass(frozen=True)
class Pause:
    """What became of an item that a night paused: how often, the last time, and the trial that runs since then."""

    times: int
    paused_on: date
    trial_since: date | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values for the state file."""
        trial = None if self.trial_since is None else self.trial_since.isoformat()
        return {"times": self.times, "paused_on": self.paused_on.isoformat(), "trial_since": trial}


def known_pauses(batch: Batch) -> dict[str, Pause]:
    """Return the items that earlier nights paused because of their numbers."""
    known = state.latest_state_before(batch.home, FLOOR_PAUSES, batch.night)
    return {} if known is None else {item: _pause(told) for items in known.values() for item, told in items.items()}


def remember_floor_pauses(batch: Batch, platform: str, rows: pd.DataFrame) -> None:
    """Keep which items of a platform this night pauses or puts on probation; a re-run writes the same over it."""
    before = state.latest_state_before(batch.home, FLOOR_PAUSES, batch.night)
    tonight = state.read_state(batch.home, batch.night, FLOOR_PAUSES)
    known = {**({} if before is None else before), **({} if tonight is None else tonight)}
    mine = {item: _pause(told) for item, told in ({} if before is None else before.get(platform, {})).items()}
    paused = rows.loc[rows["reason_code"].isin(PAUSE_REASONS), "item"].astype(str)
    for item in paused:
        mine[item] = Pause(_times(mine.get(item), batch) + 1, batch.night)
    for item in rows.loc[(rows["reason_code"] == "probation") & (rows["action"] == "resume"), "item"].astype(str):
        earlier = mine.get(item)
        times, since = (1, batch.night) if earlier is None else (earlier.times, earlier.paused_on)
        mine[item] = Pause(times, since, batch.night)
    if mine or platform in known:
        told = {item: one.as_json() for item, one in sorted(mine.items())}
        state.write_state(batch.home, batch.night, FLOOR_PAUSES, dict(sorted({**known, platform: told}.items())))


def on_trial(items: pd.DataFrame, pauses: dict[str, Pause], batch: Batch) -> pd.Series:
    """Return the running items whose trial is not over; they are left alone until it is."""
    days = batch.settings.floor.probation_days
    running = {
        item
        for item, one in pauses.items()
        if one.trial_since is not None and (batch.night - one.trial_since).days < days
    }
    return items["item"].isin(running) & (items["status"] == "enabled")


def may_return(items: pd.DataFrame, pauses: dict[str, Pause], batch: Batch) -> pd.Series:
    """Return the paused items that may be weighed: paused by us unless the settings say any, rested, and able to sell.

    The rest doubles with every pause, so that a keyword does not go round in circles.
    """
    rule = batch.settings.floor
    rested = {item for item, one in pauses.items() if (batch.night - one.paused_on).days >= _rest(one, batch)}
    is_ours = items["item"].isin(list(pauses))
    allowed = {"off": is_ours & False, "ours": is_ours, "all": is_ours | True}[rule.probation]
    tomorrow = pd.Timestamp(batch.night) + pd.Timedelta(days=1)
    is_free = ~(items["do_not_touch_until"] >= tomorrow) & ~items["is_held"].astype(bool)
    can_sell = items["stock"].astype("Float64").fillna(1) > 0
    is_known = (items["value_source"] != "unknown") & items["lowest_bid"].notna()
    has_rested = items["item"].isin(rested) | ~is_ours
    return allowed & has_rested & (items["status"] == "paused") & is_free & can_sell & is_known


def with_probation(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add who is on trial, who starts one tonight, and what each trial is worth and costs a day."""
    out = items.copy()
    pauses = known_pauses(batch)
    out["is_on_trial"] = on_trial(out, pauses, batch)
    for name in NUMBERS:
        out[name] = np.nan
    rows = may_return(out, pauses, batch)
    weighed = weigh_trials(out[rows], pauses, batch)
    out.loc[rows, list(NUMBERS)] = weighed
    out["starts_trial"] = False
    for _, part in out.groupby("platform", sort=True):
        spent = float(part.loc[part["is_on_trial"], "usual_cost"].sum())
        budget = max(batch.settings.floor.probation_share * float(part["usual_cost"].sum()) - spent, 0.0)
        tie = np.log(jitter(part["item"].astype(str).tolist(), batch.night.toordinal()))
        out.loc[part.index, "starts_trial"] = choose_trials(
            floats(part, "probation_worth"), floats(part, "probation_cost"), tie, budget
        )
    return out


def weigh_trials(rows: pd.DataFrame, pauses: dict[str, Pause], batch: Batch) -> pd.DataFrame:
    """Return worth of a trial at the lowest permitted bid, its clicks and its cost a day.

    What was seen before the pause counts half as much after each half-life, and the rest is what the keyword's like tell.
    """
    rule = batch.settings.floor
    off = np.array([_days_off(item, pauses, batch) for item in rows["item"]], dtype=np.float64)
    kept = 0.5 ** (off / batch.settings.window.half_life_days)
    shape, rate = fade_evidence(
        floats(rows, "cvr_shape"), floats(rows, "cvr_rate"), floats(rows, "effective_conversions"),
        floats(rows, "effective_clicks"), kept,
    )  # fmt: skip
    usual = floats(rows, "clicks_per_day")
    share = np.divide(floats(rows, "lowest_clicks"), usual, out=np.ones(len(rows)), where=usual > 0)
    daily = share * floats(rows, "clicks") / floats(rows, "n_days")  # of a day on which it ran
    later = daily * float((rule.daily_discount ** np.arange(1, rule.horizon_days + 1)).sum())
    cpc, worth = floats(rows, "lowest_cpc"), floats(rows, "value_per_click") / floats(rows, "cvr")
    found = trial_worth(shape, rate, worth, cpc, daily * rule.probation_days, later)
    return pd.DataFrame(dict(zip(NUMBERS, (found.net, daily, daily * cpc), strict=True)), index=rows.index)


def _days_off(item: str, pauses: dict[str, Pause], batch: Batch) -> int:
    """Return for how long we have kept an item off; 0 where a person did, whose day is not known."""
    one = pauses.get(item)
    return 0 if one is None else (batch.night - one.paused_on).days


def _rest(pause: Pause, batch: Batch) -> int:
    return batch.settings.floor.probation_days * 2 ** min(pause.times - 1, MAX_DOUBLINGS)


def _times(pause: Pause | None, batch: Batch) -> int:
    """Return how often an item was paused so far; one that did well for a whole horizon after its trial starts anew."""
    if pause is None:
        return 0
    ran = 0 if pause.trial_since is None else (batch.night - pause.trial_since).days
    return 0 if ran > batch.settings.floor.horizon_days else pause.times


def _pause(told: dict[str, Any]) -> Pause:
    trial = told["trial_since"]
    return Pause(
        int(told["times"]),
        date.fromisoformat(told["paused_on"]),
        None if trial is None else date.fromisoformat(trial),
    )
