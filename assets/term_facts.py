"""What each search term did in the window: sums, effective counts, and its clicks this week, last week and a year ago.

No verdict here (see ``assets.discovery``). Reports without a day column are evidence at the middle of their period.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.maturity_curves import Maturity, learn_maturity, seen_versions
from assets.money import to_shop_money
from assets.warehouse import window
from optimizers.metrics import decay_weights, effective_counts

TERM_KEY = ["platform", "account", "campaign", "ad_group", "search_term"]
SUMS = ("impressions", "clicks", "cost", "conversions", "conversion_value")
GROWTH_DAYS = 7
YEAR = timedelta(days=364)  # 52 weeks: the same weekdays


def load_terms(batch: Batch) -> pd.DataFrame:
    """Return one row per term and ad group; no row where nothing is known."""
    end = batch.night + timedelta(days=1)
    start = end - timedelta(days=batch.settings.window.days)
    daily, period = _daily(batch, start, end), _periods(batch, start)
    if len(period) and len(daily):
        home = ["platform", "account"]
        told = pd.MultiIndex.from_frame(period[home]).isin(pd.MultiIndex.from_frame(daily[home]))
        period = period[~told]
    facts = pd.concat([part for part in (daily, period) if len(part)] or [daily], ignore_index=True)
    facts = facts[facts["platform"].isin(batch.uses) & facts["search_term"].notna()].reset_index(drop=True)
    if facts.empty:
        return facts
    facts = to_shop_money(facts, ("cost", "conversion_value"), facts["middle"], batch.settings)
    facts = facts[facts["fx_rate"].notna()].reset_index(drop=True)
    return facts if facts.empty else _sum_terms(facts, batch)


def _daily(batch: Batch, start: date, end: date) -> pd.DataFrame:
    found = window.daily_window(
        batch.home, batch.inputs, "search_terms", start, end, threads=batch.settings.threads
    ).frame
    return found.assign(first=found["report_date"], middle=found["report_date"], last=found["report_date"])


def _periods(batch: Batch, start: date) -> pd.DataFrame:
    found = window.period_facts(batch.home, batch.inputs, "search_terms")
    found = found[found["period_start"] >= pd.Timestamp(start)]
    first, last = found["period_start"], found["period_end"]
    day = pd.Series(pd.NaT, index=found.index, dtype="datetime64[us]")  # a period says nothing of growth inside it
    return found.assign(report_date=day, first=first, middle=(first + (last - first) / 2).dt.floor("D"), last=last)


def _sum_terms(facts: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    rows = facts.sort_values([*TERM_KEY, "middle", "keyword", "item"], ignore_index=True)
    rows["is_told"] = rows["conversions"].notna()
    for name in SUMS:
        rows[name] = rows[name].astype("Float64").astype("float64").fillna(0.0)
    edge = pd.Timestamp(batch.night) - pd.Timedelta(days=GROWTH_DAYS)
    before = edge - pd.Timedelta(days=GROWTH_DAYS)
    rows["recent"] = rows["clicks"].where(rows["report_date"] > edge, 0.0)
    rows["earlier"] = rows["clicks"].where((rows["report_date"] > before) & (rows["report_date"] <= edge), 0.0)
    rows = rows.merge(_days_told(rows), on=["platform", "account"])
    names = dict.fromkeys(("currency", "fx_rate", "n_days"), "last")
    groups = rows.groupby(TERM_KEY, sort=True, dropna=False)
    found = groups.agg({**dict.fromkeys((*SUMS, "recent", "earlier"), "sum"), **names}).reset_index()
    # a period does not say when in it a term had its clicks
    undated = groups["report_date"].count().to_numpy() == 0
    found["is_current"] = undated | (found["recent"] > 0).to_numpy()
    _add_counts(found, rows, groups.ngroup().to_numpy(), batch)
    main = rows.sort_values("clicks", kind="stable").groupby(TERM_KEY, sort=True, dropna=False)
    found[["keyword", "match_type"]] = main[["keyword", "match_type"]].last().to_numpy()
    return _with_last_year(found, batch)


def _days_told(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many days each account's facts cover."""
    spans = rows[["platform", "account", "first", "last"]].drop_duplicates()
    spans["n_days"] = (spans["last"] - spans["first"]).dt.days + 1
    return spans.groupby(["platform", "account"])["n_days"].sum().reset_index()


def _add_counts(found: pd.DataFrame, rows: pd.DataFrame, codes: np.ndarray, batch: Batch) -> None:
    """Add effective clicks and conversions: decayed by age, exposure grown as far as conversions have been reported."""
    age = (pd.Timestamp(batch.night) - rows["middle"]).dt.days.to_numpy(dtype=np.float64)
    weight = decay_weights(np.maximum(age, 0.0), batch.settings.window.half_life_days)
    maturity = learn_maturity(seen_versions(batch), batch)
    is_told = rows["is_told"].to_numpy(dtype=bool, copy=True)  # not told is not none
    is_day = rows["report_date"].notna().to_numpy()
    is_told[is_day] &= ~maturity.is_pending(rows[is_day])  # a pre-sale day before its balance counts neither way
    exposure = floats(rows, "clicks") * reported_share(rows, maturity)
    counts = effective_counts(codes, weight, exposure * is_told, floats(rows, "conversions") * is_told, len(found))
    found["effective_clicks"], found["effective_conversions"] = counts.exposure, counts.events


def reported_share(rows: pd.DataFrame, maturity: Maturity) -> np.ndarray:
    """Return what share of each row's conversions its export could know: the mean over the days that the row covers."""
    key = ["platform", "account", "as_of", "first", "last"]
    spans = rows[key].drop_duplicates(ignore_index=True)
    n_days = (spans["last"] - spans["first"]).dt.days.to_numpy() + 1
    days = spans.loc[np.repeat(spans.index.to_numpy(), n_days)].reset_index(drop=True)
    days["report_date"] = days["first"] + pd.to_timedelta(days.groupby(key).cumcount(), unit="D")
    days["share"] = maturity.share(days)
    means = days.groupby(key, sort=False)["share"].mean().reset_index()
    return rows[key].merge(means, on=key, how="left", validate="m:1")["share"].to_numpy(dtype=np.float64)


def _with_last_year(found: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the clicks of the same two weeks 52 weeks ago, none where no report reaches back so far."""
    edge = batch.night + timedelta(days=1) - YEAR
    old = _daily(batch, edge - timedelta(days=2 * GROWTH_DAYS), edge)
    clicks = old["clicks"].astype("Float64").astype("float64").fillna(0.0)
    is_late = (old["report_date"] >= pd.Timestamp(edge - timedelta(days=GROWTH_DAYS))).to_numpy(dtype=bool)
    old = old.assign(recent_year=clicks * is_late, earlier_year=clicks * ~is_late)
    sums = old.groupby(["platform", "account", "search_term"], sort=True)[["recent_year", "earlier_year"]].sum()
    out = found.merge(sums.reset_index(), on=["platform", "account", "search_term"], how="left")
    return out.fillna({"recent_year": 0.0, "earlier_year": 0.0})
