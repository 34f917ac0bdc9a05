"""What an exporter may look at on one night: the market as the account's owner sees it, joined and with ratios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.accounts import Account
from simulator.options import EXPORT_DAYS
from simulator.terms import split_counts
from simulator.world import World

CARRIED = ["campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword", "match_type", "entity_type"]


@dataclass(frozen=True)
class NightView:
    """The world on the evening of ``night`` and the folder that the exports go to."""

    world: World
    night: date
    folder: Path

    @property
    def first(self) -> date:
        """Return the first day that tonight's exports cover."""
        return max(self.night - timedelta(days=EXPORT_DAYS - 1), self.world.options.first_day)

    @property
    def stamp(self) -> str:
        """Return the download time in file names: the next morning, 07:30."""
        return f"{self.night + timedelta(days=1):%Y%m%d}_073000"

    @property
    def is_weekly(self) -> bool:
        """Return whether the slow files are due: every seventh night counted back from the last one."""
        return (self.world.options.last_night - self.night).days % 7 == 0

    @property
    def is_faulty(self) -> bool:
        """Return whether tonight's files may carry one of the planted faults."""
        return self.world.options.has_faults


def keyword_report(view: NightView, platform: str) -> pd.DataFrame:
    """Return one row per keyword and day of the export window, with names, ids and ratios."""
    account = view.world.accounts[platform]
    facts = view.world.ledger.window(platform, view.first, view.night, view.night)
    return add_ratios(facts.join(describe(account, view.world.products)[[*CARRIED, *NAMED]], on="row"))


NAMED = ["product_id", "product_name", "status", "bid", "daily_budget", "currency"]


def describe(account: Account, products: pd.DataFrame) -> pd.DataFrame:
    """Return every keyword with its present names, ids, bid, status and its campaign's budget."""
    frame = account.keywords
    campaigns = account.campaigns.iloc[frame["campaign"]].reset_index(drop=True)
    sold = products.iloc[frame["product"]].reset_index(drop=True)
    return frame.assign(
        campaign=campaigns["campaign"],
        campaign_id=campaigns["campaign_id"],
        daily_budget=campaigns["daily_budget"],
        product_id=sold["product_id"],
        product_name=sold["product_name"],
        currency=account.profile.currency,
    )


def term_report(view: NightView, platform: str, by_day: bool) -> pd.DataFrame:
    """Return search-term rows that add up to the keyword report in clicks, cost and orders."""
    account = view.world.accounts[platform]
    report = keyword_report(view, platform)
    if not by_day:
        counts = ["impressions", "clicks", "cost", "conversions", "conversion_value"]
        report = (
            report.groupby("row", as_index=False)[counts]
            .sum()
            .join(describe(account, view.world.products)[[*CARRIED, "currency"]], on="row")
        )
    rng = np.random.default_rng([view.world.options.seed, 71, account.profile.index, view.night.toordinal()])
    terms = split_counts(report, account.terms, 2, rng)
    names = [name for name in (*CARRIED, "currency", "report_date") if name in report]
    return add_ratios(terms.join(report[names], on="source"))


def add_ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ctr, cvr, cpc, cpm, cpa, roas and acos; a ratio with a zero denominator is missing."""
    clicks, cost = frame["clicks"], frame["cost"]
    orders, value = frame["conversions"], frame["conversion_value"]
    return frame.assign(
        ctr=_ratio(clicks, frame["impressions"]),
        cvr=_ratio(orders, clicks),
        cpc=_ratio(cost, clicks),
        cpm=_ratio(1000 * cost, frame["impressions"]),
        cpa=_ratio(cost, orders),
        roas=_ratio(value, cost),
        acos=_ratio(cost, value),
    )


def midnight(day: date) -> datetime:
    """Return the start of ``day`` as a naive time, the form in which sheets hold dates."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a calendar day, no time zone)


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above.div(below.where(below > 0)).round(6)
