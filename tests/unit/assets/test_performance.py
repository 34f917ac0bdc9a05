from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.account_days import account_days, combine_days
from assets.batch import Batch
from assets.day_factors import DayFactors
from assets.maturity_curves import learn_maturity, seen_versions
from assets.performance import (
    DailyParts,
    campaigns_told,
    count_parts,
    learn_shared,
    load_daily,
    summarise,
    without_parents,
)
from configs.schema import Calendar
from tests.unit.assets.made_up import USD, day, make_batch, put, with_platform


def keyword(report_date: str, word: str = "tent", **numbers: object) -> dict[str, object]:
    base = {"campaign": "Tents", "ad_group": "Group", "keyword": word, "match_type": "exact", "impressions": 100}
    return {**base, "report_date": report_date, **numbers}


def of(items: pd.DataFrame, word: str = "tent") -> pd.Series:
    return items.set_index("keyword").loc[word]


def with_calendar_factors(batch: Batch) -> pd.DataFrame:
    """Return the items with the calendar's own factors: ten days are too few to learn a weekday from."""
    daily = load_daily(batch)
    shared = learn_shared(combine_days([account_days(daily)]), seen_versions(batch), batch)
    return summarise(daily, batch, replace(shared, factors=DayFactors(batch.calendar)))


def test_window_sums_equal_the_facts_and_days_outside_the_window_do_not_count(batch):
    rows = [keyword(day(n), clicks=n, cost=n * 1.25, conversions=0.5, conversion_value=10.0) for n in range(1, 11)]
    old = keyword("2024-12-01", clicks=999, cost=999.0, conversions=9, conversion_value=99.0)
    items = summarise(load_daily(put(batch, "keyword_daily", [*rows, old])), batch)
    assert len(items) == 1
    one = of(items)
    assert (one["clicks"], one["cost"], one["conversions"], one["conversion_value"]) == (55, 68.75, 5.0, 100.0)
    assert (one["clicks_7d"], one["cost_7d"], one["days_7d"]) == (49, 61.25, 7)
    assert (one["first_date"], one["last_date"], one["n_days"]) == (pd.Timestamp(day(1)), pd.Timestamp(day(10)), 10)


def test_days_on_which_the_item_has_no_row_count_as_zero(batch):
    """Equal weights: 30 clicks of days 1 and 4 over the ten days that the account was reported on."""
    steady = [keyword(day(n), "steady", clicks=10, cost=1.0, conversions=0) for n in range(1, 11)]
    rare = [keyword(day(n), "rare", clicks=15, cost=1.0, conversions=0) for n in (1, 4)]
    flat = make_batch(batch.home.root, window={"days": 60, "half_life_days": 1e9})
    items = with_calendar_factors(put(flat, "keyword_daily", [*steady, *rare]))
    assert of(items, "steady")["clicks_per_day"] == pytest.approx(10.0)
    assert of(items, "rare")["clicks_per_day"] == pytest.approx(3.0)


def test_days_before_an_items_first_row_do_not_count_against_it(batch):
    old = [keyword(day(n), "old", clicks=10, cost=1.0, conversions=0) for n in range(1, 11)]
    new = [keyword(day(n), "new", clicks=8, cost=1.0, conversions=0) for n in (9, 10)]
    items = with_calendar_factors(put(batch, "keyword_daily", [*old, *new]))
    assert of(items, "new")["clicks_per_day"] == pytest.approx(8.0)


def test_a_promotion_is_scaled_out_of_usual_days_and_into_the_next_day(tmp_path):
    """Days 1-5 are a promotion of factor 2 with twice the clicks; so is the eleventh, which is tomorrow."""
    events = [
        {"name": n, "start": a, "end": b, "factor": 2.0}
        for n, a, b in (("x", "03-01", "03-05"), ("y", "03-11", "03-11"))
    ]
    batch = make_batch(tmp_path, calendar=Calendar.model_validate({"events": events}))
    rows = [keyword(day(n), clicks=20 if n <= 5 else 10, cost=5.0, conversions=0) for n in range(1, 11)]
    one = of(with_calendar_factors(put(batch, "keyword_daily", rows)))
    assert one["clicks_per_day"] == pytest.approx(10.0)
    assert one["next_day_factor"] == pytest.approx(2.0)
    assert one["clicks"] == 150


def test_outage_days_are_in_no_sum_and_no_usual_day(tmp_path):
    outage = [{"name": "tag lost", "start": "2025-03-05", "end": "2025-03-06", "kind": "outage"}]
    batch = make_batch(tmp_path, calendar=Calendar.model_validate({"events": outage}))
    rows = [keyword(day(n), clicks=500 if n in (5, 6) else 10, cost=5.0, conversions=0) for n in range(1, 11)]
    one = of(summarise(load_daily(put(batch, "keyword_daily", rows)), batch))
    assert (one["clicks"], one["n_days"], one["days_7d"]) == (80, 8, 5)
    assert one["clicks_per_day"] == pytest.approx(10.0)


def test_a_click_whose_orders_were_not_told_is_no_click_without_a_sale(batch):
    told = [keyword(day(n), "told", clicks=10, cost=5.0, conversions=1.0, conversion_value=50.0) for n in range(1, 11)]
    silent = [keyword(day(n), "silent", clicks=10, cost=5.0) for n in range(1, 11)]
    items = summarise(load_daily(put(batch, "keyword_daily", [*told, *silent])), batch)
    assert of(items, "silent")["effective_clicks"] == 0
    assert of(items, "silent")["effective_paid_clicks"] > 0
    assert of(items, "told")["effective_clicks"] > 0


def test_an_order_whose_value_was_not_told_does_not_thin_the_order_value(batch):
    rows = [
        keyword(day(9), clicks=9, cost=1.0, conversions=1.0, conversion_value=80.0),
        keyword(day(10), clicks=9, cost=1.0, conversions=1.0),
    ]
    one = of(summarise(load_daily(put(batch, "keyword_daily", rows)), batch))
    assert one["effective_value"] / one["effective_orders"] == pytest.approx(80.0)


def test_old_days_weigh_less_and_counts_are_rescaled_to_their_effective_sample(batch):
    """Half-life 14: weights 1 and 1/2 of equal days give k = 1.5 / 1.25 = 1.2, so 12 + 6 clicks become 18."""
    rows = [
        keyword("2025-02-24", clicks=10, cost=1.0, conversions=2.0, conversion_value=20.0),
        keyword(day(10), clicks=10, cost=1.0, conversions=0.0, conversion_value=0.0),
    ]
    mature = with_platform(batch, "google_ads", maturity=(1.0,))
    one = of(summarise(load_daily(put(mature, "keyword_daily", rows)), mature))
    assert one["effective_clicks"] == pytest.approx(18.0)
    assert one["effective_conversions"] == pytest.approx(1.2 * 0.5 * 2.0)


def test_money_of_accounts_in_other_currencies_is_in_shop_money_and_without_a_rate_the_account_is_left_out(tmp_path):
    batch = make_batch(tmp_path, fx=[USD])
    dollars = keyword(day(10), clicks=1, cost=2.0, conversions=1, conversion_value=30.0, currency="USD")
    euros = keyword(day(10), "zelt", clicks=1, cost=2.0, currency="EUR")
    items = summarise(load_daily(put(batch, "keyword_daily", [dollars, euros])), batch)
    assert items["keyword"].tolist() == ["tent"]
    assert of(items)[["cost", "conversion_value", "fx_rate"]].tolist() == [14.0, 210.0, 7.0]


def test_rows_without_a_key_and_rows_of_platforms_that_are_not_in_use_are_left_out(tmp_path):
    use = {"google_ads": {"is_enabled": False}, "taobao_keyword": {}}
    batch = make_batch(tmp_path, platforms=use)
    whole = {"platform": "taobao_keyword", "campaign_id": "1", "ad_group_id": "2", "keyword_id": "3"}
    rows = [
        keyword(day(10), clicks=1, cost=1.0),
        keyword(day(10), "帐篷", clicks=1, cost=1.0, **whole),
        keyword(day(10), "露营", clicks=1, cost=1.0, **{**whole, "keyword_id": None}),
    ]
    items = summarise(load_daily(put(batch, "keyword_daily", rows)), batch)
    assert items["keyword"].tolist() == ["帐篷"]


def test_keyword_and_placement_rows_stand_together(batch):
    plan = {
        "platform": "taobao_audience",
        "campaign_id": "9",
        "campaign": "拉新",
        "report_date": day(10),
        "clicks": 4,
        "cost": 8.0,
    }
    both = put(put(batch, "keyword_daily", [keyword(day(10), clicks=1, cost=1.0)]), "placement_daily", [plan])
    assert summarise(load_daily(both), both)["level"].tolist() == ["keyword", "placement"]


def test_impression_shares_are_weighted_means_and_a_loss_known_only_to_be_small_is_none(batch):
    lost, mark = "lost_to_budget_share", "lost_to_budget_share_censored"
    rows = [
        keyword(day(9), clicks=1, cost=1.0, lost_to_rank_share=0.5, **{lost: 0.4, mark: None}),
        keyword(day(10), clicks=1, cost=1.0, lost_to_rank_share=0.5, **{lost: 0.1, mark: "<"}),
        keyword(day(10), "silent", clicks=1, cost=1.0),
    ]
    items = summarise(load_daily(put(batch, "keyword_daily", rows)), batch)
    assert of(items)["lost_to_rank_share"] == pytest.approx(0.5)
    older = 0.5 ** (1 / 14)
    assert of(items)[lost] == pytest.approx(0.4 * older / (1 + older))
    assert np.isnan(of(items, "silent")[lost])


def snapshots(conversions: dict[int, float]) -> list[tuple[int, list[dict[str, object]]]]:
    """Return, for each night, the days so far; a day shows `conversions[age]` of its orders."""
    nights = range(1, 11)
    return [
        (
            night,
            [
                keyword(day(n), clicks=9000, cost=1.0, conversions=conversions[min(night - n, 2)])
                for n in range(1, night + 1)
            ],
        )
        for night in nights
    ]


def test_the_maturity_curve_is_learned_from_what_later_exports_added(batch):
    """Every day shows half of its orders at once, four fifths a day later, all from then on."""
    night = with_platform(batch, "google_ads", maturity=(0.9, 0.95, 1.0))
    for as_of, rows in snapshots({0: 500.0, 1: 800.0, 2: 1000.0}):
        night = put(night, "keyword_daily", rows, as_of=date(2025, 3, as_of), name=str(as_of))
    curve = learn_maturity(seen_versions(night), night).curve("google_ads")
    assert curve.is_learned
    assert curve.share[:4] == pytest.approx([0.5, 0.8, 1.0, 1.0], abs=0.01)


def test_without_snapshots_the_configured_curve_counts_and_conversion_dated_orders_have_no_delay(batch):
    configured = learn_maturity(seen_versions(batch), batch).curve("google_ads")
    assert not configured.is_learned
    assert configured.share.tolist() == list(batch.platforms["google_ads"].maturity)
    dated = batch.platforms["google_ads"].attribution.model_copy(update={"date": "conversion"})
    credited = with_platform(batch, "google_ads", attribution=dated)
    at_once = learn_maturity(seen_versions(credited), credited).curve("google_ads")
    assert at_once.is_learned
    assert at_once.share.tolist() == [1.0]


def test_a_campaign_report_beside_its_keywords_does_not_count_their_spend_again():
    keywords = rows_of(("google_ads", "1", "Tents"))
    placements = rows_of(
        ("google_ads", "1", "renamed"), ("google_ads", None, "tents "), ("google_ads", "2", "Performance Max"),
        ("other", "1", "Tents"), ("google_ads", "tents", "an id like a name"),
    )  # fmt: skip
    left = without_parents(placements, campaigns_told(keywords))
    assert left["campaign"].tolist() == ["Performance Max", "Tents", "an id like a name"]


def rows_of(*rows: tuple[str, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["platform", "campaign_id", "campaign"]).assign(account="main").astype("str")


def test_the_number_of_parts_in_which_the_window_is_read_does_not_show(batch):
    """Equal frames to the last bit, from one part and from many; a campaign is left out whichever part told its words."""
    rng = np.random.default_rng(4)
    words = [
        keyword(day(n), f"w{k}", campaign=f"C{k % 5}", clicks=int(c), cost=c * 0.37, conversions=c * 0.1, carts=int(c) // 2,
                conversion_value=c * 3.3)
        for n in range(1, 11) for k, c in enumerate(rng.poisson(3, 40))
    ]  # fmt: skip
    plans = [{"campaign": name, "report_date": day(9), "clicks": 5, "cost": 2.5} for name in ("C1", "c2 ", "Other")]
    night = put(put(batch, "keyword_daily", words), "placement_daily", plans)
    whole = items_in_parts(night, 10**6)
    assert whole["item"].is_monotonic_increasing
    assert len(whole) == 41
    for rows_per_part in (200, 80):
        pd.testing.assert_frame_equal(items_in_parts(night, rows_per_part), whole, check_exact=True)


def items_in_parts(night: Batch, rows_per_part: int) -> pd.DataFrame:
    parts = DailyParts(night, rows_per_part)
    shared = learn_shared(combine_days(account_days(part) for part in parts), seen_versions(night), night)
    return count_parts(parts, shared)


def test_a_night_without_any_row_gives_an_empty_table_with_all_columns(batch):
    empty = items_in_parts(batch, 100)
    assert empty.empty
    assert {"effective_clicks", "net_factor", "usual_days", "next_day_cvr_factor"} <= set(empty)


def test_a_day_that_its_budget_cut_short_counts_with_its_demand_and_its_own_price(batch):
    """Of the auctions that rank wins half were lost to the budget: ten clicks at 0.50 stand for twenty."""
    shares = {"impression_share": 0.4, "lost_to_rank_share": 0.2, "lost_to_budget_share": 0.4}
    cut, whole = ([keyword(day(10), clicks=10, cost=5.0, **told)] for told in (shares, {}))
    items = [of(summarise(load_daily(put(batch, "keyword_daily", rows)), batch)) for rows in (cut, whole)]
    for name in ("clicks_now_7d", "cost_now_7d", "clicks_per_day", "cost_per_day"):
        assert items[0][name] == pytest.approx(2.0 * items[1][name])
    for name in ("clicks_7d", "cost_7d", "effective_paid_clicks", "effective_cost", "effective_clicks"):
        assert items[0][name] == pytest.approx(items[1][name])
