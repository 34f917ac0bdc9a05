"""What the shop's staff did with the bids before any tool: small moves twice a week on the words with traffic."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from simulator.accounts import Account
from simulator.ledger import Ledger, days

EDIT_WEEKDAYS = (0, 3)
MIN_CLICKS = 20
EDIT_SHARE = 0.35
RAISE_ABOVE, LOWER_BELOW = 4.0, 2.0


def adjust_bids(account: Account, ledger: Ledger, day: date, seed: int) -> int:
    """Move some bids by the last two weeks' ROAS as seen that morning; return how many were moved."""
    if day.weekday() not in EDIT_WEEKDAYS:
        return 0
    platform, last = account.profile.platform, day - timedelta(days=1)
    first = day - timedelta(days=14)
    if not any((platform, past) in ledger.facts for past in days(first, last)):
        return 0
    facts = ledger.window(platform, first, last, last)
    n = len(account.keywords)
    clicks, cost, value = (
        np.bincount(facts["row"], weights=facts[name], minlength=n) for name in ("clicks", "cost", "conversion_value")
    )
    seen = np.flatnonzero((clicks >= MIN_CLICKS) & (cost > 0))
    rng = np.random.default_rng([seed, 41, account.profile.index, day.toordinal()])
    chosen = rng.random(len(seen)) < EDIT_SHARE
    roas = value[seen] / cost[seen]
    factor = np.where(roas > RAISE_ABOVE, 1.10, np.where(roas < LOWER_BELOW, 0.88, 1.0))
    is_moved = chosen & (factor != 1.0)
    rows = seen[is_moved]
    bids = account.keywords["bid"].to_numpy(copy=True)
    bids[rows] = np.maximum((bids[rows] * factor[is_moved]).round(2), account.profile.min_bid)
    account.keywords["bid"] = bids
    return len(rows)
