"""Which curve a row gets: platform, account, versions that are no earlier state, pre-sale days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.item_counts import count_items
from assets.maturity_curves import balance_days, learn_maturity, seen_versions, triangle
from assets.performance import account_days, combine_days, learn_shared, load_daily
from configs.schema import Calendar
from tests.unit.assets.made_up import day, make_batch, put, with_platform

CURVE = np.array([0.5, 0.8, 1.0])
PRESALE = [{"name": "deposits", "start": "03-02", "end": "03-06", "factor": 1.0, "presale": True}]


def versions(known: dict[int, dict[int, float]], account: str = "main", cost: int = 100) -> pd.DataFrame:
    """Return versions of days of March as the warehouse sums them: night -> day -> conversions known."""
    rows = [
        ("google_ads", account, "keyword_daily", "s", pd.Timestamp(day(one)), pd.Timestamp(day(night)), cost, conversions)
        for night, days in known.items() for one, conversions in days.items()
    ]  # fmt: skip
    names = ["platform", "account", "kind", "scope", "report_date", "as_of", "cost", "conversions"]
    return pd.DataFrame(rows, columns=names)


def every_night(total: float, curve: np.ndarray = CURVE, nights: range = range(1, 16)) -> dict[int, dict[int, float]]:
    last = len(curve) - 1
    return {
        night: {one: total * curve[min(night - one, last)] for one in range(max(1, night - last), night + 1)}
        for night in nights
    }


def short(batch: Batch) -> Batch:
    """Return the night with a configured curve of three ages and a window of two days."""
    window = batch.platforms["google_ads"].attribution.model_copy(update={"window_days": 2})
    return with_platform(batch, "google_ads", maturity=(0.9, 0.95, 1.0), attribution=window)


def rows(*days: tuple[int, int], account: str = "main") -> pd.DataFrame:
    """Return rows of (report day, night of the export)."""
    dates = [(pd.Timestamp(day(one)), pd.Timestamp(day(night))) for one, night in days]
    return pd.DataFrame(dates, columns=["report_date", "as_of"]).assign(platform="google_ads", account=account)


def test_a_row_is_as_complete_as_the_export_that_told_it_last(batch):
    """A day that left the week-long export three nights ago stays at the share of its own last look."""
    maturity = learn_maturity(versions(every_night(1e6)), short(batch))
    assert maturity.share(rows((9, 9), (9, 10), (3, 4))) == pytest.approx([0.5, 0.8, 0.8], abs=1e-3)


def test_an_account_with_many_orders_has_a_curve_of_its_own_and_a_thin_one_has_its_platforms(batch):
    slow = versions(every_night(50_000, np.array([0.2, 0.6, 1.0])), account="slow")
    thin = versions(every_night(3, np.array([1.0, 1.0, 1.0])), account="thin")
    maturity = learn_maturity(pd.concat([versions(every_night(1e6)), slow, thin]), short(batch))
    assert maturity.share(rows((9, 9), account="slow"))[0] == pytest.approx(0.2, abs=0.02)
    assert maturity.share(rows((9, 9), account="thin"))[0] == pytest.approx(0.5, abs=0.05)
    assert maturity.share(rows((9, 9), account="never seen"))[0] == pytest.approx(0.5, abs=0.05)


def test_too_few_snapshots_give_the_configured_curve_with_a_wider_error(batch):
    night = short(batch)
    young = learn_maturity(versions(every_night(1e6, nights=range(1, 6))), night)
    old = learn_maturity(versions(every_night(1e6)), night)
    assert young.share(rows((9, 9)))[0] == pytest.approx(0.9)
    assert young.log_sd(rows((9, 9)))[0] == pytest.approx(-0.5 * np.log(0.9))
    assert old.log_sd(rows((9, 9)))[0] < 0.01
    assert not young.is_learned(rows((9, 9)))[0]
    assert old.is_learned(rows((9, 9)))[0]


def test_a_shop_that_exports_every_other_night_learns_the_whole_curve(batch):
    """No day is seen at two ages in a row: what came in between is filled by the curve that other days teach."""
    window = batch.platforms["google_ads"].attribution.model_copy(update={"window_days": 4})
    night = with_platform(batch, "google_ads", maturity=(0.9, 0.95, 1.0), attribution=window)
    longer = np.append(CURVE, [1.0, 1.0])
    known = {number: days for number, days in every_night(1e6, longer, range(1, 29)).items() if number % 2}
    maturity = learn_maturity(versions(known), night)
    assert maturity.share(rows((9, 9), (9, 10), (9, 11))) == pytest.approx([0.5, 0.8, 1.0], abs=0.01)


def test_a_version_with_a_part_of_its_day_teaches_no_delay(tmp_path):
    """A filtered export shows a tenth of a day; learned from, it would make the first look ten times as complete."""
    batch = make_batch(tmp_path)
    for night, cost in ((3, 10.0), (4, 1.0), (5, 10.0)):
        row = {"campaign": "Tents", "ad_group": "G", "keyword": "tent", "match_type": "exact", "report_date": day(3),
               "clicks": 100, "cost": cost, "conversions": cost}  # fmt: skip
        batch = put(batch, "keyword_daily", [row], as_of=date(2025, 3, night), name=str(night))
    seen = seen_versions(batch)
    assert seen["as_of"].dt.day.tolist() == [3, 5]
    assert triangle(seen, 3).tolist() == [[10.0, pytest.approx(np.nan, nan_ok=True), 10.0]]


def presale_batch(tmp_path) -> Batch:
    return short(make_batch(tmp_path, calendar=Calendar.model_validate({"events": PRESALE})))


def with_presale(held: float, nights: range) -> dict[int, dict[int, float]]:
    """Return 10,000 orders a day, exported for a week; of those of days 2 to 6 ``held`` wait for the seventh."""

    def known(one: int, night: int) -> float:
        usual = CURVE[min(night - one, 2)]
        if not 2 <= one <= 6:
            return 1e4 * usual
        since = CURVE[min(night - 7, 2)] if night >= 7 else 0.0
        return 1e4 * ((1 - held) * usual + held * since)

    return {night: {one: known(one, night) for one in range(max(1, night - 6), night + 1)} for night in nights}


def test_the_balance_day_is_the_first_day_after_the_presale(tmp_path):
    found = balance_days(rows((1, 1), (2, 2), (6, 6), (7, 7)), presale_batch(tmp_path).calendar)
    assert [None if pd.isna(one) else one.day for one in found] == [None, 7, 7, None]


def test_presale_days_wait_for_their_balance_and_leave_the_usual_curve_alone(tmp_path):
    maturity = learn_maturity(versions(with_presale(0.6, range(1, 16))), presale_batch(tmp_path))
    assert maturity.curve("google_ads").share == pytest.approx(CURVE, abs=0.01)
    assert maturity.share(rows((5, 5), (5, 6), (5, 7), (5, 9))) == pytest.approx([0.2, 0.32, 0.7, 1.0], abs=0.01)
    assert not maturity.is_pending(rows((5, 5))).any()


def test_a_presale_that_nobody_has_seen_paid_counts_neither_for_nor_against_a_keyword(tmp_path):
    """Until the first balance day the held share is anyone's guess: clicks and orders of these days are left out."""
    batch = presale_batch(tmp_path)
    maturity = learn_maturity(versions(with_presale(0.6, range(1, 7))), batch)
    assert maturity.is_pending(rows((1, 1), (5, 5), (5, 8))).tolist() == [False, True, False]
    base = {
        "campaign": "Tents",
        "ad_group": "G",
        "keyword": "tent",
        "match_type": "exact",
        "impressions": 1000,
        "cost": 1.0,
    }
    told = [{**base, "report_date": day(n), "clicks": 100, "conversions": 9.0 if n == 1 else 1.0} for n in (1, 5)]
    stored = put(batch, "keyword_daily", told, as_of=date(2025, 3, 6))
    daily = load_daily(stored)
    shared = learn_shared(combine_days([account_days(daily)]), versions(with_presale(0.6, range(1, 7))), stored)
    one = count_items(daily, shared, stored).iloc[0]
    assert one["effective_conversions"] / one["effective_clicks"] == pytest.approx(0.09, rel=0.15)
    assert one["clicks"] == 200
