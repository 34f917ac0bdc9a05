"""What the platform gate knows of one platform: its files, its profile and its cost by day, gathered once.

Here belongs looking things up. What they mean is decided in ``assets.expectations.holds``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pandas.api.typing import NaTType

from configs.expectations_schema import load_expectations
from configs.schema import Guardrails, PlatformUse

HISTORY_DAYS = 28


@dataclass(frozen=True)
class Background:
    """What is known beside tonight's profile.

    ``daily``: earlier days as profile rows (at least platform, kind, report_date, cost; also account, as_of, clicks);
    where tonight's profile has the day too, tonight's counts. ``restatements``: newer versions that cut a day's cost
    too far and wait for confirmation (at least platform; also report_date, refused_as_of). ``missing_fx``: platform and
    currency of rows without an exchange rate. ``conflicts``: rows of one key from different files of one night that
    differ in a number (at least platform, report_date).
    """

    daily: pd.DataFrame
    restatements: pd.DataFrame | None = None
    missing_fx: pd.DataFrame | None = None
    conflicts: pd.DataFrame | None = None


@dataclass(frozen=True)
class PlatformFacts:
    """One platform, one night. ``days`` holds cost and clicks by day of each required daily kind."""

    name: str
    use: PlatformUse
    night: date
    guardrails: Guardrails
    profile: pd.DataFrame
    files: pd.DataFrame
    days: dict[str, pd.DataFrame]
    restatements: pd.DataFrame
    missing_fx: pd.DataFrame
    conflicts: pd.DataFrame

    @property
    def expected_day(self) -> pd.Timestamp:
        """The last day that must be complete."""
        return pd.Timestamp(self.night - timedelta(days=self.use.report_lag_days))

    @property
    def last_complete_date(self) -> pd.Timestamp | NaTType:
        """The newest day up to the expected one that every required daily kind has; missing when there is none."""
        newest = [days.index[days.index <= self.expected_day].max() for days in self.days.values()]
        known = [day for day in newest if not pd.isna(day)]
        return min(known) if newest and len(known) == len(newest) else pd.NaT

    @property
    def main_days(self) -> pd.DataFrame:
        """Cost and clicks by day of the first required daily kind."""
        return next(iter(self.days.values()), _no_days())

    def of_kind(self, kind: str) -> pd.DataFrame:
        """Return the profile rows of ``kind``."""
        return self.profile[self.profile["kind"] == kind]

    def newest_of_kind(self, kind: str) -> pd.DataFrame:
        """Return the profile rows of ``kind`` that came with its newest files."""
        rows = self.of_kind(kind)
        return rows[rows["as_of"] == rows["as_of"].max()]

    def newest_files(self, kind: str) -> pd.DataFrame:
        """Return the files of ``kind`` that arrived last, superseded ones aside."""
        rows = self.files[(self.files["kind"] == kind) & (self.files["status"] != "refused")]
        rows = rows[rows["as_of"] == rows["as_of"].max()]
        return rows[[not self.is_superseded(row) for _, row in rows.iterrows()]] if len(rows) else rows

    def history(self, kind: str) -> pd.DataFrame:
        """Return the up to 28 days before the expected day that have a cost; none where the kind has no days."""
        days = self.days.get(kind, _no_days())
        recent = days[
            (days.index < self.expected_day) & (days.index >= self.expected_day - pd.Timedelta(days=HISTORY_DAYS))
        ]
        return recent[recent["cost"].notna()]

    def is_needed(self, kind: object) -> bool:
        """Tell whether a file of ``kind`` is required; a file that does not say its kind might be."""
        return kind == "" or kind in self.use.required

    def is_superseded(self, file: pd.Series) -> bool:
        """Tell whether a readable file replaced ``file``: a later one, or one of that night with all its days."""
        others = self.files[(self.files["status"] == "read") & (self.files["sha256"] != file["sha256"])]
        if file["kind"]:
            others = others[others["kind"] == file["kind"]]
        covers = (others["first_date"] <= file["first_date"]) & (others["last_date"] >= file["last_date"])
        return bool(((others["as_of"] > file["as_of"]) | ((others["as_of"] == file["as_of"]) & covers)).any())


def gather_facts(
    name: str,
    use: PlatformUse,
    tables: tuple[pd.DataFrame, pd.DataFrame, Background],
    night: date,
    guardrails: Guardrails,
) -> PlatformFacts:
    """Return what the gate knows of platform ``name``; ``tables``: the profile, the source files, the background."""
    profile, files, background = tables
    own = profile[profile["platform"] == name]
    earlier = _not_in(_of(background.daily, name), own)
    kinds = load_expectations().rows.kinds
    daily = [kind for kind in use.required if kind in kinds and kinds[kind].is_daily]
    return PlatformFacts(
        name=name,
        use=use,
        night=night,
        guardrails=guardrails,
        profile=own,
        files=files[files["platform"] == name].assign(kind=lambda rows: rows["kind"].fillna("")),
        days={kind: days_of(pd.concat([earlier, own], ignore_index=True), kind, night) for kind in daily},
        restatements=_of(background.restatements, name),
        missing_fx=_of(background.missing_fx, name),
        conflicts=_of(background.conflicts, name),
    )


def days_of(rows: pd.DataFrame, kind: str, night: date) -> pd.DataFrame:
    """Return cost and clicks by report day of ``kind``: of each account and day the newest as_of, then all accounts."""
    chosen = rows[(rows["kind"] == kind) & rows["report_date"].notna() & (rows["report_date"] <= pd.Timestamp(night))]
    if chosen.empty:
        return _no_days()
    chosen = chosen.reindex(columns=["account", "report_date", "as_of", "cost", "clicks", "rows"])
    key = [chosen["account"].astype("str").fillna(""), chosen["report_date"]]
    newest = chosen.groupby(key)["as_of"].transform("max")
    chosen = chosen[(chosen["as_of"] == newest) | newest.isna()]
    chosen = chosen[~(chosen["rows"] == 0).fillna(False)]
    numbers = chosen[["cost", "clicks"]].astype("Float64").astype("float64")
    return numbers.groupby(chosen["report_date"]).sum(min_count=1).sort_index()


def _of(rows: pd.DataFrame | None, platform: str) -> pd.DataFrame:
    return pd.DataFrame() if rows is None or "platform" not in rows else rows[rows["platform"] == platform]


def _not_in(earlier: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return the earlier rows of days that ``own`` does not speak of, so that no cost counts twice."""
    if earlier.empty:
        return earlier.reindex(columns=own.columns)
    keys = ["kind", "account", "report_date"] if "account" in earlier else ["kind", "report_date"]
    return earlier[~pd.MultiIndex.from_frame(earlier[keys]).isin(pd.MultiIndex.from_frame(own[keys]))]


def _no_days() -> pd.DataFrame:
    index = pd.DatetimeIndex([], dtype="datetime64[us]", name="report_date")
    return pd.DataFrame({"cost": [], "clicks": []}, index=index, dtype="float64")
