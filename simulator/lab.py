"""A market with known truth and without files: the same estimators and plans, night after night, on many drawn shops.

``draw_market`` gives a shop with its history; ``as_known`` is what ``assets.performance.load_daily`` would read on a night;
``apply`` sets bids, and the next ``live`` follows them. The truth is ``simulator.lab_truth``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.identity import with_items
from assets.performance import load_daily
from simulator.lab_days import Expected, Lived, expect_day, live_day
from simulator.lab_facts import LabWarehouse, answering
from simulator.lab_truth import LabOptions, Truth, draw_truth


@dataclass
class LabMarket:
    """A shop in one drawn market; ``bid`` and ``is_live`` are arrays of shape (n_keywords,) in the order of ``truth``."""

    seed: int
    options: LabOptions
    truth: Truth
    bid: np.ndarray
    is_live: np.ndarray
    lived: list[Lived] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Return the day that comes next."""
        return self.options.first_day + timedelta(days=len(self.lived))

    @property
    def night(self) -> date:
        """Return the last day that has passed: the night that knows it."""
        return self.today - timedelta(days=1)

    def live(self, n_days: int = 1) -> Lived:
        """Let days pass at the present bids; return the facts of the last one."""
        for _ in range(n_days):
            rng = np.random.default_rng([self.seed, 2, len(self.lived)])
            self.lived.append(live_day(self.truth, self.today, self.options, (self.bid, self.is_live), rng))
        return self.lived[-1]

    def expected(self, bid: np.ndarray | None = None) -> Expected:
        """Return what ``today`` will bring in expectation at ``bid`` (default: the present one)."""
        return expect_day(self.truth, self.today, self.options, self.bid if bid is None else bid, self.is_live)

    def usual_spend(self, n_days: int = 28) -> float:
        """Return the mean cost of the last days, in shop money."""
        recent = self.lived[-n_days:]
        return float(sum((one.cost * self.truth.rate[one.row]).sum() for one in recent)) / len(recent)

    def profit(self, expected: Expected) -> float:
        """Return margin after refunds less cost, in shop money, of an expected day."""
        worth = self.truth.net_value / self.truth.cvr * expected.cvr
        return float(np.sum(expected.clicks * worth - expected.cost * self.truth.rate))

    def warehouse(self, night: date | None = None) -> LabWarehouse:
        """Return what is known on ``night`` (default: the last one); entities are always today's."""
        known = self.night if night is None else night
        return LabWarehouse(
            self.truth, tuple(self.lived), known, self.options.export_days, self.bid, self.is_live
        )  # fmt: skip

    def as_known(self, batch: Batch) -> pd.DataFrame:
        """Return the window's daily facts as ``load_daily`` returns them on the batch's night."""
        with answering(self.warehouse(batch.night)):
            return load_daily(batch)

    def apply(self, changes: pd.DataFrame) -> int:
        """Take accepted recommendations (columns item, lever, action, new_value); return how many keywords changed."""
        row = pd.Index(self.truth.keywords["item"]).get_indexer(pd.Index(changes["item"]))
        bids = (changes["lever"] == "keyword_bid").to_numpy() & (row >= 0)
        states = (changes["lever"] == "status").to_numpy() & (row >= 0)
        self.bid, self.is_live = self.bid.copy(), self.is_live.copy()
        self.bid[row[bids]] = changes["new_value"].to_numpy(dtype=np.float64)[bids]
        self.is_live[row[states]] = (changes["action"] == "resume").to_numpy()[states]
        return int(bids.sum() + states.sum())


def draw_market(seed: int, n_keywords: int, options: LabOptions, batch: Batch) -> LabMarket:
    """Return a shop whose history has been lived; ``batch`` names its keywords as the nightly job would."""
    truth = draw_truth(seed, n_keywords, options)
    named = with_items(truth.keywords.assign(account="main", level="keyword"), "entities", batch)
    order = named.sort_values(["platform", "item"]).index.to_numpy()
    truth = _in_order(truth, named, order)
    market = LabMarket(seed, options, truth, truth.base_bid.copy(), np.ones(len(truth), dtype=bool))
    market.live(options.history_days)
    return market


def _in_order(truth: Truth, keywords: pd.DataFrame, order: np.ndarray) -> Truth:
    """Return the same truth with its keywords in the order of their items, in which facts are told."""
    if keywords["item"].duplicated().any():
        raise ValueError("two keywords of the lab share an item; draw other words")
    n, values = len(truth), {}
    for name, value in vars(truth).items():
        is_array = isinstance(value, np.ndarray) and value.shape[:1] == (n,) and name != "weekday"
        values[name] = value[order] if is_array else value
    values["keywords"] = keywords.iloc[order].reset_index(drop=True)
    return Truth(**values)
