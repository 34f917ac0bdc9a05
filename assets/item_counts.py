"""What each item did in the window: plain sums, effective counts, a usual day. One bucket of items at a time.

Here belong sums over rows of one item; whatever is learned from all items together comes in as ``Shared``. An item's rows
lie in one bucket, so buckets may be counted in turn and put under one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.arrays import distinct
from assets.batch import Batch
from assets.bid_history import bid_changes, present_counts
from assets.day_factors import DayFactors
from assets.maturity_curves import Maturity
from assets.net_value import NetValue
from assets.set_bids import first_bids
from optimizers.demand import served_share
from optimizers.maturity import information_kept
from optimizers.metrics import EffectiveCounts, decay_weights, effective_counts, ratio

SUMS = ("impressions", "clicks", "cost", "conversions", "conversion_value", "carts", "favorites", "new_customers")
IDENTITY = (
    "platform", "account", "level", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword",
    "match_type", "product_id", "currency", "fx_rate",
)  # fmt: skip
SHARES = ("impression_share", "lost_to_rank_share", "lost_to_budget_share")
# at today's bid: a window that mixes several bids tells of one that nobody bids any more
PER_DAY = {"clicks_now": "clicks_per_day", "cost_now": "cost_per_day", "impressions": "impressions_per_day"}
# target columns: exposure, events <- source columns: exposure, events; only days on which both are told
COUNTED = {
    ("effective_orders", "effective_value"): ("conversions", "conversion_value"),
    ("effective_paid_clicks", "effective_cost"): ("clicks", "cost_at_now"),
    ("effective_impressions", "effective_impression_clicks"): ("impressions", "clicks"),
    ("effective_cart_clicks", "effective_carts"): ("clicks", "carts"),
    ("effective_favorite_clicks", "effective_favorites"): ("clicks", "favorites"),
    ("effective_new_orders", "effective_new_customers"): ("conversions", "new_customers"),
}
NET_COLUMNS = ("net_share", "net_share_low", "net_share_high", "deflation", "net_factor", "is_net_known")
RECENT_DAYS = 7


@dataclass(frozen=True)
class Shared:
    """What all items share: sums by account and day, and the curves that were learned from them."""

    days: pd.DataFrame
    maturity: Maturity
    factors: DayFactors
    net: NetValue
    bids: pd.DataFrame  # the log of published bids


@dataclass(frozen=True)
class _Rows:
    """The rows of a bucket in the order of item and day; ``item`` is each row's item, ``start`` each item's first row."""

    daily: pd.DataFrame
    items: pd.Index
    item: np.ndarray
    start: np.ndarray
    age: np.ndarray
    weight: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return each item's sum, in row order."""
        return np.bincount(self.item, values, minlength=len(self.items))

    def last(self, column: str) -> np.ndarray:
        """Return the row number of each item's newest value that is not missing; its last row where all are."""
        known = self.daily[column].notna().to_numpy(dtype=bool)
        place = np.where(known, np.arange(len(self.item)), -1)
        found = np.maximum.reduceat(place, self.start) if len(place) else place
        return np.where(found < 0, self.start, found)


def count_items(daily: pd.DataFrame, shared: Shared, batch: Batch) -> pd.DataFrame:
    """Return one row per item of ``daily``, sorted by item."""
    rows = _in_order(daily, batch)
    numbers, told = _numbers(rows.daily), _told(rows.daily)
    _add_present(numbers, told, bid_changes(rows.daily, shared.bids), _served(rows.daily))
    out = pd.DataFrame({"item": rows.items.astype("str")})
    for name in SUMS:
        out[name] = rows.sums(numbers[name])
    for name in IDENTITY:
        out[name] = rows.daily[name].iloc[rows.last(name)].reset_index(drop=True)
    _add_conversion_exposure(out, rows, numbers["clicks"] * told["conversions"], shared)
    for targets, (exposure, events) in COUNTED.items():
        is_told = told[exposure] & told[events]
        found = _effective(rows, numbers[exposure] * is_told, numbers[events] * is_told)
        out[targets[0]], out[targets[1]] = found.exposure, found.events
    _add_days(out, rows)
    _add_usual_day(out, rows, numbers, shared, batch)
    _add_recent(out, rows, numbers, shared, batch)
    _add_shares(out, rows)
    out["first_bid"] = out["item"].map(first_bids(shared.bids)).astype("float64")
    for name in NET_COLUMNS:
        out[name] = shared.net.of(out["platform"], name)
    return out


def _in_order(daily: pd.DataFrame, batch: Batch) -> _Rows:
    codes, items = pd.factorize(daily["item"], sort=True)
    order = np.lexsort((daily["as_of"].to_numpy(), daily["report_date"].to_numpy(), codes))
    daily, codes = daily.iloc[order].reset_index(drop=True), codes[order]
    start = np.searchsorted(codes, np.arange(len(items)))
    age = (pd.Timestamp(batch.night) - daily["report_date"]).dt.days.to_numpy(dtype=np.float64)
    return _Rows(daily, items, codes, start, age, decay_weights(age, batch.settings.window.half_life_days))


def _numbers(daily: pd.DataFrame) -> dict[str, np.ndarray]:
    return {name: daily[name].astype("Float64").fillna(0).to_numpy(dtype=np.float64) for name in SUMS}


def _told(daily: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return where each count is told; not told is not none."""
    return {name: daily[name].notna().to_numpy(dtype=bool) for name in SUMS}


def _served(daily: pd.DataFrame) -> np.ndarray:
    """Return which share of its demand each row's budget served, shape (n_rows,); 1 where the platform does not tell."""
    shown, rank, budget = (share_values(daily, name) for name in SHARES)
    return served_share(budget, shown, rank)


def _add_present(
    numbers: dict[str, np.ndarray], told: dict[str, np.ndarray], change: np.ndarray, served: np.ndarray
) -> None:
    """Add what each day would have brought at today's bid and a budget without end, and what its own clicks would have cost.

    A day that its budget cut short tells of its budget, not of its bid: only its demand can be moved to another bid.
    """
    now = present_counts(numbers["clicks"], numbers["cost"], change)
    numbers["clicks_now"], numbers["cost_now"] = now.clicks / served, now.cost / served
    more = np.divide(now.clicks, numbers["clicks"], out=np.ones(len(change)), where=numbers["clicks"] > 0)
    numbers["cost_at_now"], told["cost_at_now"] = now.cost / more, told["cost"]


def _effective(rows: _Rows, exposure: np.ndarray, events: np.ndarray) -> EffectiveCounts:
    return effective_counts(rows.item, rows.weight, exposure, events, len(rows.items))


def _add_conversion_exposure(out: pd.DataFrame, rows: _Rows, clicks: np.ndarray, shared: Shared) -> None:
    """Add effective clicks (x maturity x the day's cvr factor) and conversions, thinner where maturity is unsure.

    A pre-sale day that nobody can judge yet counts in neither.
    """
    keys, spots = distinct(rows.daily, ["platform", "account", "report_date", "as_of"])
    readiness = shared.maturity.share(spots) * shared.factors.of(spots["platform"], spots["report_date"], "cvr")
    is_open = ~shared.maturity.is_pending(spots)[keys]
    exposure, log_sd = clicks * readiness[keys] * is_open, shared.maturity.log_sd(spots)[keys]
    orders = rows.daily["conversions"].astype("Float64").fillna(0).to_numpy(dtype=np.float64)
    found = _effective(rows, exposure, orders * is_open)
    unsure = ratio(rows.sums(rows.weight * exposure * log_sd), rows.sums(rows.weight * exposure))
    out["maturity_log_sd"] = np.nan_to_num(unsure)
    rate = out["platform"].map(_platform_rates(shared)).fillna(0.0).to_numpy(dtype=np.float64)
    kept = information_kept(found.exposure * rate, out["maturity_log_sd"])
    out["effective_clicks"], out["effective_conversions"] = kept * found.exposure, kept * found.events
    out["is_maturity_learned"] = shared.maturity.is_learned(out)


def _platform_rates(shared: Shared) -> pd.Series:
    """Return conversions per matured click by platform."""
    days = shared.days[shared.days["told_clicks"] > 0]
    exposure = days["told_clicks"] * shared.maturity.share(days)
    sums = pd.DataFrame({"events": days["conversions"], "exposure": exposure}).groupby(days["platform"]).sum()
    return pd.Series(np.nan_to_num(ratio(sums["events"], sums["exposure"])), index=sums.index)


def _add_days(out: pd.DataFrame, rows: _Rows) -> None:
    day = rows.daily["report_date"].to_numpy()
    is_new = np.ones(len(day), dtype=bool)
    is_new[1:] = (day[1:] != day[:-1]) | (rows.item[1:] != rows.item[:-1])
    end = np.append(rows.start[1:], len(day))[: len(rows.items)] - 1
    out["first_date"], out["last_date"] = day[rows.start], day[end]
    out["n_days"] = rows.sums(is_new).astype(np.int64)


def _add_usual_day(
    out: pd.DataFrame, rows: _Rows, numbers: dict[str, np.ndarray], shared: Shared, batch: Batch
) -> None:
    """Add clicks, cost and impressions of a usual day: sums over the days' factors, counted from the first row on.

    A day without a row counts as zero; a promotion day counts for as many usual days as its factor says.
    """
    covered = shared.days[["platform", "account", "report_date"]].drop_duplicates()
    covered = covered.sort_values("report_date", ascending=False, kind="stable")
    age = (pd.Timestamp(batch.night) - covered["report_date"]).dt.days.to_numpy(dtype=np.float64)
    weight = decay_weights(age, batch.settings.window.half_life_days)
    factor = shared.factors.of(covered["platform"], covered["report_date"], "clicks")
    sums = {"exposure": weight * factor, "squared": weight**2 * factor, "recent": factor * (age < RECENT_DAYS)}
    covered = covered.assign(**sums)
    covered[[*sums]] = covered.groupby(["platform", "account"])[[*sums]].cumsum()
    keys, homes = distinct(out, ["platform", "account", "first_date"])
    homes = homes.rename(columns={"first_date": "report_date"})
    found = homes.merge(covered, how="left", on=["platform", "account", "report_date"], validate="1:1")
    exposure, squared = (found[name].to_numpy(dtype=np.float64)[keys] for name in ("exposure", "squared"))
    for source, target in PER_DAY.items():
        out[target] = rows.sums(rows.weight * numbers[source]) / exposure
    out["usual_days"] = exposure**2 / squared
    out["usual_days_7d"] = found["recent"].to_numpy(dtype=np.float64)[keys]
    tomorrow = pd.Series(pd.Timestamp(batch.night) + pd.Timedelta(days=1), index=homes.index)
    out["next_day_factor"] = shared.factors.of(homes["platform"], tomorrow, "clicks")[keys]
    out["next_day_cvr_factor"] = shared.factors.of(homes["platform"], tomorrow, "cvr")[keys]
    out["next_day_log_sd"] = shared.factors.log_sd(homes["platform"], tomorrow, "clicks")[keys]
    out["day_log_sd"] = shared.factors.day_log_sd(homes["platform"])[keys]
    cvr_sds = [
        shared.factors.log_sd(homes["platform"], tomorrow, "cvr"),
        shared.factors.day_log_sd(homes["platform"], "cvr"),
    ]
    out["next_day_cvr_log_sd"] = np.hypot(*cvr_sds)[keys]


def _add_recent(out: pd.DataFrame, rows: _Rows, numbers: dict[str, np.ndarray], shared: Shared, batch: Batch) -> None:
    """Add the sums of the last seven days, and on how many of them the item's account was reported at all."""
    recent = rows.age < RECENT_DAYS
    for name in ("clicks", "cost", "conversions", "conversion_value", "clicks_now", "cost_now"):
        out[f"{name}_7d"] = rows.sums(numbers[name] * recent)
    first = pd.Timestamp(batch.night) - pd.Timedelta(days=RECENT_DAYS)
    days = shared.days[shared.days["report_date"] > first]
    counted = days.groupby(["platform", "account"])["report_date"].nunique()
    keys, homes = distinct(out, ["platform", "account"])
    out["days_7d"] = counted.reindex(pd.MultiIndex.from_frame(homes)).fillna(0).to_numpy(dtype=np.float64)[keys]


def _add_shares(out: pd.DataFrame, rows: _Rows) -> None:
    """Add time-weighted impression shares; missing where the platform exports none."""
    for name in SHARES:
        values = share_values(rows.daily, name)
        known = ~np.isnan(values)
        out[name] = ratio(rows.sums(rows.weight * np.where(known, values, 0.0)), rows.sums(rows.weight * known))


def share_values(daily: pd.DataFrame, name: str) -> np.ndarray:
    """Return a share of each row, NaN where it is not told.

    A loss to budget that is only known to be "< 10 %" counts as none: taken at its bound, it would call every budget
    exhausted.
    """
    values = daily[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    if name == "lost_to_budget_share" and f"{name}_censored" in daily:
        is_bound = (daily[f"{name}_censored"] == "<").fillna(False).to_numpy(dtype=bool)
        values = np.where(is_bound, 0.0, values)
    return values
