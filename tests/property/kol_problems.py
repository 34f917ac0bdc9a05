"""Offers drawn at random, and their rules and worth in words, without the solver's matrix."""

from itertools import product

import numpy as np
from hypothesis import strategies as st

from optimizers.kol_ads import PointAds
from optimizers.kol_problem import KolProblem


@st.composite
def problems(draw, max_offers=9):
    rng, n = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, max_offers))
    fee = rng.uniform(1, 40, n).round(2)
    budget = float(rng.uniform(60, 160))
    spend = np.sort(rng.uniform(0.05, 1, 5)) * budget
    ads = PointAds(spend, rng.uniform(5, 30) * np.sqrt(spend), draw(st.sampled_from(["flexible", "fixed"])))
    is_signed = rng.random(n) < 0.15
    is_signed &= np.cumsum(fee * is_signed) + spend[0] < budget
    return KolProblem(
        fee=fee, commission_rate=rng.uniform(0, 0.3, n), expected_value=fee * rng.lognormal(0.6, 0.7, n),
        kol=rng.integers(0, 4, n), tier=rng.integers(0, 3, n), is_signed=is_signed, budget=budget,
        ads=ads, max_share_per_kol=float(rng.uniform(0.2, 1)),
        min_koc_per_head=float(rng.choice([0.0, 1.0, 2.0])), max_offers=int(rng.integers(1, n + 1)),
        koc_tiers=(0,), head_tiers=(2,), max_fee_share=float(rng.uniform(0.3, 1)),
        audience=rng.integers(0, 3, n), max_new_per_audience=draw(st.sampled_from([None, 1, 2])),
        max_share_per_audience=float(rng.uniform(0.3, 1)),
    )  # fmt: skip


def is_allowed(problem, chosen):
    """Whether a choice keeps every rule and leaves the ads their least."""
    fits = problem.fee[chosen].sum() <= problem.budget - problem.ads.budget[0] + 1e-9
    return fits and is_within_rules(problem, chosen)


def is_within_rules(problem, chosen):
    """The rules in words, without the solver's matrix."""
    if (problem.is_signed & ~chosen).any():
        return False
    signed, cap = problem.is_signed, problem.max_fee_share * problem.budget

    def within(amount, limit):
        return amount[chosen].sum() <= max(limit, amount[signed].sum()) + 1e-9

    mix = problem.min_koc_per_head * (problem.tier == 2) - (problem.min_koc_per_head > 0) * (problem.tier == 0)
    shares = [within(problem.fee * (problem.kol == k), problem.max_share_per_kol * cap) for k in range(4)]
    count = within(np.ones(len(chosen)), problem.max_offers)
    people = [problem.audience == code for code in range(3)]
    most_new = np.inf if problem.max_new_per_audience is None else problem.max_new_per_audience
    overlap = all(within(problem.fee * one, problem.max_share_per_audience * cap) for one in people)
    overlap &= all((chosen & one & ~signed).sum() <= most_new for one in people)
    return count and within(problem.fee, cap) and all(shares) and within(mix, 0.0) and overlap


def worth(problem, chosen):
    """Offers and the best use of the rest, found by trying every corner of the ads' curve."""
    left = problem.budget - problem.fee[chosen].sum()
    money = np.append(
        problem.ads.budget[problem.ads.budget <= left], min(max(left, problem.ads.budget[0]), problem.ads.budget[-1])
    )
    kept = 1.0 if problem.ads.mode == "flexible" else 0.0
    ads = (np.interp(money, problem.ads.budget, problem.ads.earned) - kept * money).max()
    net = problem.expected_value * (1 - problem.commission_rate) - kept * problem.fee
    return net[chosen].sum() + ads


def best_lessons(problem, chosen):
    """The best that test slots teach, found by trying every set of chosen offers."""
    open_rows = np.flatnonzero(chosen & (problem.lessons > 0))
    most, best = problem.max_test_share * problem.max_fee_share * problem.budget, 0.0
    for bits in product([False, True], repeat=len(open_rows)):
        tested = open_rows[np.array(bits, dtype=bool)]
        if len(tested) <= problem.max_tests and problem.fee[tested].sum() <= most * (1 + 1e-12):
            best = max(best, problem.lessons[tested].sum())
    return best


def worst_tenth(problem, chosen):
    """The mean loss of the worst tenth of the cases, by sorting them."""
    loss = np.sort((problem.fee[chosen] - problem.cases[:, chosen]).sum(axis=1))
    return loss[-(len(loss) // 10) :].mean()


def is_safe(problem, chosen):
    """Whether the worst tenth loses no more than permitted, or than signed offers lose anyhow."""
    if problem.cases is None:
        return True
    return worst_tenth(problem, chosen) <= max(problem.max_tail_loss, worst_tenth(problem, problem.is_signed)) + 1e-9
