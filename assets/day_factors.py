"""How busy a day is against a usual day, and how well its clicks convert: learned from the shop's own days, by platform.

The regression is ``optimizers.seasonality``, the calendar's own factors are its priors. Here daily rows become its arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from assets.arrays import codes_of
from assets.batch import Batch
from assets.calendar_days import phases
from configs.schema import Calendar
from optimizers.maturity import share_reported
from optimizers.seasonality import DayEffects, fit_day_effects

Name = Literal["clicks", "cvr"]
# How far a calendar's factor may be from one shop's own, as a log standard deviation: a 1.4 for clicks is anything from 1.0
# to 2.0, a 1.1 for conversions from 0.9 to 1.35 (80 % intervals). Assumptions, wide on purpose.
PRIOR_SD: dict[str, float] = {"clicks": 0.25, "cvr": 0.15}
NOBODY = fit_day_effects([], [], np.zeros(0, int), np.zeros(0, int), np.zeros(0, int), ([], []))


@dataclass(frozen=True)
class DayFactors:
    """Learned factors of every platform; a platform without history has the calendar's."""

    calendar: Calendar
    effects: dict[tuple[str, str], DayEffects] = field(default_factory=dict)  # by platform and name

    def of(self, platform: pd.Series, day: pd.Series, name: Name) -> np.ndarray:
        """Return each row's factor against a usual day of its platform, > 0, shape (n_rows,)."""
        return np.asarray(np.exp(self._look_up(platform, day, name)[0]))

    def log_sd(self, platform: pd.Series, day: pd.Series, name: Name) -> np.ndarray:
        """Return how uncertain each row's factor is, as a log standard deviation >= 0, shape (n_rows,)."""
        return self._look_up(platform, day, name)[1]

    def day_log_sd(self, platform: pd.Series, name: Name = "clicks") -> np.ndarray:
        """Return the shock that all rows of a platform share on a day, as a log standard deviation, shape (n_rows,)."""
        found = {one: self._effects(str(one), name).day_log_sd for one in platform.unique()}
        return platform.map(found).to_numpy(dtype=np.float64)

    def _effects(self, platform: str, name: Name) -> DayEffects:
        return self.effects.get((platform, name), NOBODY)

    def _look_up(self, platform: pd.Series, day: pd.Series, name: Name) -> tuple[np.ndarray, np.ndarray]:
        """Return log factor and its standard deviation, looked up once per platform and day."""
        if len(platform) == 0:
            return np.zeros(0), np.zeros(0)
        keys = pd.DataFrame({"platform": platform.to_numpy(), "day": day.to_numpy()})
        codes, pairs = pd.factorize(pd.MultiIndex.from_frame(keys))
        once = pairs.to_frame(index=False).set_axis(["platform", "day"], axis=1)
        weekday = once["day"].dt.day_of_week.to_numpy()
        phase = phases(once["platform"], once["day"], self.calendar)
        centre, width = phase_prior(self.calendar, name)
        factor, sd = np.zeros(len(once)), np.zeros(len(once))
        for one in once["platform"].unique():
            effects = self._effects(str(one), name)
            told = (effects.phase, effects.phase_sd) if effects.phase.size else (centre, width)
            rows = (once["platform"] == one).to_numpy(dtype=bool)
            of_phase = [np.append(values, 0.0)[phase[rows]] for values in told]
            factor[rows] = effects.weekday[weekday[rows]] + of_phase[0]
            sd[rows] = np.hypot(effects.weekday_sd[weekday[rows]], of_phase[1])
        return factor[codes], sd[codes]


def learn_day_factors(daily: pd.DataFrame, batch: Batch, share: np.ndarray | None = None) -> DayFactors:
    """Return the factors of every platform in ``daily`` (keyword and placement rows, one row per item and day).

    ``share`` (n_rows,) is the part of each row's conversions that is reported by now; without it each platform's
    configured curve is taken. Days on which conversions are not told say nothing about conversions.
    """
    totals = daily_totals(daily, configured_share(daily, batch) if share is None else share)
    totals["phase"] = phases(totals["platform"], totals["report_date"], batch.calendar)
    effects = {}
    for platform, rows in totals.groupby("platform", sort=True):
        effects[str(platform), "clicks"] = _fit(rows, "clicks", np.ones(len(rows)), batch.calendar)
        exposed = rows[rows["exposure"] > 0]
        effects[str(platform), "cvr"] = _fit(exposed, "cvr", exposed["exposure"].to_numpy(), batch.calendar)
    return DayFactors(batch.calendar, effects)


def phase_prior(calendar: Calendar, name: Name) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and width of the log factor of every event of the calendar, shapes (n_events,)."""
    factors = [event.factor if name == "clicks" else event.cvr_factor for event in calendar.events]
    return np.log(np.array(factors, dtype=np.float64)), np.full(len(factors), PRIOR_SD[name])


def configured_share(daily: pd.DataFrame, batch: Batch) -> np.ndarray:
    """Return the share of each row's conversions that is reported by now, from the platforms' configured curves."""
    age = (pd.Timestamp(batch.night) - daily["report_date"]).dt.days.to_numpy(dtype=np.float64)
    share = np.ones(len(daily))
    for platform in daily["platform"].unique():
        model = batch.platforms[str(platform)]
        rows = (daily["platform"] == platform).to_numpy(dtype=bool)
        if model.attribution.date != "conversion":
            share[rows] = share_reported(age[rows], model.maturity)
    return share


def daily_totals(daily: pd.DataFrame, share: np.ndarray) -> pd.DataFrame:
    """Return clicks, conversions and the clicks behind them per platform, account and day, in the order of these."""
    clicks = daily["clicks"].astype("Float64").fillna(0.0).to_numpy(dtype=np.float64)
    told = daily["conversions"].astype("Float64")
    rows = pd.DataFrame({
        "platform": daily["platform"].to_numpy(), "account": daily["account"].fillna("").to_numpy(),
        "report_date": daily["report_date"].to_numpy(), "clicks": clicks,
        "cvr": told.fillna(0.0).to_numpy(dtype=np.float64), "exposure": clicks * share * told.notna().to_numpy(dtype=bool),
    })  # fmt: skip
    rows = rows.sort_values(
        ["platform", "account", "report_date", "clicks", "cvr", "exposure"]
    )  # any order, the same sums
    return rows.groupby(["platform", "account", "report_date"], sort=True).sum().reset_index()


def _fit(rows: pd.DataFrame, name: Name, exposure: np.ndarray, calendar: Calendar) -> DayEffects:
    monday = pd.Timestamp("2001-01-01")
    number = np.asarray((rows["report_date"] - monday).dt.days, dtype=np.int64)
    series = np.asarray(codes_of(rows["account"]), dtype=np.int64)
    phase = rows["phase"].to_numpy(dtype=np.int64)
    centre, width = phase_prior(calendar, name)
    seen = np.unique(phase[phase >= 0])  # what the history does not show keeps its prior
    local = np.searchsorted(seen, phase)
    found = fit_day_effects(
        rows[name].to_numpy(dtype=np.float64), exposure, series, number, np.where(phase >= 0, local, -1),
        (centre[seen], width[seen]),
    )  # fmt: skip
    centre[seen], width[seen] = found.phase, found.phase_sd
    return DayEffects(found.weekday, found.weekday_sd, centre, width, found.dispersion, found.day_log_sd)
