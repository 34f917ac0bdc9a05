"""The young days' conversion rate, corrected for what is still to be reported, against known truth.

Exports reach back a week or two, the reporting delay differs from the configured one, and a promotion with a pre-sale lies
inside the window. Days are drawn order by order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.maturity_curves import Maturity, learn_maturity
from configs.schema import Calendar
from tests.unit.assets.made_up import NIGHT, make_batch, with_platform

SEEDS = range(20)
DAYS, CLICKS, CVR = 60, 4_000, 0.03
REPORTED = np.array([0.55, 0.68, 0.76, 0.82, 0.87, 0.91, 0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0])
CONFIGURED = (0.72, 0.80, 0.85, 0.88, 0.90, 0.92, 0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0)  # its tail is right
HELD = 0.6
PRESALE, BALANCE = range(52, 57), 57  # the last days are 53 to 59: four of the pre-sale, three of the promotion
EVENTS = [{"name": "deposits", "start": "03-03", "end": "03-07", "presale": True}]


def drawn(seed: int, *, has_presale: bool) -> np.ndarray:
    """Return conversions of day i reported on day j, shape (DAYS, DAYS)."""
    rng = np.random.default_rng(seed)
    found = np.zeros((DAYS, DAYS))
    for day in range(DAYS):
        lift = 1.4 if has_presale and day >= PRESALE.start else 1.0
        held = HELD if has_presale and day in PRESALE else 0.0
        n_orders = rng.poisson(CLICKS * CVR * lift)
        start = np.where(rng.random(n_orders) < held, BALANCE, day)
        told = start + np.searchsorted(REPORTED, rng.random(n_orders), side="right")
        np.add.at(found[day], told[told < DAYS], 1)
    return found


def versions(reported: np.ndarray, export_days: int) -> pd.DataFrame:
    """Return what each night's export of the last ``export_days`` days told of each."""
    first = pd.Timestamp(NIGHT - timedelta(days=DAYS - 1))
    known = np.cumsum(reported, axis=1)
    pairs = [(day, night) for night in range(DAYS) for day in range(max(0, night - export_days + 1), night + 1)]
    days, nights = np.array(pairs).T
    return pd.DataFrame({
        "platform": "google_ads", "account": "main", "kind": "keyword_daily", "scope": "s", "cost": 100,
        "report_date": first + pd.to_timedelta(days, unit="D"), "as_of": first + pd.to_timedelta(nights, unit="D"),
        "conversions": known[days, nights],
    })  # fmt: skip


def learned(seed: int, batch: Batch, export_days: int, *, has_presale: bool) -> tuple[Maturity, pd.DataFrame]:
    seen = versions(drawn(seed, has_presale=has_presale), export_days)
    last_week = seen[
        (seen["as_of"] == pd.Timestamp(NIGHT)) & (seen["report_date"] > pd.Timestamp(NIGHT) - pd.Timedelta("7D"))
    ]
    return learn_maturity(seen, batch), last_week


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    root: Path = tmp_path_factory.mktemp("home")
    home = make_batch(root, calendar=Calendar.model_validate({"events": EVENTS}))
    return with_platform(home, "google_ads", maturity=CONFIGURED)


@pytest.mark.parametrize("export_days", [pytest.param(7, id="a week"), pytest.param(30, id="a month")])
def test_the_corrected_rate_of_the_last_week_is_unbiased_within_two_percent(batch, export_days):
    plain = replace(batch, calendar=Calendar())
    ratios, raw = [], []
    for seed in SEEDS:
        maturity, week = learned(seed, plain, export_days, has_presale=False)
        ratios.append(week["conversions"].sum() / (CLICKS * maturity.share(week).sum()) / CVR)
        raw.append(week["conversions"].sum() / (CLICKS * 7) / CVR)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.02)
    assert np.mean(raw) < 0.85  # what the correction is for


def test_a_presale_and_its_promotion_inside_the_week_leave_the_rate_unbiased(batch):
    """True rate 1.4 x usual on all days of the week; of the pre-sale's orders three fifths came with the balance."""
    ratios, held = [], []
    for seed in SEEDS:
        maturity, week = learned(seed, batch, 7, has_presale=True)
        ratios.append(week["conversions"].sum() / (CLICKS * maturity.share(week).sum()) / (1.4 * CVR))
        held.append(maturity.held["google_ads"].held)
    assert np.mean(held) == pytest.approx(HELD, abs=0.02)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.02)


def test_the_stated_error_of_the_first_age_is_the_error_that_is_made(batch):
    """Log shares of 20 seeds scatter around the truth by their own standard error, as far as it is not assumed."""
    curves = [learned(seed, batch, 30, has_presale=False)[0].curve("google_ads") for seed in SEEDS]
    misses = np.array([np.log(curve.share[0] / REPORTED[0]) / curve.log_sd[0] for curve in curves])
    assert np.sqrt(np.mean(misses**2)) == pytest.approx(1.0, abs=0.5)
