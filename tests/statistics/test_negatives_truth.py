"""Negatives on known truth: of the terms that are excluded few really pay.

Markets are drawn anew, many at once: keywords of campaigns, the terms behind them, their clicks and sales. Judged are they by
the stage's own functions, one market a platform. What terms of a keyword differ by is no secret that the stage is told: they are
drawn alike, unlike, and with junk among them, which the stage's gamma does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from assets.batch import Batch
from assets.discovery import term_rates, term_verdicts, with_worth
from optimizers.shrinkage import pool_rates
from tests.unit.assets.made_up import make_batch

N_MARKETS, N_CAMPAIGNS, N_KEYWORDS, N_TERMS = 80, 10, 100, 8  # keywords a market, terms a keyword
AOV, MARGIN, AOV_LOG_SD = 100.0, 0.5, 0.15
JUNK_EXCESS = 1.15  # see the drawbacks of pool_terms
Draw = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Judged:
    """Verdicts on all terms, and whether each really pays."""

    terms: pd.DataFrame
    pays: np.ndarray
    limit: float

    def mistakes(self) -> tuple[float, float, int]:
        """Return the share of negatives that pay, its standard error over markets, and how many negatives there are."""
        ends = self.terms["verdict"] == "negative"
        market = self.terms.assign(n=ends, wrong=ends & self.pays).groupby("platform")[["n", "wrong"]].sum()
        n, wrong = (market[name].to_numpy(dtype=np.float64) for name in ("n", "wrong"))
        share = wrong.sum() / n.sum()
        error = np.sqrt(np.sum((wrong - share * n) ** 2)) / n.sum()  # of a ratio, markets drawn apart
        return float(share), float(error), int(n.sum())


def mostly_alike(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.gamma(30.0, 1.0 / 30.0, n)


def unlike(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.gamma(2.0, 0.5, n)


def with_junk(rng: np.random.Generator, n: int) -> np.ndarray:
    """A quarter sells next to nothing, the rest a little more than the keyword."""
    return np.where(rng.random(n) < 0.25, 0.08, 1.3) * np.exp(rng.normal(0.0, 0.2, n))


def draw_terms(draw: Draw, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the terms of all markets as the stage sees them, and whether each really pays."""
    rng = np.random.default_rng(seed)
    n_keywords = N_MARKETS * N_KEYWORDS
    market = np.repeat(np.arange(N_MARKETS), N_KEYWORDS)
    campaign = market * N_CAMPAIGNS + rng.integers(0, N_CAMPAIGNS, n_keywords)
    level = 0.03 * np.exp(rng.normal(0.0, 0.4, N_MARKETS * N_CAMPAIGNS))
    keyword_rate = level[campaign] * rng.gamma(3.0, 1.0 / 3.0, n_keywords)
    aov = AOV * np.exp(AOV_LOG_SD * rng.normal(size=N_MARKETS * N_CAMPAIGNS) - AOV_LOG_SD**2 / 2.0)
    source = np.repeat(np.arange(n_keywords), N_TERMS)
    rate = keyword_rate[source] * draw(rng, source.size)
    clicks = 1.0 + rng.poisson(np.exp(rng.normal(np.log(15.0), 1.3, source.size)))
    sales = rng.poisson(rate * clicks).astype(np.float64)
    own, seen = np.bincount(source, sales), np.bincount(source, clicks)
    known = pool_rates(own, seen, campaign, market)
    cpc = 1.2 * np.exp(rng.normal(0.0, 0.4, n_keywords))[source]
    terms = pd.DataFrame({
        "platform": pd.Series([f"market {n:02d}" for n in market[source]], dtype="str"), "account": "main",
        "source_item": pd.Series(source.astype(str), dtype="str"),
        "campaign": pd.Series(campaign[source].astype(str), dtype="str"), "ad_group": "Group",
        "search_term": pd.Series(np.arange(source.size).astype(str), dtype="str"),
        "clicks": clicks, "conversions": sales, "cost": clicks * cpc, "cpc": cpc,
        "term_clicks": clicks, "term_conversions": sales, "cvr_shape": known.shape[source], "cvr_rate": known.rate[source],
        "effective_conversions": own[source], "effective_clicks": seen[source], "aov": AOV, "aov_log_sd": AOV_LOG_SD,
        "margin": MARGIN, "roas_floor": 2.0, "growth_low": 1.0, "growth_usual": 1.0, "is_current": True,
        "is_blocked": False, "is_known": False, "is_own_word": False,
        "true_value": clicks * rate * aov[campaign][source] * MARGIN,
    })  # fmt: skip
    return terms, (terms["true_value"] > terms["cost"]).to_numpy()


@pytest.fixture(scope="module", params=[mostly_alike, unlike, with_junk], ids=lambda draw: draw.__name__)
def drawn(request) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Return eighty markets whose terms are drawn in one way, with what the stage believes of each term."""
    terms, pays = draw_terms(request.param, 11)
    return request.param.__name__, with_worth(terms, term_rates(terms)), pays


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    """Return a night of the packaged settings."""
    return make_batch(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def nightly(drawn, batch) -> Judged:
    """Return each market's verdicts of one night, with the packaged settings: as many negatives as a night may have."""
    _, terms, pays = drawn
    verdict = pd.concat([term_verdicts(part, batch) for _, part in terms.groupby("platform")])
    return Judged(terms.assign(verdict=verdict), pays, batch.settings.floor.max_false_share)


def test_of_a_nights_negatives_no_more_really_pay_than_the_limit_allows(nightly):
    share, error, n_negatives = nightly.mistakes()
    assert n_negatives >= 10 * N_MARKETS
    assert share <= nightly.limit + 2.0 * error


def test_without_a_nights_limit_on_their_number_the_share_of_mistakes_keeps_its_limit_too(drawn, tmp_path):
    """All that the odds would exclude. Junk, which is no gamma, makes a tenth about a ninth."""
    name, terms, pays = drawn
    endless = make_batch(tmp_path, discovery={"max_new_negatives": 1_000_000})
    found = Judged(terms.assign(verdict=term_verdicts(terms, endless)), pays, endless.settings.floor.max_false_share)
    share, error, n_negatives = found.mistakes()
    assert n_negatives >= 100 * N_MARKETS
    assert share <= found.limit * (JUNK_EXCESS if name == "with_junk" else 1.0) + 2.0 * error


def test_excluding_blindly_would_break_the_limit(nightly):
    assert nightly.pays.mean() > 2.0 * nightly.limit


def test_the_excluded_terms_cost_more_than_they_really_bring(nightly):
    ends = (nightly.terms["verdict"] == "negative").to_numpy()
    truth = nightly.terms["true_value"].to_numpy()
    assert nightly.terms["cost"].to_numpy()[ends].sum() > 1.5 * truth[ends].sum()
