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
    sums = ledger.window(platform, first, last, last).groupby("row")[["clicks", "cost", "conversion_value"]].sum()
    seen = sums[(sums["clicks"] >= MIN_CLICKS) & (sums["cost"] > 0)]
    rng = np.random.default_rng([seed, 41, account.profile.index, day.toordinal()])
    chosen = rng.random(len(seen)) < EDIT_SHARE
    roas = (seen["conversion_value"] / seen["cost"]).to_numpy()
    factor = np.where(roas > RAISE_ABOVE, 1.10, np.where(roas < LOWER_BELOW, 0.88, 1.0))
    rows = seen.index.to_numpy()[chosen & (factor != 1.0)]
    bids = account.keywords["bid"].to_numpy(copy=True)
    bids[rows] = np.maximum((bids[rows] * factor[chosen & (factor != 1.0)]).round(2), account.profile.min_bid)
    account.keywords["bid"] = bids
    return len(rows)
