"""All that has happened so far: served facts and orders by day, and what a report shows of them on a given night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulator.orders import Arrays

LONGEST_DELAY = 15


@dataclass(frozen=True)
class Placed:
    """Own orders that one day's visits led to, in one sales channel; ``prefix`` starts their ids."""

    channel: str
    prefix: str
    orders: Arrays


@dataclass
class Ledger:
    """Facts and orders by (platform, day of the click), and own orders by the day of the visit."""

    facts: dict[tuple[str, date], Arrays] = field(default_factory=dict)
    orders: dict[tuple[str, date], Arrays] = field(default_factory=dict)
    placed: dict[date, list[Placed]] = field(default_factory=dict)

    def record(self, platform: str, day: date, facts: Arrays, orders: Arrays) -> None:
        """Keep one platform's day."""
        self.facts[platform, day] = facts
        self.orders[platform, day] = orders

    def place(self, day: date, placed: Placed) -> None:
        """Keep own orders under the day of the visit."""
        self.placed.setdefault(day, []).append(placed)

    def window(self, platform: str, first: date, last: date, as_of: date) -> Arrays:
        """Return facts of ``first``..``last`` with the conversions that were known on the evening of ``as_of``.

        Conversions belong to the day of the click, so a later ``as_of`` shows more of them.
        """
        lived = [day for day in days(first, last) if (platform, day) in self.facts]
        return _stack([self._day(platform, day, as_of) for day in lived])

    def store_orders(self, first: date, last: date, as_of: date) -> pd.DataFrame:
        """Return own orders placed in ``first``..``last``; a refund shows once it has happened by ``as_of``."""
        parts = []
        for visit in days(first - timedelta(days=LONGEST_DELAY), last):
            for placed in self.placed.get(visit, []):
                age = placed.orders["age"]
                shown = np.flatnonzero((age >= (first - visit).days) & (age <= (last - visit).days))
                parts.append(_placed_on(visit, placed, shown, as_of))
        return pd.DataFrame(_stack(parts))

    def _day(self, platform: str, day: date, as_of: date) -> Arrays:
        facts, orders = self.facts[platform, day], self.orders[platform, day]
        known = orders["age"] <= (as_of - day).days
        row, position = orders["row"][known], facts["row"]
        n = int(position.max()) + 1 if len(position) else 0
        value = np.bincount(row, weights=orders["value"][known], minlength=n)[position]
        return {
            **facts,
            "report_date": np.full(len(position), np.datetime64(day, "us")),
            "conversions": np.bincount(row, minlength=n)[position],
            "conversion_value": value.round(2),
            "new_customers": np.bincount(row, weights=orders["is_new"][known], minlength=n)[position].astype(int),
        }


def _placed_on(visit: date, placed: Placed, shown: np.ndarray, as_of: date) -> Arrays:
    """Return the orders ``shown`` (positions) with order date, id and the refund that is known by ``as_of``."""
    orders = {name: values[shown] for name, values in placed.orders.items()}
    age_now = (as_of - visit).days - orders["age"]
    is_back = (orders["refund_age"] >= 0) & (orders["refund_age"] <= age_now)
    ids = [f"{placed.prefix}{visit:%y%m%d}{i:05d}" for i in shown.tolist()]
    return {
        **orders,
        "order_id": np.array(ids, dtype=object),
        "order_date": np.datetime64(visit, "us") + orders["age"].astype("timedelta64[D]"),
        "channel": np.full(len(shown), placed.channel, dtype=object),
        "refund": np.where(is_back, orders["value"], 0.0),
    }


def _stack(parts: list[Arrays]) -> Arrays:
    """Put the columns of several days under one another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def days(first: date, last: date) -> Iterator[date]:
    """Yield every day from ``first`` to ``last``, both included."""
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)
