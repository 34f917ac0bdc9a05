"""Tiers of platforms become nodes of the tree with shares of the configured total; contradictions name their keys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.focus import refuse_contradiction, tier_nodes, with_focus
from assets.plan_solve import plan_night
from assets.tree_limits import asked_limits
from configs.schema import Settings
from optimizers.errors import InfeasibleBudgetError
from tests.unit.assets.made_up import make_batch, make_items

USES = {
    "google_ads": {"tier": "core"}, "amazon_sp": {"tier": "core"}, "baidu_search": {"tier": "growing"},
    "taobao_keyword": {"tier": "testing"}, "taobao_audience": {},
}  # fmt: skip


TOTAL = 1000.0


def shop(tmp_path, **changes):
    uses = {name: {**use, **changes.get(name, {})} for name, use in USES.items()}
    return make_batch(tmp_path, platforms=uses, **{key: one for key, one in changes.items() if key not in USES})


def tiers(tmp_path, **changes):
    batch = shop(tmp_path, **changes)
    return with_focus(asked_limits(list(batch.uses), TOTAL, batch), TOTAL, batch)


def limits(tree, name):
    at = tree.names.index(name)
    return float(tree.min_cost[at]), float(tree.max_cost[at])


def test_a_shop_that_names_no_tier_keeps_its_tree(tmp_path):
    batch = make_batch(tmp_path, platforms={"google_ads": {}})
    tree = asked_limits(["google_ads"], TOTAL, batch)
    assert with_focus(tree, TOTAL, batch) is tree
    refuse_contradiction(TOTAL, batch)


def test_tiers_stand_between_the_total_and_their_platforms_with_their_shares_of_the_total(tmp_path):
    tree = tiers(tmp_path)
    assert limits(tree, "focus_core") == (700.0, np.inf)
    assert limits(tree, "focus_growing") == (0.0, 200.0)
    assert limits(tree, "focus_testing") == (50.0, 100.0)
    above = {name: tree.names[at] if at >= 0 else "" for name, at in zip(tree.names, tree.parent, strict=True)}
    assert above["google_ads"] == above["amazon_sp"] == "focus_core"
    assert above["taobao_keyword"] == "focus_testing"
    assert above["taobao_audience"] == above["focus_core"] == "total"


def test_a_tier_whose_platforms_cannot_move_tonight_has_no_node(tmp_path):
    batch = shop(tmp_path)
    tree = with_focus(asked_limits(["amazon_sp", "baidu_search"], TOTAL, batch), TOTAL, batch)
    assert tree.names == ("total", "focus_core", "amazon_sp", "focus_growing", "baidu_search")


def test_an_item_is_paid_by_its_platforms_tier_too(tmp_path):
    found = tier_nodes(pd.Series(["amazon_sp", "taobao_audience"]), shop(tmp_path))
    assert found[0] == "focus_core"
    assert found.isna().tolist() == [False, True]


def test_a_shop_may_set_its_own_shares(tmp_path):
    tree = tiers(tmp_path, focus={"core": {"min_share": 0.5, "max_share": 0.6}})
    assert limits(tree, "focus_core") == (500.0, 600.0)


def test_a_core_that_its_platforms_may_not_spend_is_refused_with_the_keys_and_nothing_else(tmp_path):
    with pytest.raises(InfeasibleBudgetError, match=r"cannot keep 3 limits.*300\.00 of money is missing") as refusal:
        refuse_contradiction(
            TOTAL, shop(tmp_path, google_ads={"max_cost": 300.0, "max_share": 0.9}, amazon_sp={"max_share": 0.1})
        )
    assert sorted(refusal.value.offenders) == [
        "focus.core.min_share 700.00", "platforms.amazon_sp.max_share 100.00", "platforms.google_ads.max_cost 300.00",
    ]  # fmt: skip
    assert refusal.value.missing == pytest.approx(300.0)


def test_minima_that_exceed_the_total_name_the_daily_total(tmp_path):
    with pytest.raises(InfeasibleBudgetError, match=r"focus\.core\.min_share") as refusal:
        refuse_contradiction(TOTAL, shop(tmp_path, taobao_audience={"min_cost": 310.0}))
    assert sorted(refusal.value.offenders) == [
        "budget.daily_total 1,000.00", "focus.core.min_share 700.00", "platforms.taobao_audience.min_cost 310.00",
    ]  # fmt: skip


def test_a_testing_platform_with_a_larger_minimum_than_its_tier_is_refused(tmp_path):
    with pytest.raises(InfeasibleBudgetError, match=r"cannot keep 2 limits") as refusal:
        refuse_contradiction(TOTAL, shop(tmp_path, taobao_keyword={"min_share": 0.2}))
    assert sorted(refusal.value.offenders) == [
        "focus.testing.max_share 100.00",
        "platforms.taobao_keyword.min_share 200.00",
    ]


def test_limits_that_just_fit_are_not_refused_and_one_cent_more_is(tmp_path):
    at_tier = {"min_cost": 100.0}  # all that the testing tier may spend
    assert refuse_contradiction(TOTAL, shop(tmp_path, taobao_keyword=at_tier)) is None
    with pytest.raises(InfeasibleBudgetError, match="cannot keep 2 limits"):
        refuse_contradiction(TOTAL, shop(tmp_path, taobao_keyword={"min_cost": 100.01}))


def test_a_share_that_is_more_at_least_than_at_most_is_refused_as_a_setting():
    with pytest.raises(ValueError, match="above max_share"):
        Settings.model_validate({"focus": {"core": {"min_share": 0.7, "max_share": 0.6}}})


@pytest.mark.parametrize("rows", [[{}, {"platform": "amazon_sp"}], [{}]], ids=["both move", "one has no item tonight"])
def test_a_contradiction_holds_the_night_with_its_keys_whichever_platforms_move(tmp_path, rows):
    batch = shop(tmp_path, budget={"daily_total": TOTAL}, google_ads={"max_cost": 300.0}, amazon_sp={"max_share": 0.1})
    night = plan_night(make_items(*rows), batch)
    assert night.result is None
    for key in ("focus.core.min_share", "platforms.google_ads.max_cost", "platforms.amazon_sp.max_share"):
        assert key in night.refusal.en
        assert key in night.refusal.zh
