"""What an exporter may look at on one night: the market as the account's owner sees it, joined and with ratios."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.accounts import Account
from simulator.habits import EDIT_WEEKDAYS
from simulator.options import EXPORT_DAYS
from simulator.orders import Arrays
from simulator.terms import live_terms, split_counts
from simulator.world import World

CARRIED = ["campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword", "match_type", "currency"]
COUNTS = ("impressions", "clicks", "cost", "conversions", "conversion_value")


@dataclass(frozen=True)
class NightView:
    """The world on the evening of ``night`` and the folder that the exports go to."""

    world: World
    night: date
    folder: Path

    _names: dict[str, pd.DataFrame] = field(default_factory=dict)

    def names(self, platform: str) -> pd.DataFrame:
        """Return every keyword of an account with its present names, made once a night (see ``describe``)."""
        if platform not in self._names:
            self._names[platform] = describe(self.world.accounts[platform], self.world.products)
        return self._names[platform]

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
        """Return whether the slow files are due: the first night, and every seventh counted back from the last one."""
        options = self.world.options
        return self.night == options.first_night or (options.last_night - self.night).days % 7 == 0

    @property
    def is_edited(self) -> bool:
        """Return whether bids may have moved since the last export, so that entity files are due."""
        return self.world.has_tool or self.is_weekly or self.night.weekday() in EDIT_WEEKDAYS


def keyword_report(view: NightView, platform: str, names: pd.DataFrame) -> Arrays:
    """Return one row per keyword and day of the export window: facts, ratios and the columns of ``names``.

    ``names`` has one row per keyword of the account (see ``describe``), so words are made once, not once a day.
    """
    facts = view.world.ledger.window(platform, view.first, view.night, view.night)
    return add_ratios({**gather(names, facts["row"]), **facts})


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


def sums_by_row(facts: Arrays, n: int) -> Arrays:
    """Return counts and money summed over the days, one row per keyword of the account (``n`` of them)."""
    sums: Arrays = {name: np.bincount(facts["row"], weights=facts[name], minlength=n) for name in COUNTS}
    return {name: values.round(2) for name, values in sums.items()}


def term_report(view: NightView, platform: str, *, by_day: bool) -> pd.DataFrame:
    """Return search-term rows that add up to the keyword report in clicks, cost and orders."""
    account = view.world.accounts[platform]
    facts = view.world.ledger.window(platform, view.first, view.night, view.night)
    if not by_day:
        n = len(account.keywords)
        facts = {"row": np.arange(n), **sums_by_row(facts, n)}
    rng = np.random.default_rng([view.world.options.seed, 71, account.profile.index, view.night.toordinal()])
    terms = split_counts(facts, live_terms(account.terms, account.keywords), rng)
    source = terms["source"].to_numpy()
    named = gather(view.names(platform)[CARRIED], facts["row"][source])
    if by_day:
        named["report_date"] = facts["report_date"][source]
    return pd.DataFrame(add_ratios({**named, **gather(terms, np.arange(len(terms)))}))


def gather(names: pd.DataFrame, row: np.ndarray) -> Arrays:
    """Return the columns of ``names`` at ``row``."""
    return {str(name): names[name].to_numpy()[row] for name in names}


def add_ratios(columns: Arrays) -> Arrays:
    """Add ctr, cvr, cpc, cpm, cpa, roas and acos; a ratio with a zero denominator is missing."""
    clicks, cost = columns["clicks"], columns["cost"]
    orders, value = columns["conversions"], columns["conversion_value"]
    return {
        **columns,
        "ctr": ratio(clicks, columns["impressions"]),
        "cvr": ratio(orders, clicks),
        "cpc": ratio(cost, clicks),
        "cpm": ratio(1000 * cost, columns["impressions"]),
        "cpa": ratio(cost, orders),
        "roas": ratio(value, cost),
        "acos": ratio(cost, value),
    }


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below to six places, NaN where ``below`` is zero."""
    safe = np.where(below > 0, below, 1)
    return np.where(below > 0, np.round(above / safe, 6), np.nan)


def midnight(day: date) -> datetime:
    """Return the start of ``day`` as a naive time, the form in which sheets hold dates."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a calendar day, no time zone)
