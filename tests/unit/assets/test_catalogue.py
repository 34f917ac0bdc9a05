from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.catalogue import bad_patterns, with_entities, with_products
from tests.unit.assets.made_up import USD, item_of, make_batch, make_items, put

TENT = item_of("google_ads", "main", "keyword", "Tents", "Group", "tent", "exact")
ENTITY = {"level": "keyword", "campaign": "Tents", "ad_group": "Group", "keyword": "tent", "match_type": "exact"}
CAMPAIGN = {"level": "placement", "campaign": "Tents"}
NUMBERS = {"effective_orders": 2.0, "effective_value": 0.0, "conversions_7d": 1.0, "conversion_value_7d": 0.0}


def facts_only(*changes: dict[str, object]) -> pd.DataFrame:
    """Return items as `performance` knows them before it looks at entities and products."""
    items = make_items(*({"item": TENT, **change} for change in changes)).assign(**NUMBERS)
    return items.drop(columns=["status", "bid", "daily_budget", "target_roas", "entity_type", "campaign_key", "campaign_budget",
                               "is_brand", "is_protected", "do_not_touch_until", "stock", "margin", "value_source"])  # fmt: skip


def joined(batch: Batch, *changes: dict[str, object]) -> pd.DataFrame:
    return with_entities(facts_only(*(changes or ({},))), batch)


def products(batch: Batch, *changes: dict[str, object]) -> pd.DataFrame:
    return with_products(facts_only(*(changes or ({},))), batch)


def test_status_bid_and_ids_come_from_the_items_own_entity_and_its_date_is_told(batch):
    row = {**ENTITY, "status": "paused", "bid": 1.25, "campaign_id": "c1", "keyword_id": "k1"}
    one = joined(put(batch, "entities", [row, {**row, "keyword": "lamp", "bid": 9.0}], as_of=date(2025, 3, 8))).loc[0]
    assert (one["status"], one["bid"], one["campaign_id"], one["keyword_id"]) == ("paused", 1.25, "c1", "k1")
    assert one["entity_date"] == pd.Timestamp("2025-03-08")
    assert one["campaign_key"] == "c1"


def test_an_item_without_an_entity_row_keeps_a_missing_status(batch):
    one = joined(put(batch, "entities", [{**ENTITY, "keyword": "lamp", "status": "enabled", "bid": 1.0}])).loc[0]
    assert pd.isna(one["status"])
    assert np.isnan(one["bid"])
    assert one["campaign_key"] == "Tents"


def test_a_home_without_any_entity_is_a_home_without_a_status(batch):
    assert joined(batch)["status"].isna().all()


@pytest.mark.parametrize(
    ("as_of", "is_known"), [(date(2025, 2, 24), True), (date(2025, 2, 23), False)], ids=["14 days", "15 days"]
)
def test_an_entity_export_older_than_the_limit_is_not_believed(batch, as_of, is_known):
    night = put(batch, "entities", [{**ENTITY, "status": "enabled", "bid": 1.0}], as_of=as_of)
    assert joined(night)["status"].notna().all() == is_known


def test_the_newest_entity_export_counts_and_in_one_export_the_later_line(batch):
    old = put(batch, "entities", [{**ENTITY, "status": "enabled", "bid": 1.0}], as_of=date(2025, 3, 1))
    new = put(old, "entities", [{**ENTITY, "status": "enabled", "bid": 2.0}], as_of=date(2025, 3, 2), name="b")
    assert joined(new)["bid"].tolist() == [2.0]


@pytest.mark.parametrize("campaign_id", [None, "c1"], ids=["by name", "by id"])
def test_a_keyword_takes_its_campaigns_budget_from_the_campaigns_row(batch, campaign_id):
    rows = [
        {**ENTITY, "campaign_id": campaign_id, "status": "enabled", "bid": 1.0},
        {**CAMPAIGN, "campaign_id": campaign_id, "daily_budget": 80.0},
        {**CAMPAIGN, "campaign": "Chairs", "campaign_id": "c2", "daily_budget": 30.0},
    ]
    one = joined(put(batch, "entities", rows)).loc[0]
    assert one["campaign_budget"] == 80.0
    assert np.isnan(one["daily_budget"])


def test_a_budget_on_the_keywords_own_row_counts_before_its_campaigns(batch):
    rows = [{**ENTITY, "status": "enabled", "bid": 1.0, "daily_budget": 15.0}, {**CAMPAIGN, "daily_budget": 80.0}]
    assert joined(put(batch, "entities", rows)).loc[0, "campaign_budget"] == 15.0


def test_an_account_that_the_export_does_not_name_is_the_configured_one(batch):
    row = {**ENTITY, "account": None, "status": "enabled", "bid": 3.0}
    assert joined(put(batch, "entities", [row])).loc[0, "bid"] == 3.0


def mapping(batch: Batch, *rows: dict[str, object]) -> Batch:
    return put(batch, "mapping", [{"platform": "templates", "mapped_platform": "google_ads", **row} for row in rows])


def test_later_lines_of_the_mapping_overrule_earlier_ones_and_blank_cells_overrule_nothing(batch):
    night = mapping(
        batch,
        {
            "campaign": "Tents",
            "product_id": "p1",
            "is_brand": True,
            "is_protected": True,
            "do_not_touch_until": "2025-03-20",
        },
        {"campaign": "Tents", "keyword_pattern": "^ten", "product_id": "p2", "is_brand": False},
    )
    one = products(night).loc[0]
    assert (one["product_id"], one["is_brand"], one["is_protected"]) == ("p2", False, True)
    assert one["do_not_touch_until"] == pd.Timestamp("2025-03-20")


@pytest.mark.parametrize(
    ("line", "is_hit"),
    [
        ({"keyword_pattern": "TENT|lamp"}, True), ({"keyword_pattern": "^lamp"}, False),
        ({"campaign": "Chairs"}, False), ({"ad_group": "Group"}, True), ({"ad_group": "Other"}, False),
        ({"mapped_platform": "amazon_sp"}, False), ({}, True),
    ],
    ids=["pattern", "other pattern", "other campaign", "ad group", "other ad group", "other platform", "whole platform"],
)  # fmt: skip
def test_a_line_of_the_mapping_hits_what_all_its_filled_cells_name(batch, line, is_hit):
    assert products(mapping(batch, {"is_brand": True, **line})).loc[0, "is_brand"] == is_hit


@pytest.mark.parametrize("pattern", ["*tent*", "(tent", "[", "tent\\"])
def test_a_pattern_that_is_no_regular_expression_is_ignored_and_named_and_the_night_goes_on(batch, pattern):
    night = mapping(
        batch, {"keyword_pattern": pattern, "is_brand": True}, {"keyword_pattern": "tent", "is_protected": True}
    )
    one = products(night).loc[0]
    assert (one["is_brand"], one["is_protected"]) == (False, True)
    (note,) = bad_patterns(night)
    assert "mapping line 2" in note
    assert repr(pattern) in note


def test_margin_stock_and_novelty_come_from_the_product_and_new_products_are_protected(batch):
    goods = [{"platform": "templates", "product_id": "p1", "margin": 0.4, "stock": 3, "is_new": True, "price": 50.0}]
    one = products(put(batch, "products", goods)).loc[0]
    assert (one["margin"], one["margin_basis"], one["stock"]) == (0.4, "product", 3)
    assert one["is_protected"]


def test_an_unknown_margin_is_what_the_floor_calls_break_even_unless_the_shop_states_one(batch):
    assert products(batch).loc[0, ["margin", "margin_basis"]].tolist() == [0.5, "implied"]
    stated = make_batch(batch.home.root, default_margin=0.3)
    assert products(stated).loc[0, "margin"] == 0.3


def test_on_the_basis_of_sales_every_margin_is_one(tmp_path):
    batch = make_batch(tmp_path, value_basis="conversion_value")
    goods = [{"platform": "templates", "product_id": "p1", "margin": 0.4}]
    assert products(put(batch, "products", goods)).loc[0, ["margin", "margin_basis"]].tolist() == [
        1.0,
        "conversion_value",
    ]


@pytest.mark.parametrize(("basis", "margin"), [("margin", 0.4), ("ltv", 0.6)])
def test_later_purchases_count_on_the_basis_of_ltv_alone(tmp_path, basis, margin):
    batch = make_batch(tmp_path, value_basis=basis, platforms={"google_ads": {"ltv_multiplier": 1.5}})
    goods = [{"platform": "templates", "product_id": "p1", "margin": 0.4}]
    one = products(put(batch, "products", goods)).loc[0]
    assert one["margin"] == pytest.approx(margin)
    assert one["ltv_multiplier"] == (1.5 if basis == "ltv" else 1.0)


SILENT = {"conversions": 4.0, "conversion_value": 0.0, "effective_conversions": 3.0}


def test_where_a_platform_tells_orders_without_their_value_the_price_stands_in_in_shop_money(tmp_path):
    batch = make_batch(tmp_path, fx=[USD])
    goods = [{"platform": "templates", "product_id": "p1", "price": 10.0, "currency": "USD"}]
    one = products(put(batch, "products", goods), SILENT).loc[0]
    assert one["value_source"] == "product_price"
    assert (one["conversion_value"], one["conversion_value_7d"]) == (280.0, 70.0)
    assert one["effective_value"] / one["effective_orders"] == pytest.approx(70.0)


def test_a_told_value_is_kept_and_without_price_or_rate_the_value_stays_unknown(batch):
    goods = [{"platform": "templates", "product_id": "p1", "price": 10.0, "currency": "USD"}]
    night = put(batch, "products", goods)
    assert products(night).loc[0, ["value_source", "conversion_value"]].tolist() == ["reported", 9000.0]
    assert products(night, SILENT).loc[0, "value_source"] == "unknown"


def test_the_newest_product_list_counts(batch):
    goods = [{"platform": "templates", "product_id": "p1", "margin": 0.4}]
    old = put(batch, "products", goods, as_of=date(2025, 3, 1))
    new = put(old, "products", [{**goods[0], "margin": 0.6}], name="b", as_of=date(2025, 3, 2))
    assert products(new).loc[0, "margin"] == 0.6
