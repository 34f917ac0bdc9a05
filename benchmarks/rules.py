"""What most shops do without a model: the usual rules, a peer for our decisions on the simulated market.

The rules see what the exports show, never the truth, and act through the market's own edits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from simulator.shop import SimulatedMarket

DAYS, STEP, MIN_CLICKS = 14, 0.15, 60
Edit = dict[str, Any]


def apply_usual_rules(market: SimulatedMarket, target: float) -> int:
    """Raise what sold above the target ROAS in 14 days by 15 %, lower the rest by 15 %, pause 60 clicks without a sale.

    The lever is the bid, for closed-bid plans the daily budget. Items without cost are left alone. Returns the edits made.
    """
    edits = [edit for platform in sorted(_items(market)) for edit in _edits(market, platform, target)]
    day = market.world.today
    for edit in edits:
        market.replay_edit(day, edit)
    return len(edits)


def _items(market: SimulatedMarket) -> dict[str, pd.DataFrame]:
    accounts = {name: account.keywords for name, account in market.world.accounts.items()}
    return {**accounts, market.world.audience.profile.platform: market.world.audience.plans}


def _edits(market: SimulatedMarket, platform: str, target: float) -> Iterator[Edit]:
    items = _items(market)[platform]
    is_plan = platform == market.world.audience.profile.platform
    kind, lever = ("budget", "daily_budget") if is_plan else ("bid", "bid")
    floor = 0.0 if is_plan else market.world.accounts[platform].profile.min_bid
    seen = _observed(market, platform, len(items))
    for row in np.flatnonzero(items["status"].eq("enabled").to_numpy() & (seen["cost"] > 0)):
        edit = {"platform": platform, "row": int(row)}
        if seen["clicks"][row] >= MIN_CLICKS and seen["conversions"][row] == 0:
            yield {**edit, "kind": "status", "value": "paused"}
            continue
        factor = 1.0 + STEP if seen["conversion_value"][row] > target * seen["cost"][row] else 1.0 - STEP
        yield {**edit, "kind": kind, "value": max(round(float(items[lever].iloc[row]) * factor, 2), floor)}


def _observed(market: SimulatedMarket, platform: str, n_items: int) -> dict[str, np.ndarray]:
    """Return two weeks' sums per item as reported by the last evening."""
    last = market.last_lived
    facts = market.world.ledger.window(platform, last - timedelta(days=DAYS - 1), last, last)
    names = ("clicks", "cost", "conversions", "conversion_value")
    return {name: np.bincount(facts["row"], weights=facts[name], minlength=n_items) for name in names}
