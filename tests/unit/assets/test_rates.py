"""Names and groups of the estimates: what is pooled with what, what is net, and what stays missing where nobody tells it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.rates import add_rates
from optimizers.shrinkage import pool_rates
from tests.unit.assets.made_up import make_items

COUNTS = {"effective_value": 3000.0, "effective_orders": 30.0, "effective_cost": 1000.0}
COLD = {"effective_clicks": 0.0, "effective_conversions": 0.0}


def counted(*changes: dict[str, object]) -> pd.DataFrame:
    """Return items with 1,000 clicks, 30 orders, 3,000 sales and 1,000 cost each, and these changes."""
    items = make_items(*({name: change[name] for name in change if name not in COUNTS} for change in changes))
    for name, usual in COUNTS.items():
        items[name] = [change.get(name, usual) for change in changes]
    return items


def keywords(n_items: int, **change: object) -> list[dict[str, object]]:
    return [{"keyword": f"w{n}", **change} for n in range(n_items)]


def test_every_estimate_has_its_interval():
    one = add_rates(counted(*keywords(3))).loc[0]
    for name in ("cvr", "ctr", "aov", "cpc", "revenue_per_click", "value_per_click", "roas"):
        assert 0 < one[f"{name}_low"] < one[name] < one[f"{name}_high"], name
    assert one["ctr"] == pytest.approx(0.05, rel=0.05)
    assert one["cpc_log_sd"] < one["aov_log_sd"] < one["value_log_sd"]


def test_a_prior_rests_on_the_first_level_that_is_known():
    sold = [{"keyword": f"red w{n}", "campaign_key": str(n % 10)} for n in range(30)]
    cold = [
        {"keyword": "red x", "campaign_key": "new"}, {"keyword": "y", "campaign_key": "0"},
        {"keyword": "z", "campaign_key": "other"},
    ]  # fmt: skip
    spread = [{"keyword": f"blue v{n}", "campaign_key": str(n % 10), "effective_conversions": 150.0} for n in range(30)]
    sold[0] |= {"effective_clicks": 1e6, "effective_conversions": 3e4}
    found = add_rates(counted(*sold, *spread, *({**one, **COLD} for one in cold)))
    assert found["prior_source"].tolist()[:1] == ["keyword"]
    assert found["prior_source"].tolist()[-3:] == ["root", "campaign", "platform"]


def test_a_cold_keyword_sells_like_those_that_share_its_word():
    rows = [{"keyword": f"red w{n}", "effective_conversions": 90.0} for n in range(10)]
    rows += [{"keyword": f"blue v{n}", "effective_conversions": 10.0} for n in range(10)]
    found = add_rates(counted(*rows, {"keyword": "red new", **COLD}, {"keyword": "blue new", **COLD}))
    assert found["cvr"].iloc[-2] > 3 * found["cvr"].iloc[-1]


def test_of_one_campaign_without_shared_words_rates_are_those_of_plain_pooling():
    rng = np.random.default_rng(2)
    clicks = rng.integers(5, 400, 300).astype(float)
    sold = rng.poisson(clicks * rng.gamma(5.0, 0.006, 300)).astype(float)
    rows = [{"keyword": f"w{n}", "effective_clicks": clicks[n], "effective_conversions": sold[n]} for n in range(300)]
    found = add_rates(counted(*rows))
    group = np.zeros(300, dtype=np.int64)
    plain = pool_rates(sold, clicks, group, group)
    assert found["cvr"].to_numpy() == pytest.approx(plain.mean, rel=0.1)
    assert found["cvr_high"].to_numpy() == pytest.approx(plain.high, rel=0.1)


def test_what_is_refunded_or_claimed_twice_is_no_revenue():
    gross, net = (add_rates(counted(*keywords(2, net_factor=kept))).loc[0] for kept in (1.0, 0.8))
    for name in ("revenue_per_click", "value_per_click", "value_per_click_low", "roas", "roas_high"):
        assert net[name] == pytest.approx(0.8 * gross[name])
    assert net["aov"] == gross["aov"]


def test_an_unsure_click_price_widens_the_roas():
    sure, unsure = (
        add_rates(counted(*keywords(2, effective_paid_clicks=clicks, effective_cost=clicks))).loc[0]
        for clicks in (1e6, 1.0)
    )
    assert unsure["roas_high"] / unsure["roas_low"] > 1.2 * sure["roas_high"] / sure["roas_low"]


@pytest.mark.parametrize(("margin", "roas"), [(0.5, 2.0), (0.0, np.nan), (1.25, 0.8)])
def test_break_even_is_one_over_the_margin_on_the_value_basis(margin, roas):
    assert add_rates(counted({"margin": margin})).loc[0, "break_even_roas"] == pytest.approx(roas, nan_ok=True)


def test_order_values_are_pooled_by_product_before_campaign():
    rows = [*keywords(8, product_id="dear", effective_value=30_000.0), *keywords(8, product_id="cheap")]
    cold = {"effective_value": 0.0, "effective_orders": 0.0}
    found = add_rates(counted(*rows, {"keyword": "a", "product_id": "dear", **cold},
                              {"keyword": "b", "product_id": "cheap", **cold}))  # fmt: skip
    assert found["aov"].iloc[-2] > 4 * found["aov"].iloc[-1]


def test_a_new_customer_costs_the_orders_it_takes_and_is_missing_where_nobody_tells():
    told = keywords(4, effective_new_orders=30.0, effective_new_customers=12.0)
    silent = keywords(2, platform="amazon_sp", campaign="Silent")
    found = add_rates(counted(*told, *silent))
    assert found["new_customer_share"].iloc[0] == pytest.approx(0.4, rel=0.05)
    one = found.iloc[0]
    assert one["cac"] == pytest.approx(one["cpc"] / (one["cvr"] * one["new_customer_share"]))
    assert found[["new_customer_share", "cac"]].iloc[-2:].isna().all(axis=None)


def test_carts_lift_an_item_of_few_clicks_and_leave_platforms_that_tell_none_alone():
    rng = np.random.default_rng(7)
    own = rng.gamma(4.0, 0.25, 400)
    rows = [
        {"keyword": f"w{n}", "effective_clicks": 200.0, "effective_conversions": float(rng.poisson(6.0 * rate)),
         "effective_cart_clicks": 200.0, "effective_carts": float(rng.poisson(20.0 * rate))}
        for n, rate in enumerate(own)
    ]  # fmt: skip
    few = {"effective_clicks": 20.0, "effective_conversions": 0.0, "effective_cart_clicks": 20.0}
    pair = [{"keyword": "often", **few, "effective_carts": 8.0}, {"keyword": "never", **few, "effective_carts": 0.0}]
    silent = [{"keyword": f"s{n}", "platform": "amazon_sp", **COLD} for n in range(3)]
    found = add_rates(counted(*rows, *pair, *silent)).set_index("keyword")
    assert found.loc["often", "cvr"] > 1.5 * found.loc["never", "cvr"]
    assert found.loc["s0", "cvr"] == pytest.approx(found.loc["s1", "cvr"])


def test_plans_without_keywords_are_pooled_by_platform():
    plans = [
        {"keyword": f"plan {n}", "campaign": f"c{n}", "campaign_key": f"c{n}", "level": "placement"} for n in range(6)
    ]
    found = add_rates(counted(*plans, {**plans[0], "keyword": "new", "campaign_key": "new", **COLD}))
    assert found["cvr"].iloc[-1] == pytest.approx(0.03, rel=0.15)
    assert found["prior_source"].iloc[-1] == "platform"
