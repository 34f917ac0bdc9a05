"""How complete each row's conversions are: a curve per platform and account, learned from the versions of its days.

Here belong the triangles and who gets which curve. The chain ladder is in ``optimizers.maturity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.arrays import distinct
from assets.batch import Batch
from assets.calendar_days import presale_days
from assets.warehouse import window
from configs.schema import Calendar
from optimizers.maturity import MaturityCurve, chain_ladder, configured_curve, share_reported
from optimizers.presale import ASSUMED, HeldShare, learn_held, presale_share

DAILY_KINDS = ("keyword_daily", "placement_daily")
ORIGIN = ("platform", "account", "kind", "scope", "report_date")  # what one row of the triangle speaks of
PRIOR_CONVERSIONS = 20.0  # a platform's learned step outweighs the configured one after about a day's orders
ACCOUNT_PRIOR_CONVERSIONS = 400.0  # an account differs from its platform only when a few hundred orders say so
AT_ONCE = MaturityCurve(
    np.ones(1), 0, is_learned=True, log_sd=np.zeros(1)
)  # credited on its own day: no delay to learn
AT_ONCE_HELD = HeldShare(0.0, 0.0, 0, is_learned=True)


@dataclass(frozen=True)
class Maturity:
    """The curves of a night, by (platform, account); account "" is the platform as a whole.

    ``held``: the share of a pre-sale day's orders that waits for the balance, by platform. A day's row keeps the state of
    the last export that had it, so its age counts up to that export (``as_of``), not to tonight.
    """

    curves: Mapping[tuple[str, str], MaturityCurve]
    held: Mapping[str, HeldShare]
    calendar: Calendar

    def curve(self, platform: str, account: str = "") -> MaturityCurve:
        """Return an account's curve, else its platform's."""
        return self.curves.get((platform, account), self.curves[platform, ""])

    def share(self, rows: pd.DataFrame) -> np.ndarray:
        """Return what share of each row's conversions was reported; rows have platform, account, report_date, as_of."""
        return self._look_up(rows)[0]

    def log_sd(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the standard error of the log of ``share``."""
        return self._look_up(rows)[1]

    def is_learned(self, rows: pd.DataFrame) -> np.ndarray:
        """Return whether each row's curve rests on snapshots of its own platform."""
        places, homes = distinct(rows, ["platform", "account"])
        keys = zip(homes["platform"], homes["account"].fillna(""), strict=True)
        found = [self.curve(str(platform), str(account)).is_learned for platform, account in keys]
        return np.array(found, dtype=bool)[places]

    def is_pending(self, rows: pd.DataFrame) -> np.ndarray:
        """Return whether nobody can tell a row's share: a pre-sale day seen before its balance, its held share assumed."""
        balance = balance_days(rows, self.calendar)
        learned = [name for name, held in self.held.items() if held.is_learned]
        return np.asarray(((rows["as_of"] < balance) & ~rows["platform"].isin(learned)).to_numpy(dtype=bool))

    def _held(self, platform: str) -> HeldShare:
        return self.held.get(platform, ASSUMED)

    def _look_up(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        places, spots = distinct(rows, ["platform", "account", "report_date", "as_of"])
        share, log_sd = self._usual(spots, spots["report_date"])
        balance = balance_days(spots, self.calendar)
        wait = balance.notna().to_numpy(dtype=bool)
        if wait.any():
            late, days = spots[wait], balance[wait]
            since = np.where(late["as_of"] >= days, self._usual(late, days)[0], 0.0)
            for name in late["platform"].unique():
                own = (late["platform"] == name).to_numpy(dtype=bool)
                rows_of = np.flatnonzero(wait)[own]
                share[rows_of], error = presale_share(share[rows_of], since[own], self._held(str(name)))
                log_sd[rows_of] = np.hypot(log_sd[rows_of], error)
        return share[places], log_sd[places]

    def _usual(self, rows: pd.DataFrame, start: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return the usual curve and its error at the days from ``start`` to each row's export."""
        age = (rows["as_of"] - start).dt.days.clip(lower=0).to_numpy(dtype=np.int64)
        share, log_sd = np.ones(len(rows)), np.zeros(len(rows))
        places, homes = distinct(rows, ["platform", "account"])
        for number, (platform, account) in enumerate(zip(homes["platform"], homes["account"].fillna(""), strict=True)):
            curve, hit = self.curve(str(platform), str(account)), places == number
            at = np.minimum(age[hit], len(curve.share) - 1)
            share[hit], log_sd[hit] = curve.share[at], curve.log_sd[at]
        return share, log_sd


def balance_days(rows: pd.DataFrame, calendar: Calendar) -> pd.Series:
    """Return for pre-sale days the day on which their orders count: the first one after the pre-sale; else missing."""
    places, spots = distinct(rows, ["platform", "report_date"])
    day = spots["report_date"].copy()
    is_presale = presale_days(spots["platform"], day, calendar)
    is_open = is_presale.copy()
    while is_open.any():
        day[is_open] += pd.Timedelta(days=1)
        is_open[is_open] = presale_days(spots["platform"][is_open], day[is_open], calendar)
    return day.where(is_presale).iloc[places].set_axis(rows.index)


def seen_versions(batch: Batch) -> pd.DataFrame:
    """Return the sums of all versions of all days that the night sees, of keywords and placements.

    A version that took away more of a day's cost than a restatement may is a part of that day, not an earlier state of it,
    and would teach a wrong delay: it is left out.
    """
    parts = [window.snapshots(batch.home, batch.inputs, kind) for kind in DAILY_KINDS]
    seen = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    seen = seen.sort_values("as_of", kind="stable", ignore_index=True)
    origin = [seen[name] for name in ORIGIN if name in seen]
    cost = seen["cost"].astype("Float64")
    most = cost.groupby(origin, dropna=False).cummax()
    is_part = (cost < (1.0 - batch.guardrails.max_restatement) * most).fillna(False)
    return seen[~is_part.to_numpy(dtype=bool) & seen["report_date"].notna()].reset_index(drop=True)


def learn_maturity(seen: pd.DataFrame, batch: Batch) -> Maturity:
    """Return the curves of all platforms in use, from versions as ``seen_versions`` gives them.

    The last age is the end of the attribution window. With fewer than seven days seen at both ages of a step, the
    configured step counts, its error is wider and the platform's grades stay <= C. Pre-sale days teach their own share only.
    """
    balance = balance_days(seen, batch.calendar)
    usual, late = seen[balance.isna()], seen.assign(balance=balance)[balance.notna()]
    curves: dict[tuple[str, str], MaturityCurve] = {}
    held: dict[str, HeldShare] = {}
    for platform in batch.uses:
        model = batch.platforms[platform]
        if model.attribution.date == "conversion":
            curves[platform, ""], held[platform] = AT_ONCE, AT_ONCE_HELD
            continue
        own = usual[usual["platform"] == platform]
        n_ages = max(len(model.maturity), model.attribution.window_days + 1)
        whole = _learn(own, configured_curve(model.maturity), n_ages, PRIOR_CONVERSIONS)
        curves[platform, ""] = whole
        held[platform] = _learn_held(late[late["platform"] == platform], whole)
        accounts = sorted(own["account"].dropna().unique())
        for account in accounts if len(accounts) > 1 else ():
            curve = _learn(own[own["account"] == account], whole, n_ages, ACCOUNT_PRIOR_CONVERSIONS)
            if curve.is_learned:
                curves[platform, str(account)] = curve
    return Maturity(curves, held, batch.calendar)


def _learn_held(late: pd.DataFrame, curve: MaturityCurve) -> HeldShare:
    """Return the held share from the last look at each pre-sale day before its balance day and the last look since."""
    told = late[late["conversions"].notna()].sort_values("as_of", kind="stable")
    origin = [name for name in ORIGIN if name in told]
    sides = (told[told["as_of"] < told["balance"]], told[told["as_of"] >= told["balance"]])
    looks = [
        side.groupby(origin, sort=True)[["conversions", "as_of", "balance"]].last().reset_index() for side in sides
    ]
    both = looks[0].merge(looks[1], on=origin, suffixes=("", "_after"), validate="1:1")
    ages = [both["as_of"] - both["report_date"], both["as_of_after"] - both["report_date"],
            both["as_of_after"] - both["balance"]]  # fmt: skip
    before, after, since = (share_reported(age.dt.days, curve.share) for age in ages)
    return learn_held(both["conversions"], before, both["conversions_after"], after, since)


def _learn(seen: pd.DataFrame, fallback: MaturityCurve, n_ages: int, prior: float) -> MaturityCurve:
    rows = triangle(seen, n_ages)
    return fallback if rows.size == 0 else chain_ladder(rows, fallback.share, prior_conversions=prior)


def triangle(seen: pd.DataFrame, n_ages: int) -> np.ndarray:
    """Return conversions by origin (account, kind, scope, day) and age, missing where no export had the day."""
    age = (seen["as_of"] - seen["report_date"]).dt.days
    fits = (age >= 0) & (age < n_ages) & seen["conversions"].notna()
    rows = seen[fits].assign(age=age[fits])
    if rows.empty:
        return np.empty((0, n_ages))
    origin = [name for name in ORIGIN if name in rows]
    table = rows.pivot_table(index=origin, columns="age", values="conversions", aggfunc="sum", sort=True)
    return table.reindex(columns=range(n_ages)).to_numpy(dtype=np.float64, na_value=np.nan)
