"""A drawn market whose managers raise bids when clicks rose and lower them when they fell; every edit carries the jitter.

Demand of each keyword wanders and comes back to its mean, so a manager who follows it edits just before it turns: bids and
clicks move together, and not because bids bring clicks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizers.explore import average_log_change, jitter

N_DAYS, FIRST_EDIT = 60, 16
START = pd.Timestamp("2025-01-01")


@dataclass(frozen=True)
class Managed:
    """What the tool would know: its log, daily facts, items; and the same days as arrays (n_keywords, n_days)."""

    log: pd.DataFrame
    daily: pd.DataFrame
    items: pd.DataFrame
    clicks: np.ndarray
    bid: np.ndarray


def draw_managed(
    seed: int, eta: float, n_keywords: int = 400, *, mean_clicks: float = 6.0, kappa: float = 1.0
) -> Managed:
    """Return two months of a market in which clicks answer to bids with elasticity ``eta``, cost per click with ``kappa``."""
    rng = np.random.default_rng(seed)
    level = mean_clicks * np.exp(rng.normal(-0.5, 1.0, n_keywords))
    mood = np.zeros(n_keywords)
    keys = [f"word {number}" for number in range(n_keywords)]
    base = np.round(np.exp(rng.normal(np.log(2.0), 0.4, n_keywords)), 2)
    bid, clicks, cost = (np.zeros((n_keywords, N_DAYS)) for _ in range(3))
    now, edits = base.copy(), []
    for day in range(N_DAYS):
        mood = 0.9 * mood + rng.normal(0.0, 0.15, n_keywords)
        bid[:, day] = now
        shock = np.exp(rng.normal(0.0, 0.06))
        clicks[:, day] = rng.poisson(level * np.exp(mood) * shock * (now / base) ** eta)
        paid = now * 0.45 * (now / base) ** (kappa - 1.0) * np.exp(rng.normal(0.0, 0.05, n_keywords))
        cost[:, day] = clicks[:, day] * paid
        if day < FIRST_EDIT:
            continue
        planned = follow(clicks[:, : day + 1], now, rng)
        low, high = np.round(now * 0.7, 2), np.round(now * 1.3, 2)

        def realise(
            log_factor: np.ndarray, planned: np.ndarray = planned, limits: tuple[np.ndarray, np.ndarray] = (low, high)
        ) -> np.ndarray:
            return np.clip(np.round(planned * np.exp(log_factor), 2), *limits)

        new, mean = realise(np.log(jitter(keys, seed * 1000 + day))), average_log_change(realise, planned, 0.05)
        moved = np.abs(planned / now - 1.0) >= 0.02
        night = START + pd.Timedelta(days=day)
        edits += [(keys[row], night, now[row], planned[row], new[row], mean[row]) for row in np.flatnonzero(moved)]
        now = np.where(moved, new, now)
    return _known(keys, edits, clicks, cost, bid, now)


def follow(clicks: np.ndarray, bid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the bids that managers want: up where the last three days beat the two weeks before, down where they did not.

    One keyword in five is looked at on a day.
    """
    recent, before = clicks[:, -3:].mean(axis=1), clicks[:, -16:-3].mean(axis=1)
    wish = np.clip(0.5 * np.log((recent + 0.5) / (before + 0.5)), -0.3, np.log(1.3))
    looked_at = rng.random(len(bid)) < 0.2
    return np.where(
        looked_at, np.clip(np.round(bid * np.exp(wish), 2), np.round(bid * 0.7, 2), np.round(bid * 1.3, 2)), bid
    )


def naive_elasticity(market: Managed) -> tuple[float, float]:
    """Return slope and standard error of the usual within-keyword regression of log weekly clicks on log bid."""
    weeks = N_DAYS // 7
    shape = (len(market.clicks), weeks, 7)
    y = np.log(market.clicks[:, : weeks * 7].reshape(shape).sum(axis=2) + 0.5)
    x = np.log(market.bid[:, : weeks * 7].reshape(shape).mean(axis=2))
    y, x = (one - one.mean(axis=1, keepdims=True) - one.mean(axis=0) + one.mean() for one in (y, x))
    power = (x**2).sum()
    slope = (x * y).sum() / power
    influence = (x * (y - slope * x)).sum(axis=1) / power
    return float(slope), float(np.sqrt((influence**2).sum()))


def _known(
    keys: list[str],
    edits: list[tuple[object, ...]],
    clicks: np.ndarray,
    cost: np.ndarray,
    bid: np.ndarray,
    now: np.ndarray,
) -> Managed:
    log = pd.DataFrame(edits, columns=["item", "night", "old", "planned", "new", "mean"]).assign(platform="shop")
    log["night"] = log["night"].astype("datetime64[us]")
    items = pd.DataFrame({"item": keys, "bid": now, "fx_rate": 1.0, "platform": "shop", "account": "main"})
    items = items.assign(match_type="exact", entity_date=START + pd.Timedelta(days=N_DAYS))
    n = len(keys)
    daily = pd.DataFrame({
        "item": np.repeat(keys, N_DAYS), "report_date": np.tile(pd.date_range(START, periods=N_DAYS), n),
        "clicks": clicks.ravel(), "cost": cost.ravel(), "platform": "shop", "account": "main",
    })  # fmt: skip
    return Managed(log, daily[daily["clicks"] > 0], items, clicks, bid)
