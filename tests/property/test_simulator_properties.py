"""What must hold of the simulated auctions for any keyword: more bid, more clicks; budgets bind; terms add up."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.terms import build_terms, live_terms, open_shares, split_counts
from simulator.traffic import keyword_demand, serve_day, served_share
from simulator.words import ENGLISH

POSITIVE = st.floats(min_value=0.02, max_value=50)


@st.composite
def keyword_tables(draw):
    n = draw(st.integers(1, 8))
    base_bid = [draw(POSITIVE) for _ in range(n)]
    return pd.DataFrame(
        {
            "base_bid": base_bid,
            "bid": [bid * draw(st.floats(0.3, 3.0)) for bid in base_bid],
            "base_clicks": [draw(st.floats(0.01, 200)) for _ in range(n)],
            "eta": [draw(st.floats(0.3, 1.5)) for _ in range(n)],
            "rank_share": [draw(st.floats(0.05, 1.0)) for _ in range(n)],
            "ctr": [draw(st.floats(0.005, 0.5)) for _ in range(n)],
            "campaign": [draw(st.integers(0, 2)) for _ in range(n)],
            "status": [draw(st.sampled_from(["enabled", "enabled", "paused"])) for _ in range(n)],
        }
    )


@settings(max_examples=60, deadline=None)
@given(keyword_tables(), st.floats(1.0, 3.0))
def test_a_higher_bid_never_buys_fewer_clicks_or_costs_less(keywords, factor):
    low = keyword_demand(keywords)
    high = keyword_demand(keywords, keywords["bid"].to_numpy() * factor)
    assert (high.clicks >= low.clicks * (1 - 1e-12)).all()
    assert (high.cost >= low.cost * (1 - 1e-9)).all()
    assert (high.rank_share <= 1).all()


@settings(max_examples=60, deadline=None)
@given(keyword_tables())
def test_a_click_never_costs_more_than_the_bid_and_paused_words_get_none(keywords):
    demand = keyword_demand(keywords)
    assert (demand.cost <= demand.clicks * keywords["bid"].to_numpy() * (1 + 1e-12)).all()
    assert (demand.clicks[keywords["status"].eq("paused").to_numpy()] == 0).all()


@settings(max_examples=60, deadline=None)
@given(keyword_tables(), st.floats(1.001, 1.5))
def test_the_next_click_costs_the_bid_where_volume_is_left(keywords, factor):
    """Truthful second price: the marginal cost of clicks lies between the two bids."""
    low = keyword_demand(keywords)
    bid = keywords["bid"].to_numpy()
    high = keyword_demand(keywords, bid * factor)
    grows = (high.clicks - low.clicks) > 1e-6
    marginal = (high.cost - low.cost)[grows] / (high.clicks - low.clicks)[grows]
    assert (marginal >= bid[grows] * (1 - 1e-6)).all()
    assert (marginal <= bid[grows] * factor * (1 + 1e-6)).all()


@settings(max_examples=60, deadline=None)
@given(keyword_tables(), st.lists(st.floats(0.5, 500), min_size=3, max_size=3))
def test_no_campaign_is_served_beyond_its_budget(keywords, budgets):
    cost, campaign = keyword_demand(keywords).cost, keywords["campaign"].to_numpy()
    limit = np.array(budgets)
    share = served_share(cost, campaign, limit)
    spent = np.bincount(campaign, weights=cost * share, minlength=3)
    assert (spent <= limit * (1 + 1e-9)).all()
    assert ((share > 0) & (share <= 1)).all()


@settings(max_examples=40, deadline=None)
@given(keyword_tables(), st.integers(0, 2**31), st.floats(0.2, 3.0))
def test_a_drawn_day_is_consistent(keywords, seed, factor):
    budgets = np.full(3, 25.0)
    facts = serve_day(keywords, budgets, np.full(len(keywords), factor), np.random.default_rng(seed))
    campaign = keywords["campaign"].to_numpy()[facts["row"]]
    spent = np.bincount(campaign, weights=facts["cost"], minlength=3)
    assert (facts["clicks"] <= facts["impressions"]).all()
    assert (facts["cost"] >= 0).all()
    assert ((facts["cost"] > 0) == (facts["clicks"] > 0)).all()
    assert (spent <= budgets + 0.02 * len(keywords)).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 300), st.floats(0, 500), st.integers(0, 9)), min_size=1, max_size=6
    ),
    st.integers(0, 2**31),
)
def test_search_terms_add_up_to_their_keywords_to_the_cent(rows, seed):
    rng = np.random.default_rng(seed)
    n = len(rows)
    clicks = np.array([row[0] for row in rows])
    orders = np.minimum([row[3] for row in rows], clicks)
    facts = {
        "row": np.arange(n),
        "clicks": clicks,
        "impressions": clicks + [row[1] for row in rows],
        "cost": np.where(clicks > 0, np.round([row[2] for row in rows], 2), 0.0),
        "conversions": orders,
        "conversion_value": np.round(orders * 33.37, 2),
    }
    words = [f"word {i}" for i in range(n)]
    split = split_counts(facts, build_terms(words, ["broad"] * n, ENGLISH, rng), rng)
    for name in ("clicks", "cost", "conversions", "conversion_value"):
        back = np.bincount(split["source"].to_numpy(dtype=int), weights=split[name].to_numpy(dtype=float), minlength=n)
        assert np.allclose(back, facts[name], atol=1e-6), name


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["exact", "phrase", "broad", "auto"]), min_size=1, max_size=8), st.integers(0, 2**31))
def test_terms_leave_a_keywords_own_truth_unchanged_until_one_is_blocked(match_types, seed):
    words = [f"word {i}" for i in range(len(match_types))]
    terms = build_terms(words, match_types, ENGLISH, np.random.default_rng(seed))
    keywords = pd.DataFrame({"base_clicks": 1.0, "status": ["enabled"] * len(words)})
    clicks, sales = open_shares(live_terms(terms, keywords), len(words))
    assert np.allclose(clicks, 1)
    assert np.allclose(sales, 1)
    terms.loc[0, "is_negative"] = True
    fewer, _ = open_shares(live_terms(terms, keywords), len(words))
    assert fewer[0] < clicks[0]
