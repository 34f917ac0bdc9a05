"""What bids that people set tell of conversion rates: much where they follow sales, nothing where they do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.rates import add_rates
from assets.set_bids import bid_factors, first_bids
from optimizers.effects import stack_effects
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


def columns_of(items: pd.DataFrame, worth: np.ndarray) -> list[np.ndarray]:
    pool, kin = (
        np.zeros(len(items), dtype=np.int64),
        stack_effects(len(items), [items["campaign_key"].astype(int).to_numpy()]),
    )
    return [one.toarray() for one in bid_factors(items, worth, pool, kin)]


def test_the_currency_changes_no_covariate_and_missing_bids_stand_in_the_middle():
    items, _ = shop(4, follows=1.0)
    items.loc[0, "bid"] = np.nan
    worth = np.full(N_ITEMS, 100.0)
    plain, dear = (columns_of(items.assign(fx_rate=rate), worth * rate) for rate in (1.0, 7.0))
    assert [one.shape for one in plain] == [(N_ITEMS, 3), (N_ITEMS, 2)]
    for one, other in zip(plain, dear, strict=True):
        assert other == pytest.approx(one)
        assert (one[0] == 0).all()
    assert plain[1][1:, 0].mean() == pytest.approx(0.0, abs=1e-12)


def test_own_and_shared_part_add_up_to_what_the_bid_is_beyond_the_worth():
    items, _ = shop(6, follows=1.0)
    worth = np.exp(np.random.default_rng(6).normal(0.0, 0.8, N_ITEMS))
    common, apart = columns_of(items.assign(bid=items["bid"] * worth**0.5), worth)
    assert common[:, 0] + common[:, 1] == pytest.approx(apart[:, 0])
    assert common[:, 2] == pytest.approx(apart[:, 1])
    assert np.corrcoef(apart[:, 0], apart[:, 1])[0, 1] == pytest.approx(
        0.0, abs=1e-4
    )  # up to what is bent at ten times


def test_a_slip_of_a_zero_is_worth_no_more_than_a_factor_of_ten():
    items, _ = shop(5, follows=1.0)
    slips = [items.assign(bid=items["bid"].where(items.index != 3, slip)) for slip in (2e6, 2e9)]
    first, second = (columns_of(one, np.full(N_ITEMS, 100.0))[1] for one in slips)
    assert first[3, 0] == pytest.approx(second[3, 0], rel=0.01)


def test_kin_whose_bids_are_high_sell_better_and_are_believed_to():
    """Staff err in each bid by more than keywords differ, but not in all bids of a campaign at once."""
    rng = np.random.default_rng(7)
    campaign = np.repeat(rng.normal(0.0, 0.5, 40), N_ITEMS // 40)
    rate = 0.02 * np.exp(campaign)
    sold = rng.poisson(20.0 * rate).astype(float)
    items = make_items(*({"keyword": f"w{n}", "campaign_key": str(n // (N_ITEMS // 40))} for n in range(N_ITEMS)))
    items = items.assign(bid=np.exp(campaign + rng.normal(0.0, 0.8, N_ITEMS)), effective_clicks=20.0, effective_cost=100.0,
                         effective_conversions=sold, effective_orders=sold, effective_value=100.0 * sold)  # fmt: skip
    assert error(items, rate) < 0.85 * error(items.assign(bid=np.nan), rate)
