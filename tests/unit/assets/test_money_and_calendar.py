from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.calendar_days import day_factors, outage_days
from assets.money import from_micros, fx_rates, to_shop_money
from configs.schema import Calendar, FxRate
from tests.unit.assets.made_up import USD, make_batch


def days(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts))).astype("datetime64[us]")


def rates(*pairs: tuple[str, float]) -> list[FxRate]:
    return [FxRate(currency="USD", from_date=start, rate=rate) for start, rate in pairs]


def test_the_newest_rate_that_has_begun_counts_whatever_the_order_of_the_settings():
    known = rates(("2025-03-01", 7.2), ("2025-01-01", 7.0))
    found = fx_rates(pd.Series(["USD"] * 3), days("2025-02-28", "2025-03-01", "2025-06-01"), known, "CNY")
    assert found.tolist() == [7.0, 7.2, 7.2]


def test_a_rate_before_its_first_day_an_unknown_currency_and_no_currency_stay_missing():
    found = fx_rates(
        pd.Series(["USD", "EUR", None], dtype="str"), days("2024-12-31", "2025-03-01", "2025-03-01"),
        rates(("2025-01-01", 7.0)), "CNY",
    )  # fmt: skip
    assert found.isna().all()


def test_a_missing_day_has_no_rate_except_for_the_shops_own_money():
    assert fx_rates(pd.Series(["USD"]), days(None), rates(("2025-01-01", 7.0)), "CNY").isna().all()
    assert fx_rates(pd.Series(["CNY"]), days(None), [], "CNY").tolist() == [1.0]


def test_null_micros_stay_null_and_zero_stays_zero():
    found = from_micros(pd.Series([1_234_567, 0, None], dtype="Int64"))
    assert found.tolist()[:2] == [1.234567, 0.0]
    assert np.isnan(found[2])


def test_shop_money_is_account_money_at_the_days_rate_and_other_columns_are_left_alone(tmp_path):
    settings = make_batch(tmp_path, fx=[USD]).settings
    frame = pd.DataFrame(
        {"currency": ["USD", "EUR"], "cost": pd.array([2_000_000, 5_000_000], dtype="Int64"), "clicks": 3}
    )
    found = to_shop_money(frame, ("cost",), days("2025-02-01", "2025-02-01"), settings)
    assert found["fx_rate"].tolist()[0] == 7.0
    assert found["cost"].tolist()[0] == pytest.approx(14.0)
    assert found.loc[1, ["fx_rate", "cost"]].isna().all()
    assert found["clicks"].tolist() == [3, 3]


def calendar(**event: object) -> Calendar:
    return Calendar.model_validate({"events": [{"name": "one", **event}]})


def platforms(n: int) -> pd.Series:
    return pd.Series(["google_ads"] * n)


def test_a_promotion_without_a_year_comes_back_every_year_and_its_last_day_counts():
    found = day_factors(
        platforms(4),
        days("2024-06-01", "2025-06-20", "2025-06-21", None),
        calendar(start="06-01", end="06-20", factor=1.4),
    )
    assert found.tolist() == [1.4, 1.4, 1.0, 1.0]


def test_a_promotion_over_new_year_holds_on_both_sides():
    one = calendar(start="12-30", end="01-02", factor=2.0)
    assert day_factors(platforms(3), days("2024-12-31", "2025-01-02", "2025-01-03"), one).tolist() == [2.0, 2.0, 1.0]


def test_of_overlapping_promotions_the_larger_factor_counts():
    both = Calendar.model_validate({"events": [
        {"name": "a", "start": "03-01", "end": "03-31", "factor": 1.5},
        {"name": "b", "start": "03-10", "end": "03-10", "factor": 1.2},
    ]})  # fmt: skip
    assert day_factors(platforms(1), days("2025-03-10"), both).tolist() == [1.5]


def test_an_event_of_one_platform_leaves_the_others_alone():
    one = calendar(start="03-01", end="03-31", factor=2.0, platforms=["taobao_keyword"])
    both = pd.Series(["google_ads", "taobao_keyword"])
    assert day_factors(both, days("2025-03-05", "2025-03-05"), one).tolist() == [1.0, 2.0]


def test_an_outage_is_no_promotion_and_a_promotion_is_no_outage():
    outage = calendar(start="2025-03-05", end="2025-03-06", kind="outage", factor=9.0)
    march = days("2025-03-04", "2025-03-05", "2025-03-06", "2024-03-05")
    assert outage_days(platforms(4), march, outage).tolist() == [False, True, True, False]
    assert day_factors(platforms(4), march, outage).tolist() == [1.0] * 4


def test_a_dated_event_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends on 2025-03-05 before it starts on 2025-03-06; swap start and end"):
        calendar(start="2025-03-06", end="2025-03-05", kind="outage")
