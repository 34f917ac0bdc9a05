"""From keyword-day facts to scored keywords, against DuckDB that only sums the same Parquet file by keyword.

Ours reads, groups, corrects for delay, forms effective counts, fits campaigns, match types, root words and what staff
bid, updates every keyword's rates, and gives the floor's probability and the score, with the estimators of the nightly
stages.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from benchmarks.figures import Bar, Figure
from benchmarks.timing import in_own_process, medians_in_turn
from optimizers.effects import join_effects, stack_effects
from optimizers.floor import harmonic_price, probability_below
from optimizers.glm import fit_log_rates
from optimizers.kinship import shared_part
from optimizers.maturity import share_reported
from optimizers.metrics import decay_weights, rescale_sums
from optimizers.score import ScoreParts, evidence_grade, keyword_scores
from optimizers.shrinkage import pool_means, update_rates, value_per_click
from optimizers.types import FloatArray, IntArray, TextArray

N_KEYWORDS, N_DAYS, N_PLATFORMS, REPEATS = 1_000_000, 10, 5, 3
KEYWORDS_PER_CAMPAIGN, KEYWORDS_PER_ROOT, ROOTS_PER_KEYWORD = 500, 50, 2
MATURITY = (0.35, 0.6, 0.75, 0.85, 0.9, 0.94, 0.97, 1.0)
HALF_LIFE_DAYS, ROAS_FLOOR, WEIGHTS = 14.0, 2.0, (0.35, 0.20, 0.45)
MICROS = 1e6
BAR, GROWTH_BAR, MEMORY_BAR = Bar(12.0, is_most=True), Bar(11.0, is_most=True), Bar(3.0, is_most=True)
GROUPED = """
    SELECT item, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(cost) AS cost,
           sum(conversions) AS conversions, sum(conversion_value) AS conversion_value
    FROM read_parquet(?) GROUP BY item
"""
DECAYED = """
    SELECT item, sum(impressions) AS impressions,
           sum(w * share * clicks) AS matured, sum(w * w * share * clicks) AS matured_square,
           sum(w * conversions) AS sold, sum(w * w * conversions) AS sold_square,
           sum(w * conversion_value) / 1e6 AS earned,
           sum(w * clicks) AS paid_clicks, sum(w * w * clicks) AS paid_clicks_square, sum(w * cost) / 1e6 AS paid
    FROM read_parquet(?) JOIN days USING (age_days) GROUP BY item ORDER BY item
"""


@dataclass(frozen=True)
class Keywords:
    """What is known of the keywords beside their numbers, in the order of their names."""

    campaign: IntArray
    platform: IntArray
    match_type: IntArray
    roots: IntArray  # shape (n_keywords, 2)
    log_bid: FloatArray  # what staff bid beyond the worth of an order, around 0


@dataclass(frozen=True)
class Scored:
    """What the night says of every keyword."""

    p_below_floor: FloatArray
    score: ScoreParts
    grade: TextArray


def measure() -> list[Figure]:
    """Return the ratio to the peer, the growth with ten times the rows, and the peak of memory."""
    with TemporaryDirectory() as folder:
        path, small = Path(folder, "facts.parquet"), Path(folder, "tenth.parquet")
        write_facts(path, N_KEYWORDS)
        write_facts(small, N_KEYWORDS // 10)
        keywords = draw_keywords(N_KEYWORDS)
        ours, theirs = medians_in_turn(partial(score_file, path, keywords), partial(sum_with_duckdb, path), REPEATS)
        large = cpu_seconds(partial(score_file, path, keywords))
        tenth = cpu_seconds(partial(score_file, small, draw_keywords(N_KEYWORDS // 10)))
        peak = in_own_process(partial(peak_gigabytes, path, N_KEYWORDS))
    told = f"{ours:.2f} s, {N_KEYWORDS:,} keywords from {N_KEYWORDS * N_DAYS:,} keyword days, reading on both sides"
    peer = f"DuckDB, sums by keyword on all cores, {theirs:.3f} s"
    growth = f"{large:.2f} s and {tenth:.2f} s of processor time"
    return [
        Figure("estimate", ours / theirs, "times the peer", peer, told, BAR),
        Figure("estimate_growth", large / tenth, "times", "a tenth of the rows", growth, GROWTH_BAR),
        Figure("estimate_memory", peak, "GB at the peak", "none", "a process of its own, facts on disk", MEMORY_BAR),
    ]


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the processor time of one call after one that warms up: a busy machine changes it little."""
    call()
    start = process_time()
    call()
    return process_time() - start


def peak_gigabytes(path: Path, n_keywords: int) -> float:
    """Return the most memory that this process ever held, scoring the file included."""
    score_file(path, draw_keywords(n_keywords))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def draw_keywords(n_keywords: int) -> Keywords:
    """Return every keyword's campaign, platform, match type and two root words."""
    rng = np.random.default_rng(12)
    campaign = rng.integers(max(n_keywords // KEYWORDS_PER_CAMPAIGN, 1), size=n_keywords)
    n_roots = max(n_keywords // KEYWORDS_PER_ROOT, 1)
    roots = (n_roots * rng.random((n_keywords, ROOTS_PER_KEYWORD)) ** 2).astype(
        np.int64
    )  # few words are in many keywords
    match_type = rng.integers(3, size=n_keywords)
    effects = 0.3 * np.random.default_rng(14).normal(size=(2, n_keywords))
    log_bid = 0.5 * effects[0, campaign] + 0.5 * effects[1, roots].sum(axis=1) + 0.35 * rng.normal(size=n_keywords)
    return Keywords(campaign, campaign % N_PLATFORMS, match_type, roots, log_bid)


def write_facts(path: Path, n_keywords: int) -> None:
    """Write every keyword on every day; rates differ by campaign, word and keyword, money is in micros."""
    keywords, rng = draw_keywords(n_keywords), np.random.default_rng(13)
    effects = 0.3 * np.random.default_rng(14).normal(size=(2, n_keywords))  # of campaigns and of words
    effect = effects[0, keywords.campaign] + effects[1, keywords.roots].sum(axis=1)
    cvr = 0.02 * np.exp(effect + 0.35 * rng.normal(size=n_keywords))
    volume, price = np.exp(rng.normal(0.0, 1.2, n_keywords)), np.exp(rng.normal(0.0, 0.5, n_keywords))
    named = pa.array([
        f"shop|main|keyword|{k:07d}|campaign{c:04d}|group|platform{p}"
        for k, (p, c) in enumerate(zip(keywords.platform, keywords.campaign, strict=True))
    ])  # fmt: skip
    writer = None
    for age in range(N_DAYS):
        day = _draw_day(named, age, (volume, cvr, price), rng)
        writer = pq.ParquetWriter(path, day.schema, compression="zstd") if writer is None else writer
        writer.write_table(day, row_group_size=65_536)
    if writer is not None:
        writer.close()


def _draw_day(
    named: pa.Array, age: int, truth: tuple[FloatArray, FloatArray, FloatArray], rng: np.random.Generator
) -> pa.Table:
    volume, cvr, price = truth
    clicks = rng.poisson(volume)
    conversions = rng.poisson(clicks * cvr * _shares()[age])
    value = conversions * 100.0 * np.exp(rng.normal(0.0, 0.4, len(named)))
    return pa.table({
        "item": named,
        "age_days": np.full(len(named), age),
        "impressions": clicks * 20 + rng.poisson(20.0, len(named)),
        "clicks": clicks,
        "cost": (clicks * price * MICROS).astype(np.int64),
        "conversions": conversions.astype(np.float64),
        "conversion_value": (value * MICROS).astype(np.int64),
    })  # fmt: skip


def _shares() -> FloatArray:
    return share_reported(np.arange(N_DAYS), MATURITY)


def sum_with_duckdb(path: Path) -> pa.Table:
    """Return the peer's answer: plain sums, nothing estimated."""
    with duckdb.connect() as database:
        return database.sql(GROUPED, params=[str(path)]).to_arrow_table()


def score_file(path: Path, keywords: Keywords) -> Scored:
    """Return P(roas < floor), score and grade of every keyword in the file."""
    sums = sum_decayed(path)
    sold = rescale_sums(sums["matured"], sums["matured_square"], sums["sold"])
    earned = rescale_sums(sums["sold"], sums["sold_square"], sums["earned"])
    paid = rescale_sums(sums["paid_clicks"], sums["paid_clicks_square"], sums["paid"])
    campaign, platform = keywords.campaign, keywords.platform
    kin = stack_effects(campaign.size, [campaign, keywords.match_type, _root_matrix(keywords.roots)])
    shared = shared_part(keywords.log_bid, kin)
    bids = csr_array(np.stack([keywords.log_bid - shared, shared], axis=1))
    effects = join_effects(kin, stack_effects(campaign.size, [bids]))
    cvr = update_rates(sold.events, sold.exposure, fit_log_rates(sold.events, sold.exposure, platform, effects).prior)
    aov = pool_means(earned.events, earned.exposure, campaign, platform)
    cpc = pool_means(paid.events, paid.exposure, campaign, platform)
    worth = value_per_click(cvr, aov, 1.0)
    spread = np.hypot(aov.log_sd, cpc.log_sd)
    below = probability_below(cvr.shape, cvr.rate, aov.mean, harmonic_price(cpc.mean, cpc.log_sd), ROAS_FLOOR, spread)
    competition = np.full(campaign.size, np.nan)  # no market report, as in most shops
    score = keyword_scores(sums["impressions"], competition, worth.mean, platform, WEIGHTS)
    return Scored(below, score, evidence_grade(sold.exposure, sold.events, True))


def sum_decayed(path: Path) -> dict[str, FloatArray]:
    """Return decayed sums by keyword, in the order of their names; one thread, so that sums always run in one order."""
    weight = decay_weights(np.arange(N_DAYS), HALF_LIFE_DAYS)
    days = pa.table({"age_days": np.arange(N_DAYS), "w": weight, "share": _shares()})
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("days", days)
        found = database.sql(DECAYED, params=[str(path)]).fetchnumpy()
    return {name: np.asarray(found[name], dtype=np.float64) for name in found if name != "item"}


def _root_matrix(roots: IntArray) -> csr_array:
    """Return the root codes of keywords as a matrix of 0 and 1."""
    n_keywords, width = roots.shape
    starts = np.arange(0, roots.size + 1, width)
    return csr_array((np.ones(roots.size), roots.ravel(), starts), shape=(n_keywords, int(roots.max()) + 1))
