"""The channel-level mode on simulated shops whose truth is known: ROAS ranking, coverage, and what its plan earns.

The set of ``pymc_marketing`` has a hidden cause of demand, z, that moves spend of the first channel and sales alike. Its
own study hides z and gives lift tests; so do the figures with bars. Beside them: z given as a control without tests, and z
hidden without tests, where every model of observed data must fail. Skips where ../shared/data is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from benchmarks.figures import Bar, Figure
from optimizers.channel_curves import ChannelCurves, curves_of_fit
from optimizers.channel_data import ChannelData
from optimizers.channel_fit import ChannelFit, fit_channels
from optimizers.channel_model import Experiment
from optimizers.channel_plan import plan_channels
from optimizers.tree import PriceTree
from optimizers.types import FloatArray

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "pymc_marketing" / "mmm_roas_data.csv"
CHANNELS = ("x1", "x2")
SPLITS = (65, 87, 109, 131)  # weeks known: a half, two thirds, five sixths, all
AMPLITUDE, HEIGHT = 100.0, np.array([2.0, 1.5])  # the makers' own: sales = 100 (trend + ... + 2 s1 + 1.5 s2)
BEND, RETENTION, LAGS = np.array([1.0, 2.5]), np.array([0.3, 0.5]), 4  # s = tanh(bend x / 2), four weeks of carry-over
TESTS = (
    (0, 16, -1.0),
    (1, 28, -1.0),
    (0, 40, 0.5),
    (1, 52, 0.5),
)  # channel, first week, change of spend over four weeks
TEST_WEEKS, TEST_ERROR = 4, 0.15  # a usual regional holdout: a standard error of 15 % of the lift
TEST_SEEDS = (0, 1, 2)  # of the tests' errors: one draw is luck
ROUNDING = 1e-6  # relative: the scale of SLSQP's own tolerance
PEER = "the makers' truth"


@dataclass(frozen=True)
class Trial:
    """One fit on the first ``n_weeks``, beside the truth of the same weeks."""

    n_weeks: int
    fit: ChannelFit
    data: ChannelData
    truth: FloatArray

    @property
    def is_covered(self) -> tuple[bool, ...]:
        """Return per channel whether the 80 % interval holds the true contribution."""
        low, _, high = self.fit.interval()
        return tuple((low <= self.truth) & (self.truth <= high))

    @property
    def is_ranked(self) -> bool:
        """Return whether channels stand in the order of their true ROAS."""
        spend, total = self.data.spend.sum(axis=0), self.fit.totals().mean(axis=0)
        return bool((np.argsort(total / spend) == np.argsort(self.truth / spend)).all())

    def told(self) -> str:
        """Return true and fitted contributions in words."""
        low, mean, high = self.fit.interval()
        parts = [
            f"{name} true {self.truth[i]:,.0f}, fitted {mean[i]:,.0f} ({low[i]:,.0f} to {high[i]:,.0f})"
            for i, name in enumerate(CHANNELS)
        ]
        return f"{self.n_weeks} weeks: {'; '.join(parts)}; R-hat {self.fit.r_hat:.2f}"


def measure() -> list[Figure]:
    """Return coverage and ranking of three settings, and the plan of the headline setting on the truth."""
    if not DATA.is_file():
        return []
    frame = pd.read_csv(DATA)
    tested = [try_splits(frame, has_z=False, experiments=make_tests(frame, seed)) for seed in TEST_SEEDS]
    setting = f"z hidden, two lift tests a channel; mean over {len(TEST_SEEDS)} draws of their errors, the first shown"
    figures = _judge("channels_lift_tests", tested, setting, has_bar=True)
    figures += _judge("channels_z_known", [try_splits(frame, has_z=True)], "z as a control, no test", has_bar=False)
    figures += _judge("channels_z_hidden", [try_splits(frame, has_z=False)], "z hidden, no test", has_bar=False)
    return [*figures, *judge_plan(tested[0][-1])]


def try_splits(frame: pd.DataFrame, *, has_z: bool, experiments: tuple[Experiment, ...] = ()) -> list[Trial]:
    """Return one trial for each split."""
    trials = []
    for n_weeks in SPLITS:
        data = read_market(frame, has_z=has_z).first_periods(n_weeks)
        truth = (frame["y"].to_numpy()[:, None] - frame[["y01", "y02"]].to_numpy())[:n_weeks].sum(axis=0)
        trials.append(Trial(n_weeks, fit_channels(data, experiments), data, truth))
    return trials


def read_market(frame: pd.DataFrame, *, has_z: bool) -> ChannelData:
    """Return what a shop would know: spend, sales and, where told, z; never the true trend, season or effects."""
    day = (pd.to_datetime(frame["date"]) - pd.to_datetime(frame["date"].iloc[0])).dt.days.to_numpy(dtype=np.float64)
    controls = frame[["z"]].to_numpy() if has_z else np.zeros((len(frame), 0))
    return ChannelData(day, frame["y"].to_numpy(), frame[list(CHANNELS)].to_numpy(), controls, CHANNELS)


def true_effect(spend: FloatArray) -> FloatArray:
    """Return the true sales of each channel at this spend, shape (n_weeks, n_channels); zero spend before."""
    share = RETENTION ** np.arange(LAGS)[:, None]
    weight = share / share.sum(axis=0)
    past = np.concatenate([np.zeros((LAGS - 1, spend.shape[1])), spend])
    at_work = sum(weight[lag] * past[LAGS - 1 - lag : len(past) - lag] for lag in range(LAGS))
    return np.asarray(AMPLITUDE * HEIGHT * np.tanh(BEND * at_work / 2))


def make_tests(frame: pd.DataFrame, seed: int) -> tuple[Experiment, ...]:
    """Return lift tests run on the truth, all within the first split, each with a seeded error of its own."""
    spend, rng = frame[list(CHANNELS)].to_numpy(), np.random.default_rng(seed)
    usual, tests = true_effect(spend), []
    for channel, first, change in TESTS:
        weeks = slice(first, first + TEST_WEEKS)
        changed = spend.copy()
        changed[weeks, channel] *= 1.0 + change
        lift = float((true_effect(changed) - usual)[weeks, channel].sum())
        error = TEST_ERROR * abs(lift)
        spent = float((changed - spend)[weeks, channel].sum())
        tests.append(Experiment(channel, first, first + TEST_WEEKS - 1, spent, lift + error * rng.normal(), error))
    return tuple(tests)


def judge_plan(trial: Trial) -> list[Figure]:
    """Return what our plan and SLSQP's earn on the truth, given the same fitted curves, budget and bounds."""
    usual, most = trial.data.spend.mean(axis=0), trial.data.spend.max(axis=0)
    node, total = np.zeros(len(CHANNELS), dtype=np.int64), float(usual.sum())
    curves = curves_of_fit(trial.fit, node, 1.0, np.zeros(len(CHANNELS)), most)
    tree = PriceTree(np.array([-1]), np.zeros(1), np.array([total]), ("total",))
    plan, other = plan_channels(curves, tree, "fixed"), plan_by_slsqp(curves, total)
    ours, theirs, today, oracle = (steady_sales(cost) for cost in (plan.cost, other, usual, best_on_truth(total, most)))
    said = f"SLSQP {theirs:.6f}, today's split {today:.4f}, the truth's own optimum {oracle:.4f} sales a week"
    spent = f"the same {total:.3f} a week; dual bound {plan.dual_bound:.4f}, expected {plan.total_value:.4f}"
    bar = Bar(1.0 - ROUNDING)
    return [
        Figure("channels_plan_on_truth", ours / theirs, "of SLSQP's sales", said, spent, bar),
        Figure(
            "channels_plan_gap", plan.solver_gap, "of the bound", "any plan within the limits", spent, Bar(1e-9, True)
        ),
        Figure("channels_plan_of_oracle", ours / oracle, "of the oracle's sales", said, spent),
    ]


def plan_by_slsqp(curves: ChannelCurves, total: float) -> FloatArray:
    """Return SLSQP's spend on the same curves, from an equal split, with exact slopes."""
    n_items = curves.n_items
    limit = {"type": "eq", "fun": lambda x: x.sum() - total, "jac": lambda _: np.ones(n_items)}
    found = minimize(
        lambda x: -float(curves.draw_values(x).mean(axis=1).sum()), np.full(n_items, total / n_items),
        jac=lambda x: -curves.marginal(x), bounds=np.column_stack([curves.min_cost, curves.max_cost]),
        constraints=limit, method="SLSQP", options={"ftol": 1e-12, "maxiter": 1000},
    )  # fmt: skip
    return np.asarray(found.x)


def steady_sales(cost: FloatArray) -> float:
    """Return the true sales a week of a steady spend."""
    return float((AMPLITUDE * HEIGHT * np.tanh(BEND * cost / 2)).sum())


def best_on_truth(total: float, most: FloatArray) -> FloatArray:
    """Return the best split of two channels on the true curves, by looking at a million of them."""
    first = np.linspace(max(total - most[1], 0.0), min(most[0], total), 1_000_001)
    split = np.column_stack([first, total - first])
    return np.asarray(split[np.argmax((HEIGHT * np.tanh(BEND * split / 2)).sum(axis=1))])


def _judge(name: str, rounds: list[list[Trial]], setting: str, *, has_bar: bool) -> list[Figure]:
    note = f"{setting}. " + ". ".join(trial.told() for trial in rounds[0])
    covered = float(np.mean([sum(all(trial.is_covered) for trial in trials) for trials in rounds]))
    each = float(np.mean([[trial.is_covered for trial in trials] for trials in rounds]))
    ranked = float(np.mean([sum(trial.is_ranked for trial in trials) for trials in rounds]))
    bar = Bar(3.0) if has_bar else None
    return [
        Figure(f"{name}_covered", covered, f"of {len(SPLITS)} splits with all channels inside", PEER, note, bar),
        Figure(f"{name}_covered_each", each, "of channels and splits", PEER, setting),
        Figure(
            f"{name}_ranked", ranked, f"of {len(SPLITS)} splits in the true order of ROAS", PEER, setting,
            Bar(float(len(SPLITS))) if has_bar else None,
        ),
    ]  # fmt: skip
