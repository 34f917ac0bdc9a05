"""Fitting channels: units and order change nothing, noiseless data are met, tests calibrate, bad data are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizers.adstock import carry_over
from optimizers.baseline import baseline_columns
from optimizers.channel_data import ChannelData
from optimizers.channel_fit import Effort, fit_channels
from optimizers.channel_model import Experiment
from optimizers.errors import InvalidInputError
from optimizers.saturation import saturate

QUICK = Effort(n_chains=32, n_warm=200, n_kept=10, thin=15)
LEVEL, KEPT, HEIGHT, SCALE = (
    np.array([100.0, 40.0]),
    np.array([0.3, 0.6]),
    np.array([900.0, 600.0]),
    np.array([150.0, 50.0]),
)


def make_shop(seed: int = 1, n_weeks: int = 110, noise: float = 60.0) -> tuple[ChannelData, np.ndarray]:
    """Return a shop and the true contributions of its two channels."""
    rng = np.random.default_rng(seed)
    spend = LEVEL * np.exp(rng.normal(0.0, 0.6, (n_weeks, 2)))
    at_work = carry_over(spend, KEPT, spend[:4].mean(axis=0))
    truth = HEIGHT * saturate(at_work / SCALE, np.array(1.5))
    week = np.arange(n_weeks)
    sales = 2000.0 + 3.0 * week + 150.0 * np.sin(2 * np.pi * week * 7 / 365.25) + truth.sum(axis=1)
    return (
        ChannelData(
            7.0 * week, sales + noise * rng.normal(size=n_weeks), spend, np.zeros((n_weeks, 0)), ("search", "social")
        ),
        truth,
    )


@pytest.fixture(scope="module")
def fitted():
    """The noisy shop's fit, made once."""
    return fit_channels(make_shop()[0], effort=QUICK)


def test_noiseless_data_are_met_to_a_percent_of_sales():
    data, truth = make_shop(noise=0.0)
    fit = fit_channels(data, effort=QUICK)
    assert fit.mode_contribution.mean(axis=0) == pytest.approx(truth.mean(axis=0), rel=0.02)
    shift = fit.mode_contribution - truth
    assert np.abs(shift - shift.mean(axis=0)).max() < 0.01 * data.sales.mean()


def test_intervals_hold_the_truth_of_a_noisy_shop(fitted):
    _, truth = make_shop()
    low, mean, high = fitted.interval(0.95)
    total = truth.sum(axis=0)
    assert (low < total).all()
    assert (total < high).all()
    assert (low < mean).all()


def test_units_of_spend_and_sales_change_nothing(fitted):
    data, _ = make_shop()
    units = np.array([0.01, 1000.0])
    two = fit_channels(replace(data, spend=data.spend * units, sales=7.0 * data.sales), effort=QUICK)
    assert two.totals().mean(axis=0) / 7.0 == pytest.approx(fitted.totals().mean(axis=0), rel=1e-3)
    assert two.scale.mean(axis=0) / units == pytest.approx(fitted.scale.mean(axis=0), rel=1e-3)


def test_the_order_of_channels_changes_nothing(fitted):
    data, _ = make_shop()
    swapped = replace(data, spend=data.spend[:, ::-1], names=data.names[::-1])
    two = fit_channels(swapped, effort=QUICK)
    assert (two.contribution == fitted.contribution[..., ::-1]).all()
    assert (two.height == fitted.height[:, ::-1]).all()


def test_the_same_seed_gives_the_same_draws_and_another_one_others(fitted):
    data, _ = make_shop()
    assert (fit_channels(data, effort=QUICK).height == fitted.height).all()
    assert (fit_channels(data, seed=1, effort=QUICK).height != fitted.height).any()


def test_a_lift_test_tells_demand_that_moved_spend_and_sales_apart_from_the_channel():
    """A hidden cause moves search spend and sales; the tests do not know it, the regression is misled by it."""
    rng = np.random.default_rng(30)
    data, truth = make_shop(3)
    hidden = rng.gamma(2.0, 0.5, len(data.sales))
    spend = data.spend.copy()
    spend[:, 0] *= 0.4 + 0.6 * hidden
    at_work = carry_over(spend, KEPT, spend[:4].mean(axis=0))
    truth = HEIGHT * saturate(at_work / SCALE, np.array(1.5))
    noise = 60.0 * rng.normal(size=len(hidden))
    misled = replace(data, spend=spend, sales=2000.0 + truth.sum(axis=1) + 400.0 * hidden + noise)
    weeks = slice(40, 46)
    dark = spend.copy()
    dark[weeks, 0] = 0.0
    without = HEIGHT * saturate(carry_over(dark, KEPT, spend[:4].mean(axis=0)) / SCALE, np.array(1.5))
    lift = float((without - truth)[weeks, 0].sum())
    test = Experiment(0, 40, 45, -float(spend[weeks, 0].sum()), lift, 0.1 * abs(lift))
    total = truth[:, 0].sum()
    blind, told = fit_channels(misled, effort=QUICK), fit_channels(misled, (test,), effort=QUICK)
    assert blind.interval()[0][0] > total
    low, mean, high = told.interval()
    assert low[0] < total < high[0]
    assert abs(mean[0] - total) < 0.5 * abs(blind.interval()[1][0] - total)


def test_a_control_that_never_changes_adds_no_column():
    day = 7.0 * np.arange(100)
    plain = baseline_columns(day, np.zeros((100, 0)))
    assert baseline_columns(day, np.full((100, 1), 3.0)).shape == plain.shape
    assert baseline_columns(day, np.random.default_rng(0).normal(size=(100, 1))).shape[1] == plain.shape[1] + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"sales": np.full(110, 5.0)}, "sales of 5.00 in every period", id="constant sales"),
        pytest.param({"sales": np.zeros(110)}, "sales of 0.00 in every period", id="no sales"),
        pytest.param({"names": ("search", "search")}, "a name twice", id="one name twice"),
        pytest.param({"day": np.append(7.0 * np.arange(109), 800.0)}, "period 109 comes 44 days after", id="a gap"),
        pytest.param({"day": 7.0 * np.repeat(np.arange(55), 2)}, "uneven steps", id="a doubled week"),
    ],
)
def test_data_that_cannot_be_fitted_are_refused(change, message):
    with pytest.raises(InvalidInputError, match=message):
        replace(make_shop()[0], **change)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(np.nan, r"1 bad numbers.*search\[3\] = nan", id="missing"),
        pytest.param(-1.0, r"1 bad numbers.*search\[3\] = -1", id="negative"),
        pytest.param(np.inf, r"1 bad numbers.*search\[3\] = inf", id="infinite"),
    ],
)
def test_spend_that_is_no_money_is_refused_with_its_place(value, message):
    data, _ = make_shop()
    spend = data.spend.copy()
    spend[3, 0] = value
    with pytest.raises(InvalidInputError, match=message):
        replace(data, spend=spend)


def test_a_channel_that_never_changes_is_refused_by_name():
    data, _ = make_shop()
    with pytest.raises(InvalidInputError, match=r"1 constant channels.*social.*vary their spend"):
        replace(data, spend=np.column_stack([data.spend[:, 0], np.full(110, 9.0)]))


def test_a_short_history_is_refused():
    with pytest.raises(InvalidInputError, match="29 periods, limit at least 30"):
        make_shop()[0].first_periods(29)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param(Experiment(2, 0, 3, 10.0, 5.0, 1.0), id="unknown channel"),
        pytest.param(Experiment(0, 108, 112, 10.0, 5.0, 1.0), id="after the data"),
        pytest.param(Experiment(0, 5, 3, 10.0, 5.0, 1.0), id="ends before it starts"),
        pytest.param(Experiment(0, 0, 3, 10.0, 5.0, 0.0), id="no error"),
        pytest.param(Experiment(0, 0, 3, 10.0, np.nan, 1.0), id="no lift"),
        pytest.param(Experiment(0, 0, 3, 0.0, 5.0, 1.0), id="no spend"),
        pytest.param(Experiment(0, 0, 3, -1e6, -5.0, 1.0), id="more withheld than spent"),
    ],
)
def test_an_experiment_that_fits_no_data_is_refused(test):
    with pytest.raises(InvalidInputError, match="cannot use the experiment"):
        fit_channels(make_shop()[0], (test,), effort=QUICK)
