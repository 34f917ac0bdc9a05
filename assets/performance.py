"""Second stage: what each item did in the window, with its entity, product and share of demand that was served.

Sums and effective counts only; no rate is estimated here (see ``assets.scoring``).
"""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.calendar_days import day_factors, outage_days
from assets.catalogue import bad_patterns, with_entities, with_products
from assets.money import to_shop_money
from assets.steps import Step, night_table
from assets.warehouse import window
from optimizers.maturity import MaturityCurve, chain_ladder, share_reported
from optimizers.metrics import decay_weights, effective_counts

MONEY = ("cost", "conversion_value")
SUMS = ("impressions", "clicks", "cost", "conversions", "conversion_value", "carts", "favorites")
IDENTITY = (
    "platform", "account", "level", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword",
    "match_type", "product_id", "currency", "fx_rate",
)  # fmt: skip
SHARES = ("impression_share", "lost_to_rank_share", "lost_to_budget_share")
DAILY_KINDS = ("keyword_daily", "placement_daily")
RECENT_DAYS = 7


@night_table(group="2_estimate")
def performance(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], platform_status: pd.DataFrame
) -> Step:
    """One row per item (keyword or closed-bid campaign): window sums, effective counts, entity, product, served share.

    Built from the winning versions of daily facts in the decayed window, without outage days. Fails when no platform has an
    item. Items of held platforms stay in, so that pooling does not jump; nothing is changed for them later.
    """
    batch = batches.open(context.partition_time_window.start.date())
    daily = load_daily(batch)
    items = summarise(daily, batch)
    items = with_products(with_entities(items, batch), batch)
    held = platform_status.set_index("platform")["is_held"]
    items["is_held"] = items["platform"].map(held).fillna(True).astype(bool)
    items = items.sort_values("item", ignore_index=True)
    metadata: dict[str, object] = {"items": len(items), "days": int(daily["report_date"].nunique())}
    notes = bad_patterns(batch)
    if notes:
        metadata["01_ignored"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in notes[:25]))
    return Step(items, metadata)


def load_daily(batch: Batch) -> pd.DataFrame:
    """Return the window's daily facts of all enabled platforms in shop money, keyword and placement rows together."""
    end = batch.night + timedelta(days=1)
    start = end - timedelta(days=batch.settings.window.days)
    parts = []
    for kind, level in (("keyword_daily", "keyword"), ("placement_daily", "placement")):
        found = window.daily_window(
            batch.home, batch.inputs, kind, start, end,
            max_restatement=batch.guardrails.max_restatement, threads=batch.settings.threads,
        ).frame  # fmt: skip
        parts.append(found.assign(level=level))
    daily = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    daily = without_parents(daily)
    daily = daily[daily["platform"].isin(batch.uses)]
    daily = daily[~outage_days(daily["platform"], daily["report_date"], batch.calendar)]
    daily = to_shop_money(daily, MONEY, daily["report_date"], batch.settings)
    for column in (*SUMS, *SHARES, *IDENTITY):
        if column not in daily:
            daily[column] = pd.NA
    return daily[daily["fx_rate"].notna() & daily["item"].notna()].reset_index(drop=True)


def without_parents(daily: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without campaigns whose keywords are told too: a campaign report tells the same spend once more."""
    is_keyword = (daily["level"] == "keyword").to_numpy(dtype=bool)
    is_parent = np.zeros(len(daily), dtype=bool)
    for column in ("campaign_id", "campaign"):
        if column not in daily:
            continue
        key = daily["platform"] + "|" + daily["account"].fillna("") + "|" + daily[column].str.strip().str.casefold()
        is_parent |= ~is_keyword & key.notna().to_numpy() & key.isin(key[is_keyword].dropna().unique()).to_numpy()
    return daily[~is_parent]


def summarise(daily: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per item: plain sums, decayed effective counts, usual clicks a day, last week's money."""
    codes, items = pd.factorize(daily["item"], sort=True)
    age = (pd.Timestamp(batch.night) - daily["report_date"]).dt.days.to_numpy(dtype=np.float64)
    weight = decay_weights(age, batch.settings.window.half_life_days)
    out = pd.DataFrame({"item": items.astype("str")})
    numbers = {name: daily[name].astype("Float64").fillna(0).to_numpy(dtype=np.float64) for name in SUMS}
    for name, values in numbers.items():
        out[name] = np.bincount(codes, values, minlength=len(items))
    curves = {str(name): maturity_curve(str(name), batch) for name in sorted(daily["platform"].unique())}
    is_told = {name: daily[name].notna().to_numpy(dtype=bool) for name in ("conversions", "conversion_value")}
    clicks = numbers["clicks"] * reported_share(daily, age, curves) * is_told["conversions"]  # not told is not none
    conversions = effective_counts(codes, weight, clicks, numbers["conversions"], len(items))
    out["effective_clicks"], out["effective_conversions"] = conversions.exposure, conversions.events
    valued = numbers["conversions"] * is_told["conversion_value"]
    orders = effective_counts(codes, weight, valued, numbers["conversion_value"], len(items))
    out["effective_orders"], out["effective_value"] = orders.exposure, orders.events
    paid = effective_counts(codes, weight, numbers["clicks"], numbers["cost"], len(items))
    out["effective_paid_clicks"], out["effective_cost"] = paid.exposure, paid.events
    _add_usual_day(out, daily, codes, weight, batch)
    _add_recent(out, daily, numbers, codes, age)
    _add_shares(out, daily, codes, weight)
    newest = daily.sort_values(["item", "report_date"]).groupby("item", sort=True)
    last = newest[list(IDENTITY)].last().reset_index()
    days = newest["report_date"].agg(first_date="min", last_date="max", n_days="nunique").reset_index()
    out = out.merge(last, on="item", validate="1:1").merge(days, on="item", validate="1:1")
    out["is_maturity_learned"] = out["platform"].map({name: curve.is_learned for name, curve in curves.items()})
    return out


def reported_share(daily: pd.DataFrame, age: np.ndarray, curves: dict[str, MaturityCurve]) -> np.ndarray:
    """Return the share of each row's conversions that has been reported by now, from the platform's own curve."""
    share = np.ones(len(daily))
    for name, curve in curves.items():
        rows = (daily["platform"] == name).to_numpy(dtype=bool)
        share[rows] = share_reported(age[rows], curve.share)
    return share


def maturity_curve(platform: str, batch: Batch) -> MaturityCurve:
    """Return the platform's maturity curve: chain ladder over its snapshots, else the configured one."""
    model = batch.platforms[platform]
    if model.attribution.date == "conversion":
        return MaturityCurve(np.ones(1), 0, is_learned=True)  # credited on its own day: there is no delay to learn
    configured = np.asarray(model.maturity, dtype=np.float64)
    parts = [window.snapshots(batch.home, batch.inputs, kind) for kind in DAILY_KINDS]
    seen = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    seen = seen[(seen["platform"] == platform) & seen["report_date"].notna()]
    age = (seen["as_of"] - seen["report_date"]).dt.days
    seen = seen.assign(age=age)[(age >= 0) & (age < len(configured))]
    if seen.empty:
        return MaturityCurve(configured, 0, is_learned=False)
    table = seen.pivot_table(index="report_date", columns="age", values="conversions", aggfunc="sum")
    table = table.reindex(columns=range(len(configured)))
    return chain_ladder(table.to_numpy(dtype=np.float64, na_value=np.nan), configured)


def _add_usual_day(out: pd.DataFrame, daily: pd.DataFrame, codes: np.ndarray, weight: np.ndarray, batch: Batch) -> None:
    """Add clicks and cost of a usual day: promotion days are scaled back, days without a row count as zero."""
    factor = day_factors(daily["platform"], daily["report_date"], batch.calendar)
    covered = daily[["platform", "account", "report_date"]].drop_duplicates()
    age = (pd.Timestamp(batch.night) - covered["report_date"]).dt.days.to_numpy(dtype=np.float64)
    covered["weight"] = decay_weights(age, batch.settings.window.half_life_days)
    covered = covered.sort_values("report_date", ascending=False)
    covered["days"] = covered.groupby(["platform", "account"])["weight"].cumsum()
    first = daily.groupby(codes)[["report_date"]].min()
    home = daily.groupby(codes)[["platform", "account"]].first()
    days = home.join(first).merge(covered, on=["platform", "account", "report_date"], how="left")["days"].to_numpy()
    for source, target in (
        ("clicks", "clicks_per_day"),
        ("cost", "cost_per_day"),
        ("impressions", "impressions_per_day"),
    ):
        values = daily[source].astype("Float64").fillna(0).to_numpy(dtype=np.float64) / factor
        out[target] = np.bincount(codes, weight * values, minlength=len(out)) / days
    tomorrow = pd.Series(pd.Timestamp(batch.night) + pd.Timedelta(days=1), index=home.index)
    out["next_day_factor"] = day_factors(home["platform"], tomorrow, batch.calendar)


def _add_recent(
    out: pd.DataFrame, daily: pd.DataFrame, numbers: dict[str, np.ndarray], codes: np.ndarray, age: np.ndarray
) -> None:
    """Add the sums of the last seven days, and on how many of them the item's account was reported at all."""
    recent = age < RECENT_DAYS
    for name in ("clicks", "cost", "conversions", "conversion_value"):
        out[f"{name}_7d"] = np.bincount(codes, numbers[name] * recent, minlength=len(out))
    days = daily[recent].groupby(["platform", "account"])["report_date"].nunique()
    home = daily.groupby(codes)[["platform", "account"]].first()
    out["days_7d"] = days.reindex(pd.MultiIndex.from_frame(home)).fillna(0).to_numpy(dtype=np.float64)


def _add_shares(out: pd.DataFrame, daily: pd.DataFrame, codes: np.ndarray, weight: np.ndarray) -> None:
    """Add time-weighted impression shares; missing where the platform exports none.

    A loss to budget that is only known to be "< 10 %" counts as none: taken at its bound, it would call every budget
    exhausted.
    """
    for name in SHARES:
        values = daily[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        if name == "lost_to_budget_share" and f"{name}_censored" in daily:
            values = np.where((daily[f"{name}_censored"] == "<").fillna(False).to_numpy(dtype=bool), 0.0, values)
        known = ~np.isnan(values)
        total = np.bincount(codes, weight * known, minlength=len(out))
        summed = np.bincount(codes, weight * np.where(known, values, 0.0), minlength=len(out))
        out[name] = np.divide(summed, total, out=np.full(len(out), np.nan), where=total > 0)
