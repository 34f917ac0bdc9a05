"""What bids that people set tell of conversion rates: much where they follow sales, nothing where they do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.rates import add_rates
from assets.set_bids import MAX_LOG, bid_columns, first_bids
from tests.unit.assets.made_up import make_items

N_ITEMS = 400


def shop(seed: int, follows: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return keywords of 60 clicks each with their true rates; ``follows``: the share of a rate's log that is in its bid."""
    rng = np.random.default_rng(seed)
    log_rate = np.log(0.03) + rng.normal(0.0, 0.5, N_ITEMS)
    bid = 2.0 * np.exp(follows * (log_rate - np.log(0.03)) + rng.normal(0.0, 0.2, N_ITEMS))
    sold = rng.poisson(60.0 * np.exp(log_rate)).astype(float)
    items = make_items(*({"keyword": f"w{n}", "campaign_key": str(n % 8)} for n in range(N_ITEMS)))
    items = items.assign(bid=bid, effective_clicks=60.0, effective_conversions=sold, effective_orders=sold,
                         effective_value=100.0 * sold, effective_cost=1000.0)  # fmt: skip
    return items, np.exp(log_rate)


def error(items: pd.DataFrame, rate: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.log(add_rates(items)["cvr"].to_numpy() / rate) ** 2)))


def test_bids_that_follow_sales_make_rates_surer():
    items, rate = shop(1, follows=1.0)
    assert error(items, rate) < 0.8 * error(items.assign(bid=np.nan), rate)


def test_bids_that_follow_nothing_change_next_to_nothing():
    items, rate = shop(2, follows=0.0)
    assert error(items, rate) == pytest.approx(error(items.assign(bid=np.nan), rate), rel=0.05)


def test_what_is_bid_after_our_own_edit_tells_nothing_new():
    items, _ = shop(3, follows=1.0)
    ours = items.assign(first_bid=items["bid"], bid=items["bid"] * np.linspace(0.5, 2.0, N_ITEMS))
    pd.testing.assert_series_equal(add_rates(ours)["cvr"], add_rates(items)["cvr"])


def test_the_first_bid_is_the_one_before_our_oldest_edit():
    log = pd.DataFrame({
        "item": ["b", "a", "a", "c"], "night": pd.to_datetime(["2025-01-03", "2025-01-04", "2025-01-02", "2025-01-02"]),
        "old": [1.0, 3.0, 2.0, np.nan],
    })  # fmt: skip
    assert first_bids(log).to_dict() == {"a": 2.0, "b": 1.0}


def test_the_currency_changes_no_covariate_and_missing_bids_stand_in_the_middle():
    items, _ = shop(4, follows=1.0)
    items.loc[0, "bid"] = np.nan
    worth, pool = np.full(N_ITEMS, 100.0), np.zeros(N_ITEMS, dtype=np.int64)
    plain, dear = (bid_columns(items.assign(fx_rate=rate), worth * rate, pool).toarray() for rate in (1.0, 7.0))
    assert dear == pytest.approx(plain)
    assert plain.shape == (N_ITEMS, 2)
    assert (plain[0] == 0).all()
    assert plain[1:, 0].mean() == pytest.approx(0.0, abs=1e-12)


def test_a_slip_of_a_zero_is_worth_no_more_than_a_factor_of_ten():
    items, _ = shop(5, follows=1.0)
    items.loc[3, "bid"] = 2e6
    found = bid_columns(items, np.full(N_ITEMS, 100.0), np.zeros(N_ITEMS, dtype=np.int64)).toarray()
    assert np.abs(found).max() == pytest.approx(MAX_LOG)
