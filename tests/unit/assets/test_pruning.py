from __future__ import annotations

import pandas as pd
import pytest

from assets.batch import Batch
from assets.pruning import VERDICTS, below_floor, judge_items, verdicts
from tests.unit.assets.made_up import make_batch, make_items

# surely under the floor, surely a loss at the lowest bid, its next click as well
BELOW = {"p_below_floor": 0.99, "p_loss": 0.99, "p_unprofitable": 0.99}


def judged(batch: Batch, *changes: dict[str, object]) -> list[str]:
    items = make_items(*({"keyword": f"w{row}", **change} for row, change in enumerate(changes)))
    items["is_below_floor"] = below_floor(items, batch)
    return verdicts(items, batch).tolist()


def small(*changes: dict[str, object]) -> list[dict[str, object]]:
    """Return the items beside one that carries nearly all of the platform's cost, so that any may be paused."""
    return [*changes, {"cost_per_day": 10_000.0}]


@pytest.mark.parametrize(
    ("verdict", "change"),
    [
        ("keep", {}),
        ("no_entity", {"status": None}),
        ("not_enabled", {"status": "paused"}),
        ("not_enabled", {"status": "archived"}),
        ("closed_bid", {"bid": None}),
        ("closed_bid", {"level": "placement", "bid": None}),
        ("frozen", {"do_not_touch_until": "2025-03-11"}),
        ("stock_hold", {"stock": 0.0}),
        ("stock_hold", {"stock": -2.0}),
        ("protected", {**BELOW, "is_protected": True}),
        ("protected", {**BELOW, "is_brand": True}),
        ("pause", BELOW),
        ("lower", {**BELOW, "cost_per_day": 9_000.0}),
        ("lower", {**BELOW, "p_loss": 0.79}),
        ("on_probation", {**BELOW, "is_on_trial": True}),
        ("probation", {"status": "paused", "starts_trial": True}),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_each_verdict_has_its_case(batch, verdict, change):
    assert judged(batch, *small(change))[0] == verdict
    assert verdict in VERDICTS


@pytest.mark.parametrize(
    "change",
    [{"stock": None}, {"do_not_touch_until": "2025-03-10"}, {"level": "placement", "bid": None, "daily_budget": 9.0},
     {"level": "placement", "bid": None, "target_roas": 3.0}, {"is_brand": True}],
    ids=["stock not known", "freeze ends tonight", "budget lever", "target lever alone", "brand above the floor"],
)  # fmt: skip
def test_what_gives_no_reason_is_kept(batch, change):
    assert judged(batch, change) == ["keep"]


def test_an_earlier_rule_counts_before_a_later_one(batch):
    sold_out = {**BELOW, "stock": 0.0}
    found = judged(
        batch,
        *small(
            {**sold_out, "status": None},
            {**sold_out, "do_not_touch_until": "2025-04-01"},
            {**sold_out, "is_brand": True},
        ),
    )
    assert found[:3] == ["no_entity", "frozen", "stock_hold"]


def test_protected_and_brand_words_are_never_paused_however_bad(batch):
    awful = {"p_below_floor": 1.0, "p_loss": 1.0, "p_unprofitable": 1.0}
    assert judged(batch, *small({**awful, "is_protected": True}, {**awful, "is_brand": True}))[:2] == ["protected"] * 2


def test_lowering_is_judged_by_the_floor_and_not_by_the_loss_at_the_lowest_bid(batch):
    """Surely under the floor, but cheap clicks would pay: no reason to pause, every reason to lower."""
    assert judged(batch, *small({"p_below_floor": 0.99, "p_loss": 0.1, "p_unprofitable": 0.1}))[0] == "lower"


def test_lowering_keeps_its_own_share_of_mistakes(batch):
    """0.81 is sure enough alone, but 19 % of such are above the floor; nine at 1 % carry one of them: 2.8 %."""
    doubtful = {"p_below_floor": 0.81, "p_loss": 0.1}
    assert judged(batch, doubtful) == ["keep"]
    assert judged(batch, *[{**BELOW, "p_loss": 0.1}] * 9, doubtful) == ["lower"] * 10


def test_what_the_next_click_might_pay_for_is_lowered_and_not_paused(batch):
    """It loses as a whole, but half of such would earn on the next click at the lowest bid; the limit is a tenth."""
    assert judged(batch, *small({**BELOW, "p_unprofitable": 0.5}))[0] == "lower"


def test_sure_cases_carry_a_doubtful_one_up_to_the_limit_of_mistakes(batch):
    """Nine sure ones (1 % each) and one at 60 %: (9 x 0.01 + 0.6) / 10 = 6.9 % mistakes, under 10 %; a second is too much."""
    doubtful = {**BELOW, "p_unprofitable": 0.4}
    found = judged(batch, *[BELOW] * 9, doubtful, doubtful, {"cost_per_day": 1e6})
    assert found == [*["pause"] * 10, "lower", "keep"]


def test_the_share_of_mistakes_is_kept_also_after_the_guardrail_took_sure_ones_away(batch):
    """Each sure one costs more than may be paused in a night; the doubtful one that they carried may not go alone."""
    sure, doubtful = {**BELOW, "cost_per_day": 5_000.0}, {**BELOW, "p_unprofitable": 0.75, "cost_per_day": 1.0}
    assert judged(batch, sure, sure, doubtful) == ["lower"] * 3
    assert judged(batch, *[{**BELOW, "cost_per_day": 1.0}] * 2, doubtful, {"cost_per_day": 100.0})[:3] == ["pause"] * 3


def test_no_more_of_a_platforms_cost_is_paused_a_night_than_the_guardrail_allows(batch):
    """A fifth of 1,000 is 200: the most wasteful two of 90 fit, the third of 80 does not, the last of 10 does."""
    costs = [90.0, 90.0, 80.0, 10.0]
    wasteful = [{**BELOW, "cost_per_day": cost, "expected_waste": cost / 2} for cost in costs]
    found = judged(batch, *wasteful, {"cost_per_day": 730.0})
    assert found == ["pause", "pause", "lower", "pause", "keep"]


def test_one_word_too_large_to_pause_does_not_keep_the_small_ones_running(batch):
    found = judged(batch, {**BELOW, "cost_per_day": 500.0}, {**BELOW, "cost_per_day": 10.0}, {"cost_per_day": 490.0})
    assert found == ["lower", "pause", "keep"]


def test_platforms_are_judged_and_limited_apart(batch):
    other = {**BELOW, "platform": "amazon_sp", "cost_per_day": 150.0}
    found = judged(batch, other, {"platform": "amazon_sp", "cost_per_day": 50.0}, {"cost_per_day": 1e6})
    assert found == ["lower", "keep", "keep"]


def test_a_value_that_is_not_known_prunes_nothing(batch):
    assert judged(batch, *small({**BELOW, "value_source": "unknown"}))[0] == "keep"


def test_too_few_clicks_prune_nothing_where_the_shop_sets_a_click_rule(tmp_path):
    batch = make_batch(tmp_path, floor={"level": 0.8, "max_false_share": 0.1, "min_clicks": 50})
    found = judged(batch, *small({**BELOW, "effective_paid_clicks": 49.0}, {**BELOW, "effective_paid_clicks": 50.0}))
    assert found[:2] == ["keep", "pause"]


def test_missing_probabilities_prune_nothing(batch):
    unknown = {"p_below_floor": None, "p_loss": None, "p_unprofitable": None}
    assert judged(batch, *small(unknown))[0] == "keep"


def test_verdicts_do_not_depend_on_the_order_of_rows(batch):
    items = make_items(
        *({"keyword": f"w{n}", **BELOW, "cost_per_day": 40.0} for n in range(8)), {"cost_per_day": 500.0}
    )
    items["is_below_floor"] = below_floor(items, batch)
    turned = items.iloc[::-1].reset_index(drop=True)
    turned["is_below_floor"] = below_floor(turned, batch)
    one = pd.Series(verdicts(items, batch).to_numpy(), index=items["item"]).sort_index()
    other = pd.Series(verdicts(turned, batch).to_numpy(), index=turned["item"]).sort_index()
    assert one.equals(other)
    assert (one == "pause").sum() == 4


def test_the_most_wasteful_are_paused_first_when_the_guardrail_binds(batch):
    rows = [{**BELOW, "cost_per_day": 150.0, "expected_waste": waste} for waste in (10.0, 90.0)]
    assert judged(batch, *rows, {"cost_per_day": 700.0}) == ["lower", "pause", "keep"]


def test_a_night_judges_all_items_with_their_probation(batch):
    out = judge_items(make_items(BELOW, {"keyword": "fine", "cost_per_day": 10_000.0}), batch)
    assert out["verdict"].tolist() == ["pause", "keep"]
    assert not out["starts_trial"].any()
