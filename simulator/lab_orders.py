"""The shop's own order list in a lab market: sums by sales channel and order day, as every night's export told them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from simulator.lab_days import Lived
from simulator.lab_truth import Truth

ORGANIC = 1.5  # the channel's orders per order of an ad: half as many shoppers come without one
MICROS = 1_000_000
COLUMNS = {
    "platform": "str", "account": "str", "scope": "str", "channel": "str", "currency": "str",
    "report_date": "datetime64[us]", "as_of": "datetime64[us]", "orders": "Int64", "revenue": "Int64", "refund": "Int64",
}  # fmt: skip


def sum_orders(truth: Truth, lived: Iterable[Lived], span: tuple[date, date], export_days: int) -> pd.DataFrame:
    """Return one row per order day, channel and export: orders and revenue of that day, and what had come back by then."""
    first, night = span
    orders = _by_order_day(truth, lived)
    orders = orders[(orders["day"] >= pd.Timestamp(first)) & (orders["day"] <= pd.Timestamp(night))]
    rows: list[tuple[Any, ...]] = []
    for (day, channel), part in orders.groupby(["day", "channel"], sort=True):
        placed = pd.Timestamp(day)  # type: ignore[arg-type]
        value, back = part["value"].to_numpy(), part["refund_age"].to_numpy()
        for age in range(min((pd.Timestamp(night) - placed).days, export_days - 1) + 1):
            refund = float(value[(back >= 0) & (back <= age)].sum())
            sums = [round(ORGANIC * len(part)), *(round(ORGANIC * money * MICROS) for money in (value.sum(), refund))]
            rows.append(("templates", "main", "", channel, "CNY", placed, placed + timedelta(days=age), *sums))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _by_order_day(truth: Truth, lived: Iterable[Lived]) -> pd.DataFrame:
    """Return every order with the day on which it was placed, its channel, its value and the age of its refund."""
    days = list(lived)
    row = np.concatenate([one.order_row for one in days])
    age = np.concatenate([one.order_age for one in days])
    visit = np.repeat([np.datetime64(one.day, "us") for one in days], [len(one.order_row) for one in days])
    back = np.concatenate([one.order_refund_age for one in days])
    channel = np.array([one.channel for one in truth.platforms])[truth.platform[row]]
    return pd.DataFrame({
        "day": visit + age.astype("timedelta64[D]"), "channel": channel,
        "value": np.concatenate([one.order_value for one in days]) * truth.rate[row],
        "refund_age": np.where(back >= 0, back - age, -1),
    })  # fmt: skip
