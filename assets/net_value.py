"""What a platform's claimed sales are worth to the shop: net of refunds, and no more than the shop's own orders.

Here belongs which own orders speak for which platform. The estimates are in ``optimizers.net_value``.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.maturity_curves import Maturity
from assets.money import from_micros, fx_rates
from assets.warehouse import window
from optimizers.metrics import decay_weights
from optimizers.net_value import deflation, refund_curve, shrink_share

SHOP = ""  # the group of all channels together
REFUND_DAYS = (
    15  # seven days to send back after receipt (China's consumer law, article 25), a week of transport and checks
)
MIN_ORDER_DAYS = 3  # a day's share averages many orders, and an age left out is guessed from the ages before it
CLAIM_PRIOR_ORDERS = 50.0  # about a day's orders of a small shop hold the factor at 1
CHANNEL_SD = 0.05  # how far the refund share of one channel lies from its shop's: fashion on one, bottles on another
UNTOLD_SD = 0.05  # refunds of a shop that does not tell them: a tenth of sales would be nothing unusual
Z_80 = 1.2816  # half of an 80 % interval, in standard deviations
ORIGIN = ["platform", "account", "scope", "channel", "currency", "report_date"]
KEPT = ["net_share", "net_share_low", "net_share_high", "is_net_known"]
CLAIMS = ["claimed_orders", "own_orders", "claimed_value", "own_value", "deflation"]


@dataclass(frozen=True)
class NetValue:
    """What is left of each platform's claims; ``table`` has a row per platform: channel, ``KEPT``, ``CLAIMS``, net_factor."""

    table: pd.DataFrame

    def of(self, platform: pd.Series, name: str) -> np.ndarray:
        """Return one column for rows of these platforms."""
        return np.asarray(platform.map(self.table[name]).to_numpy())

    def lines(self) -> list[str]:
        """Return what a person should know of it, one line per platform."""
        return [_line(row) for row in self.table.reset_index(names="platform").to_dict("records")]


def load_orders(batch: Batch) -> pd.DataFrame:
    """Return the shop's own orders of the window by day, channel and version, in shop money."""
    start = batch.night - timedelta(days=batch.settings.window.days - 1)
    orders = window.order_sums(batch.home, batch.inputs, start, batch.settings.threads)
    orders = orders[orders["report_date"] <= pd.Timestamp(batch.night)].reset_index(drop=True)
    rate = fx_rates(orders["currency"], orders["report_date"], batch.settings.fx, batch.settings.shop.currency)
    for name in ("revenue", "refund"):
        orders[name] = from_micros(orders[name]) * rate
    orders["channel"] = orders["channel"].fillna(SHOP)
    return orders[rate.notna()].reset_index(drop=True)


def learn_net_value(days: pd.DataFrame, orders: pd.DataFrame, maturity: Maturity, batch: Batch) -> NetValue:
    """Return what is left of each platform's claims, from sums of accounts and days and from ``load_orders``.

    Platforms that name the same channel share its orders; one that names none, or a channel that no order names, is held
    against the whole shop.
    """
    told = set(orders["channel"])
    wanted = {name: use.channel for name, use in batch.uses.items()}
    channels = {name: one if one is not None and one in told else SHOP for name, one in wanted.items()}
    groups = sorted(set(channels.values()))
    kept = _kept_shares(orders, groups, batch)
    claims = _claims(days, orders, channels, maturity, batch)
    table = pd.DataFrame({"channel": pd.Series(channels, dtype="str")})
    for column in KEPT:
        table[column] = table["channel"].map(kept[column])
    for column in CLAIMS:
        table[column] = table["channel"].map(claims[column])
    table["net_factor"] = table["net_share"] * table["deflation"]
    return NetValue(table)


def _kept_shares(orders: pd.DataFrame, groups: Sequence[str], batch: Batch) -> pd.DataFrame:
    """Return the share of sales that is not sent back, by group, with an 80 % interval."""
    known = orders[orders["refund"].notna() & orders["revenue"].notna()]
    shop = refund_curve(*_triangle(known), REFUND_DAYS, MIN_ORDER_DAYS)
    rows = {}
    for group in groups:
        own = (
            refund_curve(*_triangle(known[known["channel"] == group]), REFUND_DAYS, MIN_ORDER_DAYS)
            if group != SHOP
            else shop
        )
        share, sd = batch.settings.refund_share, UNTOLD_SD
        if own.is_learned and shop.is_learned and group != SHOP:
            found, error = shrink_share([own.share], [own.sd], shop.share, CHANNEL_SD)
            share, sd = float(found[0]), float(error[0])
        elif shop.is_learned:
            share, sd = shop.share, shop.sd if group == SHOP else float(np.hypot(shop.sd, CHANNEL_SD))
        low, high = np.clip([1 - share - Z_80 * sd, 1 - share + Z_80 * sd], 0.0, 1.0)
        rows[group] = (1 - share, low, high, shop.is_learned)
    return pd.DataFrame.from_dict(rows, orient="index", columns=KEPT)


def _triangle(orders: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each order day's sales as last told, and its refunds by age."""
    age = (orders["as_of"] - orders["report_date"]).dt.days
    fits = (age >= 0) & (age <= REFUND_DAYS)
    rows = orders[fits].assign(age=age[fits]).sort_values("as_of", kind="stable")
    if rows.empty:
        return np.zeros(0), np.zeros((0, REFUND_DAYS + 1))
    sales = rows.groupby(ORIGIN, sort=True)["revenue"].last()
    back = rows.pivot_table(index=ORIGIN, columns="age", values="refund", aggfunc="last", sort=True)
    back = back.reindex(index=sales.index, columns=range(REFUND_DAYS + 1))
    return sales.to_numpy(dtype=np.float64), back.to_numpy(dtype=np.float64, na_value=np.nan)


def _claims(
    days: pd.DataFrame, orders: pd.DataFrame, channels: dict[str, str], maturity: Maturity, batch: Batch
) -> pd.DataFrame:
    """Return claimed and own orders and sales by group, over the decayed days that both tell, and the factor.

    Claims count as what they will come to (divided by maturity), because the shop's orders are all there at once.
    """
    newest = orders[orders["as_of"] == orders.groupby(ORIGIN, dropna=False)["as_of"].transform("max")]
    share = maturity.share(days)
    claims = days.assign(orders=days["conversions"] / share, value=days["conversion_value"] / share)
    rows = {}
    for group in sorted(set(channels.values())):
        names = [name for name, channel in channels.items() if group in (channel, SHOP)]
        own = newest if group == SHOP else newest[newest["channel"] == group]
        had = own.groupby("report_date")[["orders", "revenue"]].sum()
        said = claims[claims["platform"].isin(names)].groupby("report_date")[["orders", "value"]].sum()
        rows[group] = _claim_row(had.astype("float64"), said.astype("float64"), batch)
    return pd.DataFrame.from_dict(rows, orient="index", columns=CLAIMS)


def _claim_row(had: pd.DataFrame, said: pd.DataFrame, batch: Batch) -> tuple[float, ...]:
    both = said.index.intersection(had.index).sort_values()
    age = (pd.Timestamp(batch.night) - both.to_series()).dt.days.to_numpy(dtype=np.float64)
    weight = decay_weights(age, batch.settings.window.half_life_days)
    own, revenue = (float(weight @ had.loc[both, name].to_numpy()) for name in ("orders", "revenue"))
    claimed, value = (float(weight @ said.loc[both, name].to_numpy()) for name in ("orders", "value"))
    prior = np.array([CLAIM_PRIOR_ORDERS, CLAIM_PRIOR_ORDERS * (revenue / own if own > 0 else 0.0)])
    factors = [
        deflation([a], [b], float(p))[0] for a, b, p in zip((own, revenue), (claimed, value), prior, strict=True)
    ]
    plain = (said.loc[both, "orders"].sum(), had.loc[both, "orders"].sum())
    money = (said.loc[both, "value"].sum(), had.loc[both, "revenue"].sum())
    return (*plain, *money, float(min(factors)) if len(both) else 1.0)


def _line(row: Mapping[Hashable, Any]) -> str:
    where = f"channel {row['channel']}" if row["channel"] else "the whole shop"
    if row["own_orders"] == 0:
        claims = "no own orders to hold its claims against"
    else:
        claims = (
            f"claimed {row['claimed_orders']:,.0f} orders, own {row['own_orders']:,.0f} ({where}), "
            f"factor {row['deflation']:.2f}"
        )
    span = f"{row['net_share_low']:.1%} to {row['net_share_high']:.1%}"
    source = "" if row["is_net_known"] else ", refunds assumed: no own orders tell them"
    return f"{row['platform']}: {claims}; kept after refunds {row['net_share']:.1%} ({span}){source}"
