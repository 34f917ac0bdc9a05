"""Which own orders speak for which platform, and what a night says of it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from assets.account_days import account_days, combine_days
from assets.batch import Batch
from assets.maturity_curves import seen_versions
from assets.net_value import load_orders
from assets.performance import learn_shared, load_daily, summarise
from tests.unit.assets.made_up import NIGHT, day, make_batch, put, with_platform

USES = {"google_ads": {"channel": "website"}, "taobao_keyword": {"channel": "taobao"}}
STEPS = (0.0, 0.04, 0.06, 0.06)  # share refunded by age 0, 1, 2, 3


def orders(night: int, share: tuple[float, ...] = STEPS, channel: str | None = "website", n: int = 10) -> list[dict]:
    """Return the orders of all days up to ``night``, ``n`` a day of 100.00, with the refunds known by then."""
    return [
        {"platform": "templates", "order_id": f"{channel}-{one}-{k}", "order_date": day(one), "product_id": "p1",
         "revenue": 100.0, "refund": 100.0 * share[min(night - one, len(share) - 1)], "channel": channel}
        for one in range(1, night + 1) for k in range(n)
    ]  # fmt: skip


def with_orders(batch: Batch, *told: dict, nights: range = range(1, 11)) -> Batch:
    for night in nights:
        rows = [row for one in told for row in orders(night, **one)]
        batch = put(batch, "store_orders", rows, as_of=date(2025, 3, night), name=f"orders{night}")
    return batch


def with_claims(batch: Batch, per_day: float, platform: str = "google_ads", value: float = 100.0) -> Batch:
    ids = {"campaign_id": "1", "ad_group_id": "2", "keyword_id": "3"}
    rows = [
        {"platform": platform, "campaign": "C", "ad_group": "G", "keyword": "tent", "match_type": "exact", "cost": 9.0, **ids,
         "report_date": day(n), "clicks": 500, "conversions": per_day, "conversion_value": per_day * value}
        for n in range(1, 11)
    ]  # fmt: skip
    return put(with_platform(batch, platform, maturity=(1.0,)), "keyword_daily", rows, name=platform)


def net_of(batch: Batch) -> pd.DataFrame:
    shared = learn_shared(combine_days([account_days(load_daily(batch))]), seen_versions(batch), batch)
    return shared.net.table


@pytest.fixture
def shop(tmp_path) -> Batch:
    return make_batch(tmp_path, platforms=USES)


def test_orders_are_summed_by_version_channel_and_day_and_parts_of_a_night_count_once(shop):
    half, rest = orders(2)[:15], orders(2)[10:]
    batch = put(put(shop, "store_orders", half, as_of=date(2025, 3, 2), name="a"), "store_orders", rest,
                as_of=date(2025, 3, 2), name="b")  # fmt: skip
    found = load_orders(batch)
    assert found["orders"].tolist() == [10, 10]
    assert found["revenue"].tolist() == [1000.0, 1000.0]
    assert found["refund"].tolist() == [pytest.approx(40.0), 0.0]


def test_an_order_of_two_products_is_one_order(shop):
    rows = [{**orders(1)[0], "product_id": name} for name in ("p1", "p2")]
    found = load_orders(put(shop, "store_orders", rows))
    assert (found["orders"].tolist(), found["revenue"].tolist()) == ([1], [200.0])


def test_refunds_of_a_channel_are_netted_for_its_platforms(shop):
    table = net_of(
        with_orders(shop, {"channel": "website"}, {"channel": "taobao", "share": (0.0, 0.2, 0.3, 0.3), "n": 90})
    )
    assert table["channel"].to_dict() == {"google_ads": "website", "taobao_keyword": "taobao"}
    assert table.loc["google_ads", "net_share"] == pytest.approx(0.94, abs=0.005)
    assert table.loc["taobao_keyword", "net_share"] == pytest.approx(0.70, abs=0.005)
    assert table["is_net_known"].all()


def test_a_shop_that_names_no_channel_is_netted_as_a_whole(shop):
    table = net_of(with_orders(shop, {"channel": None}))
    assert table["channel"].tolist() == ["", ""]
    assert table["net_share"].tolist() == pytest.approx([0.94, 0.94], abs=0.005)


def test_without_own_orders_the_configured_share_counts_and_is_called_unknown(tmp_path):
    batch = with_claims(make_batch(tmp_path, platforms=USES, refund_share=0.1), 40.0)
    one = net_of(batch).loc["google_ads"]
    assert (one["net_share"], one["deflation"], one["is_net_known"]) == (pytest.approx(0.9), 1.0, False)
    assert one["net_share_low"] < 0.9 < one["net_share_high"]


def test_claims_of_all_platforms_of_a_channel_are_capped_at_its_own_orders(tmp_path):
    uses = {"google_ads": {"channel": "website"}, "baidu_search": {"channel": "website"}}
    batch = with_orders(
        make_batch(tmp_path, platforms=uses), {"channel": "website", "n": 100}, {"channel": "taobao", "n": 900}
    )
    table = net_of(with_claims(with_claims(batch, 80.0), 45.0, "baidu_search"))
    assert table["claimed_orders"].tolist() == pytest.approx([1250.0, 1250.0])
    assert table["own_orders"].tolist() == [1000, 1000]
    assert table["deflation"].tolist() == pytest.approx([0.8, 0.8], abs=0.02)
    assert table["net_factor"].tolist() == pytest.approx((table["net_share"] * table["deflation"]).tolist())


def test_more_money_than_the_shop_took_is_capped_though_the_number_of_orders_is_right(shop):
    table = net_of(with_claims(with_orders(shop, {"channel": "website", "n": 100}), 90.0, value=200.0))
    assert table.loc["google_ads", "deflation"] == pytest.approx(0.55, abs=0.04)


def test_every_item_carries_its_platforms_factor_and_a_person_reads_where_it_comes_from(shop):
    batch = with_claims(with_orders(shop, {"channel": "website", "n": 100}), 125.0)
    one = summarise(load_daily(batch), batch).iloc[0]
    assert one["net_factor"] == pytest.approx(0.94 * 0.8, abs=0.02)
    shared = learn_shared(combine_days([account_days(load_daily(batch))]), seen_versions(batch), batch)
    told, untold = shared.net.lines()
    assert told.startswith("google_ads: claimed 1,250 orders, own 1,000 (channel website), factor 0.8")
    assert "taobao_keyword: no own orders" in untold or "(the whole shop)" in untold


def test_a_night_does_not_see_orders_of_later_files(shop):
    known = with_orders(shop, {"channel": "website"}, nights=range(1, 10))
    assert load_orders(known)["as_of"].max() < pd.Timestamp(NIGHT)
