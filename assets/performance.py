"""Second stage: what each item did in the window, with its entity, product and share of demand that was served.

Sums and effective counts only; no rate is estimated here (see ``assets.scoring``).
"""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
import numpy as np
import pandas as pd

from assets.account_days import account_days, combine_days
from assets.batch import Batch, Batches
from assets.calendar_days import outage_days
from assets.catalogue import bad_patterns, with_entities, with_products
from assets.day_factors import learn_day_factors
from assets.item_counts import IDENTITY, SHARES, SUMS, Shared, count_items
from assets.maturity_curves import learn_maturity, seen_versions
from assets.money import to_shop_money
from assets.net_value import learn_net_value, load_orders
from assets.steps import Step, night_table
from assets.warehouse import window
from optimizers.metrics import ratio

MONEY = ("cost", "conversion_value")


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
    shared = learn_shared(combine_days([account_days(daily)]), seen_versions(batch), batch)
    items = summarise(daily, batch, shared)
    items = with_products(with_entities(items, batch), batch)
    held = platform_status.set_index("platform")["is_held"]
    items["is_held"] = items["platform"].map(held).fillna(True).astype(bool)
    items = items.sort_values("item", ignore_index=True)
    metadata: dict[str, object] = {"items": len(items), "days": int(daily["report_date"].nunique())}
    metadata["02_claims"] = dg.MetadataValue.md("\n".join(f"- {line}" for line in shared.net.lines()))
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


def learn_shared(days: pd.DataFrame, seen: pd.DataFrame, batch: Batch) -> Shared:
    """Return what all items share, from the sums of accounts and days and the versions of days seen so far."""
    maturity = learn_maturity(seen, batch)
    told = np.nan_to_num(ratio(days["told_clicks"], days["clicks"]))
    factors = learn_day_factors(days, batch, maturity.share(days) * told)
    return Shared(days, maturity, factors, learn_net_value(days, load_orders(batch), maturity, batch))


def summarise(daily: pd.DataFrame, batch: Batch, shared: Shared | None = None) -> pd.DataFrame:
    """Return one row per item: plain sums, decayed effective counts, a usual day, last week's money.

    ``shared`` is learned from ``daily`` itself where it is not given. Rows without ``as_of`` are as known tonight.
    """
    if "as_of" not in daily:
        daily = daily.assign(as_of=pd.Timestamp(batch.night))
    if shared is None:
        shared = learn_shared(combine_days([account_days(daily)]), seen_versions(batch), batch)
    return count_items(daily, shared, batch)
