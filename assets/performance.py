"""Second stage: what each item did in the window, with its entity, product and share of demand that was served.

Sums and effective counts only; no rate is estimated here (see ``assets.scoring``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import dagster as dg
import numpy as np
import pandas as pd

from assets.account_days import account_days, combine_days
from assets.batch import Batch, Batches
from assets.calendar_days import outage_days
from assets.catalogue import bad_patterns, with_entities, with_products
from assets.day_factors import learn_day_factors
from assets.experiments_log import logged_bids
from assets.item_counts import IDENTITY, SHARES, SUMS, Shared, count_items
from assets.maturity_curves import learn_maturity, seen_versions
from assets.money import to_shop_money
from assets.net_value import learn_net_value, load_orders
from assets.outages import OUTAGES, outage_lines, propose_outages
from assets.steps import Step, night_table
from assets.warehouse import state, window
from assets.warehouse.fact_file import N_BUCKETS
from optimizers.metrics import ratio

MONEY = ("cost", "conversion_value")
ROWS_PER_PART = 500_000  # of keyword days: about half a gigabyte of frames
SHOWN_LINES = 25


@night_table(group="2_estimate")
def performance(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], platform_status: pd.DataFrame
) -> Step:
    """One row per item (keyword or closed-bid campaign): window sums, effective counts, entity, product, served share.

    Built from the winning versions of daily facts in the decayed window, without outage days. Fails when no platform has an
    item. Items of held platforms stay in, so that pooling does not jump; nothing is changed for them later.
    """
    batch = batches.open(context.partition_time_window.start.date())
    parts = DailyParts(batch)
    shared = learn_shared(combine_days(account_days(part) for part in parts), seen_versions(batch), batch)
    items = count_parts(parts, shared)
    items = with_products(with_entities(items, batch), batch)
    held = platform_status.set_index("platform")["is_held"]
    items["is_held"] = items["platform"].map(held).fillna(True).astype(bool)
    metadata: dict[str, object] = {"items": len(items), "days": int(shared.days["report_date"].nunique())}
    proposed = propose_outages(shared.days, shared.maturity, shared.factors)
    state.write_state(batch.home, batch.night, OUTAGES, {"proposed": proposed.to_dict("records")})
    notes = {"01_ignored": bad_patterns(batch), "02_claims": shared.net.lines(), "03_outages": outage_lines(proposed)}
    metadata |= {name: dg.MetadataValue.md(_bullets(lines)) for name, lines in notes.items() if lines}
    return Step(items, metadata)


@dataclass(frozen=True)
class DailyParts:
    """The window's daily facts in turn: keywords bucket by bucket, then placements; equal items lie in one part.

    A window that fits into one part is read once and kept.
    """

    batch: Batch
    rows_per_part: int = ROWS_PER_PART

    @cached_property
    def ranges(self) -> tuple[range | None, ...]:
        """The buckets of each part of the keywords; None = all."""
        n_rows = window.window_rows(self.batch.home, self.batch.inputs, "keyword_daily", *_span(self.batch))
        n_parts = min(-(-n_rows // self.rows_per_part), N_BUCKETS)
        if n_parts <= 1:
            return (None,)
        edges = np.linspace(0, N_BUCKETS, n_parts + 1).astype(int)
        return tuple(range(low, high) for low, high in pairwise(edges.tolist()))

    @cached_property
    def placements(self) -> pd.DataFrame:
        """Placements without the campaigns whose keywords are told."""
        rows = _load_kind(self.batch, "placement_daily", None)
        told: set[str] = set()
        for one in self.ranges if len(rows) else ():
            told |= campaigns_told(self._keywords(one))
        return _in_shop_money(without_parents(rows, told), self.batch)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield the parts, always the same ones in the same order."""
        for one in self.ranges:
            yield _in_shop_money(self._keywords(one), self.batch)
        yield self.placements

    def _keywords(self, buckets: range | None) -> pd.DataFrame:
        return self._all_keywords if buckets is None else _load_kind(self.batch, "keyword_daily", buckets)

    @cached_property
    def _all_keywords(self) -> pd.DataFrame:
        return _load_kind(self.batch, "keyword_daily", None)


def count_parts(parts: DailyParts, shared: Shared) -> pd.DataFrame:
    """Return one row per item of all parts, sorted by item; the number of parts does not show."""
    counted = [summarise(part, parts.batch, shared) for part in parts if len(part)]
    items = pd.concat(counted or [summarise(parts.placements, parts.batch, shared)], ignore_index=True)
    return items.sort_values("item", ignore_index=True)


def load_daily(batch: Batch) -> pd.DataFrame:
    """Return the window's daily facts of all enabled platforms in shop money, keyword and placement rows together."""
    parts = [part for part in DailyParts(batch) if len(part)]
    return pd.concat(parts or list(DailyParts(batch)), ignore_index=True)


def _load_kind(batch: Batch, kind: str, buckets: range | None) -> pd.DataFrame:
    options: window.WindowOptions = {
        "max_restatement": batch.guardrails.max_restatement,
        "threads": batch.settings.threads,
    }
    if buckets is not None:
        options["buckets"] = buckets
    found = window.daily_window(batch.home, batch.inputs, kind, *_span(batch), **options).frame
    return found.assign(level=kind.removesuffix("_daily"))


def _span(batch: Batch) -> tuple[date, date]:
    end = batch.night + timedelta(days=1)
    return end - timedelta(days=batch.settings.window.days), end


def _in_shop_money(daily: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the rows of enabled platforms outside known outages, with all columns that are counted later."""
    daily = daily[daily["platform"].isin(batch.uses)]
    daily = daily[~outage_days(daily["platform"], daily["report_date"], batch.calendar)]
    daily = to_shop_money(daily, MONEY, daily["report_date"], batch.settings)
    for column in (*SUMS, *SHARES, *IDENTITY):
        if column not in daily:
            daily[column] = pd.Series(
                pd.NA, index=daily.index, dtype="Float64" if column in (*SUMS, *SHARES) else "str"
            )
    return daily[daily["fx_rate"].notna() & daily["item"].notna()].reset_index(drop=True)


def without_parents(placements: pd.DataFrame, told: set[str]) -> pd.DataFrame:
    """Return the rows without campaigns whose keywords are told too: a campaign report tells the same spend once more."""
    is_parent = np.zeros(len(placements), dtype=bool)
    for key in _campaign_keys(placements):
        is_parent |= key.isin(told).to_numpy(dtype=bool)
    return placements[~is_parent]


def campaigns_told(keywords: pd.DataFrame) -> set[str]:
    """Return the campaigns of these keyword rows, by id and by name."""
    return {str(one) for key in _campaign_keys(keywords) for one in key.dropna().unique()}


def _campaign_keys(daily: pd.DataFrame) -> Iterator[pd.Series]:
    for column in ("campaign_id", "campaign"):
        if column in daily:
            name = daily[column].str.strip().str.casefold()
            yield daily["platform"] + "|" + daily["account"].fillna("") + f"|{column}|" + name


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines[:SHOWN_LINES])


def learn_shared(days: pd.DataFrame, seen: pd.DataFrame, batch: Batch) -> Shared:
    """Return what all items share, from the sums of accounts and days and the versions of days seen so far."""
    maturity = learn_maturity(seen, batch)
    days = days.assign(told_clicks=np.where(maturity.is_pending(days), 0.0, days["told_clicks"]))
    told = np.nan_to_num(ratio(days["told_clicks"], days["clicks"]))
    factors = learn_day_factors(days, batch, maturity.share(days) * told)
    return Shared(
        days, maturity, factors, learn_net_value(days, load_orders(batch), maturity, batch), logged_bids(batch)
    )


def summarise(daily: pd.DataFrame, batch: Batch, shared: Shared | None = None) -> pd.DataFrame:
    """Return one row per item: plain sums, decayed effective counts, a usual day, last week's money.

    ``shared`` is learned from ``daily`` itself where it is not given. Rows without ``as_of`` are as known tonight.
    """
    if "as_of" not in daily:
        daily = daily.assign(as_of=pd.Timestamp(batch.night))
    if shared is None:
        shared = learn_shared(combine_days([account_days(daily)]), seen_versions(batch), batch)
    return count_items(daily, shared, batch)
