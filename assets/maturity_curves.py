"""How complete each row's conversions are: a curve per platform and account, learned from the versions of its days.

Here belong the triangles and who gets which curve. The chain ladder is in ``optimizers.maturity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.warehouse import window
from optimizers.maturity import MaturityCurve, chain_ladder, configured_curve

DAILY_KINDS = ("keyword_daily", "placement_daily")
ORIGIN = ("platform", "account", "kind", "scope", "report_date")  # what one row of the triangle speaks of
PRIOR_CONVERSIONS = 20.0  # a platform's learned step outweighs the configured one after about a day's orders
ACCOUNT_PRIOR_CONVERSIONS = 400.0  # an account differs from its platform only when a few hundred orders say so
AT_ONCE = MaturityCurve(
    np.ones(1), 0, is_learned=True, log_sd=np.zeros(1)
)  # credited on its own day: no delay to learn


@dataclass(frozen=True)
class Maturity:
    """The curves of a night, by (platform, account); account "" is the platform as a whole."""

    curves: Mapping[tuple[str, str], MaturityCurve]

    def curve(self, platform: str, account: str = "") -> MaturityCurve:
        """Return an account's curve, else its platform's."""
        return self.curves.get((platform, account), self.curves[platform, ""])

    def share(self, rows: pd.DataFrame) -> np.ndarray:
        """Return what share of each row's conversions was reported when its version was taken.

        ``rows`` has platform, account, report_date and as_of. A day's row keeps the state of the last export that had it,
        so its age counts up to that export, not to tonight.
        """
        return self._look_up(rows, "share")

    def log_sd(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the standard error of the log of ``share``."""
        return self._look_up(rows, "log_sd")

    def is_learned(self, rows: pd.DataFrame) -> np.ndarray:
        """Return whether each row's curve rests on snapshots of its own platform."""
        keys = zip(rows["platform"], rows["account"].fillna(""), strict=True)
        return np.array([self.curve(str(platform), str(account)).is_learned for platform, account in keys], dtype=bool)

    def _look_up(self, rows: pd.DataFrame, what: str) -> np.ndarray:
        age = (rows["as_of"] - rows["report_date"]).dt.days.clip(lower=0).to_numpy(dtype=np.int64)
        codes, homes = pd.MultiIndex.from_frame(rows[["platform", "account"]].fillna("")).factorize()
        found = np.ones(len(rows)) if what == "share" else np.zeros(len(rows))
        for code, (platform, account) in enumerate(homes):
            values = getattr(self.curve(str(platform), str(account)), what)
            hit = codes == code
            found[hit] = values[np.minimum(age[hit], len(values) - 1)]
        return found


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
    configured step counts, its error is wider and the platform's grades stay <= C.
    """
    curves: dict[tuple[str, str], MaturityCurve] = {}
    for platform in batch.uses:
        model = batch.platforms[platform]
        if model.attribution.date == "conversion":
            curves[platform, ""] = AT_ONCE
            continue
        own = seen[seen["platform"] == platform]
        n_ages = max(len(model.maturity), model.attribution.window_days + 1)
        whole = _learn(own, configured_curve(model.maturity), n_ages, PRIOR_CONVERSIONS)
        curves[platform, ""] = whole
        accounts = sorted(own["account"].dropna().unique())
        for account in accounts if len(accounts) > 1 else ():
            curve = _learn(own[own["account"] == account], whole, n_ages, ACCOUNT_PRIOR_CONVERSIONS)
            if curve.is_learned:
                curves[platform, str(account)] = curve
    return Maturity(curves)


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
