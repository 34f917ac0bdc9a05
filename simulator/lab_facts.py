"""What a lab market's reports show on a night, in the shapes in which the warehouse keeps them: facts, states, snapshots.

No file is written: ``LabWarehouse`` answers the questions of ``assets.warehouse.window`` from the lived days.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa

from assets.warehouse import columns, window
from assets.warehouse.union import no_rows
from simulator.lab_days import Lived
from simulator.lab_orders import sum_orders
from simulator.lab_truth import TELLS_CARTS, TELLS_SHARES, Truth

MICROS = 1_000_000
TEXTS = (
    "platform", "account", "item", "campaign_id", "campaign", "ad_group_id", "ad_group", "keyword_id", "keyword",
    "match_type", "product_id", "currency",
)  # fmt: skip
SHARES = ("impression_share", "lost_to_rank_share", "lost_to_budget_share")


@dataclass(frozen=True)
class LabWarehouse:
    """The lived days and the present entities of one market, asked as of one night."""

    truth: Truth
    lived: tuple[Lived, ...]
    night: date
    export_days: int  # an export tells so many days, so a day's last version is of age ``export_days - 1``
    bid: np.ndarray
    is_live: np.ndarray

    def daily_window(self, _home: Any, _inputs: Any, kind: str, start: date, end: date, **options: Any) -> Any:
        """Stand in for ``window.daily_window``."""
        frame = _empty(kind)
        if kind == "keyword_daily":
            frame = self.facts(start, min(end, self.night + timedelta(days=1)), options.get("buckets"))
        return window.WindowResult(frame, _no_restatements(), frame.iloc[:0])

    def latest_state(self, _home: Any, _inputs: Any, kind: str) -> pd.DataFrame:
        """Stand in for ``window.latest_state``."""
        made = {"entities": self.entities, "products": self.products, "mapping": self.mapping}
        return made[kind]() if kind in made else _empty(kind)

    def period_facts(self, _home: Any, _inputs: Any, kind: str) -> pd.DataFrame:
        """Stand in for ``window.period_facts``: nothing is told by periods here."""
        return _empty(kind, columns.PERIOD)

    def snapshots(self, _home: Any, _inputs: Any, kind: str) -> pd.DataFrame:
        """Stand in for ``window.snapshots``: every night's export told the last days once more."""
        found = self.triangle()
        return found if kind == "keyword_daily" else found.iloc[:0]

    def window_rows(self, *_: Any) -> int:
        """Stand in for ``window.window_rows``: the window is read at once."""
        return 0

    def order_sums(self, _home: Any, _inputs: Any, start: date, _threads: int = 1) -> pd.DataFrame:
        """Stand in for ``window.order_sums``."""
        return sum_orders(self.truth, self.lived, (start, self.night), self.export_days)

    def facts(self, start: date, end: date, buckets: range | None) -> pd.DataFrame:
        """Return the days in ``[start, end)`` with the conversions that are known, sorted by keyword and day."""
        days = [one for one in self.lived if start <= one.day < end]
        if not days or (buckets is not None and 0 not in buckets):  # all rows lie in bucket 0
            return _empty("keyword_daily")
        row = np.concatenate([one.row for one in days])
        at = np.repeat(np.arange(len(days)), [len(one.row) for one in days])
        order = np.argsort(row * len(days) + at, kind="stable")
        row, at = row[order], at[order]
        orders = self._known_orders(days, order)
        day = np.array([np.datetime64(one.day, "us") for one in days])
        cells = {name: _take(self.truth.keywords[name], row) for name in TEXTS}
        cells["report_date"], cells["as_of"] = pa.array(day[at]), pa.array(self._as_of(days)[at])
        for name in ("impressions", "clicks"):
            cells[name] = pa.array(_joined(days, name)[order])
        cells["cost"] = pa.array(_micros(_joined(days, "cost")[order]))
        cells["conversions"] = pa.array(orders["n"])
        cells["conversion_value"] = pa.array(_micros(orders["value"]))
        cells["new_customers"] = pa.array(orders["new"].astype(np.int64))
        carts, told = self._told(TELLS_CARTS)[row], self._told(TELLS_SHARES)[row]
        for name in ("carts", "favorites"):
            cells[name] = pa.array(_joined(days, name)[order].astype(np.int64), mask=~carts)
        shares = np.concatenate([one.shares for one in days], axis=1)[:, order]
        for name, values in zip(SHARES, shares, strict=True):
            cells[name] = pa.array(values, mask=~told)
        return _as_frame("keyword_daily", cells, len(row))

    def _known_orders(self, days: list[Lived], order: np.ndarray) -> dict[str, np.ndarray]:
        """Return, per fact in ``order``, the orders reported by tonight: number, value, new customers."""
        found: dict[str, list[np.ndarray]] = {"n": [], "value": [], "new": []}
        n = len(self.truth)
        for one in days:
            known = one.order_age <= self._last_age(one.day)
            row = one.order_row[known]
            weights = {"n": None, "value": one.order_value[known], "new": one.order_is_new[known]}
            for name, weight in weights.items():
                found[name].append(np.bincount(row, weight, n).astype(np.float64)[one.row])
        return {name: np.concatenate(parts)[order] for name, parts in found.items()}

    def _as_of(self, days: list[Lived]) -> np.ndarray:
        """Return the night whose export last told each day."""
        last = [one.day + timedelta(days=self._last_age(one.day)) for one in days]
        return np.array([np.datetime64(one, "us") for one in last])

    def _last_age(self, day: date) -> int:
        return min((self.night - day).days, self.export_days - 1)

    def _told(self, platforms: tuple[str, ...]) -> np.ndarray:
        return np.asarray(self.truth.keywords["platform"].isin(platforms).to_numpy(dtype=bool))

    def triangle(self) -> pd.DataFrame:
        """Return the sums of every version of every day, as ``window.snapshots`` does."""
        parts = []
        for one in self.lived:
            parts += [self._version(one, age) for age in range(self._last_age(one.day) + 1)]
        return pd.DataFrame([row for part in parts for row in part], columns=SNAPSHOT_COLUMNS).astype(SNAPSHOT_TYPES)

    def _version(self, one: Lived, age: int) -> list[tuple[Any, ...]]:
        """Return each platform's sums of a day as they were known ``age`` days later."""
        n = len(self.truth.platforms)
        place, known = self.truth.platform[one.row], one.order_age <= age
        sold_at = self.truth.platform[one.order_row[known]]
        sums = [
            np.bincount(place, minlength=n), np.bincount(place, one.clicks, n), np.bincount(place, _micros(one.cost), n),
            np.bincount(sold_at, minlength=n), np.bincount(sold_at, _micros(one.order_value[known]), n),
        ]  # fmt: skip
        day, seen = pd.Timestamp(one.day), pd.Timestamp(one.day + timedelta(days=age))
        return [
            (profile.platform, "main", "keyword_daily", "", day, seen, *(one[code] for one in sums))
            for code, profile in enumerate(self.truth.platforms)
        ]

    def entities(self) -> pd.DataFrame:
        """Return keywords with bid and status, campaigns with their budget."""
        truth, n = self.truth, len(self.truth)
        keywords = truth.keywords.assign(
            level="keyword",
            entity_type="Keyword",
            status=np.where(self.is_live, "enabled", "paused"),
            bid=_micros(self.bid),
        )
        budget = _micros(truth.campaigns["daily_budget"].to_numpy())
        campaigns = truth.campaigns.assign(
            level="placement", entity_type="Campaign", status="enabled", account="main", daily_budget=budget,
            platform=[truth.platforms[code].platform for code in truth.campaigns["platform_code"]],
        )  # fmt: skip
        both = pd.concat([keywords, campaigns], ignore_index=True)
        names = [name for name, _ in _schema("entities") if name in both]
        cells = {name: pa.array(both[name], from_pandas=True) for name in names}
        cells["as_of"] = pa.repeat(pa.scalar(pd.Timestamp(self.night).to_pydatetime(), pa.timestamp("us")), len(both))
        return _as_frame("entities", cells, n + len(campaigns))

    def products(self) -> pd.DataFrame:
        """Return the shop's products with price and margin."""
        known = self.truth.products
        cells = {
            "platform": _same("templates", len(known)), "account": _same("main", len(known)),
            "product_id": pa.array(known["product_id"]), "price": pa.array(_micros(known["price"].to_numpy())),
            "margin": pa.array(known["margin"]), "currency": _same("CNY", len(known)),
        }  # fmt: skip
        return _as_frame("products", cells, len(known))

    def mapping(self) -> pd.DataFrame:
        """Return which campaigns hold the brand's own words."""
        rows = self.truth.keywords.loc[self.truth.keywords["is_brand"], ["platform", "campaign"]].drop_duplicates()
        cells = {
            "platform": _same("templates", len(rows)), "account": _same("main", len(rows)),
            "mapped_platform": pa.array(rows["platform"]), "campaign": pa.array(rows["campaign"]),
            "is_brand": pa.repeat(pa.scalar(True), len(rows)),
        }  # fmt: skip
        return _as_frame("mapping", cells, len(rows))


@contextmanager
def answering(warehouse: LabWarehouse) -> Iterator[None]:
    """Let every stage that asks the warehouse's window ask ``warehouse`` instead."""
    names = ("daily_window", "latest_state", "period_facts", "snapshots", "order_sums", "window_rows")
    with patch.multiple(window, **{name: getattr(warehouse, name) for name in names}):
        yield


SNAPSHOT_COLUMNS = [
    "platform", "account", "kind", "scope", "report_date", "as_of", "rows", "clicks", "cost", "conversions", "conversion_value",
]  # fmt: skip
SNAPSHOT_TYPES = {
    "platform": "str", "account": "str", "kind": "str", "scope": "str", "report_date": "datetime64[us]",
    "as_of": "datetime64[us]", "rows": "Int64", "clicks": "Int64", "cost": "Int64", "conversions": "float64",
    "conversion_value": "Int64",
}  # fmt: skip


def _as_frame(kind: str, cells: dict[str, Any], n: int) -> pd.DataFrame:
    """Return the stored frame of a kind: every column in its order and type, missing ones null."""
    arrays, names = [], []
    for name, cell in _schema(kind):
        found = cells.get(name)
        arrays.append(pa.nulls(n, cell) if found is None else found.cast(cell))
        names.append(name)
    return columns.to_pandas(pa.Table.from_arrays(arrays, names=names))


def _schema(kind: str, times: tuple[str, ...] = ()) -> list[tuple[str, pa.DataType]]:
    return [(one.name, one.type) for one in no_rows(kind, times).schema if one.name != "file"]


def _empty(kind: str, times: tuple[str, ...] = ()) -> pd.DataFrame:
    return columns.to_pandas(no_rows(kind, times)).drop(columns="file")


def _no_restatements() -> pd.DataFrame:
    return pd.DataFrame({"platform": pd.Series(dtype="str")})


def _take(words: pd.Series, row: np.ndarray) -> pa.Array:
    return pa.array(words, pa.string(), from_pandas=True).take(pa.array(row))


def _same(word: str, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(word), n)


def _joined(days: list[Lived], name: str) -> np.ndarray:
    return np.concatenate([getattr(one, name) for one in days])


def _micros(money: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(np.asarray(money) * MICROS), dtype=np.int64)
