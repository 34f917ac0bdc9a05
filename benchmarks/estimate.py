"""From keyword-day facts to scored keywords, against DuckDB that only sums the same Parquet file by keyword.

Ours reads, groups, forms effective counts, pools rates and means, and gives the floor's probability and the score.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Bar, Figure
from benchmarks.timing import medians_in_turn
from optimizers.floor import probability_below
from optimizers.metrics import decay_weights, effective_counts
from optimizers.score import ScoreParts, keyword_scores
from optimizers.shrinkage import pool_means, pool_rates
from optimizers.types import FloatArray, IntArray

N_KEYWORDS, N_DAYS, N_CAMPAIGNS, N_PLATFORMS, REPEATS = 200_000, 10, 2_000, 5, 3
N_ROWS = N_KEYWORDS * N_DAYS
HALF_LIFE_DAYS, ROAS_FLOOR, WEIGHTS = 14.0, 2.0, (0.35, 0.20, 0.45)
MICROS = 1e6
BAR = Bar(12.0, is_most=True)
GROUPED = """
    SELECT item, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(cost) AS cost,
           sum(conversions) AS conversions, sum(conversion_value) AS conversion_value
    FROM read_parquet(?) GROUP BY item
"""


def measure() -> list[Figure]:
    """Return the one ratio."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "facts.parquet")
        pq.write_table(draw_facts(), path, compression="zstd", row_group_size=65_536)
        ours, theirs = medians_in_turn(lambda: score_file(path), lambda: sum_with_duckdb(path), REPEATS)
    told = f"{ours:.2f} s, {N_KEYWORDS:,} keywords from {N_ROWS:,} keyword days, reading included on both sides"
    peer = f"DuckDB, sums by keyword on all cores, {theirs:.3f} s"
    return [Figure("estimate", ours / theirs, "times the peer", peer, told, BAR)]


def draw_facts() -> pa.Table:
    """Return every keyword on every day; rates differ by platform, campaign and keyword, money is in micros."""
    rng = np.random.default_rng(13)
    campaign = rng.integers(N_CAMPAIGNS, size=N_KEYWORDS)
    platform = campaign % N_PLATFORMS
    cvr = 0.03 * np.exp(0.3 * rng.normal(size=N_CAMPAIGNS)[campaign] + 0.4 * rng.normal(size=N_KEYWORDS))
    volume, price = np.exp(rng.normal(0.0, 1.2, N_KEYWORDS)), np.exp(rng.normal(0.0, 0.5, N_KEYWORDS))
    keyword = np.tile(np.arange(N_KEYWORDS), N_DAYS)
    clicks = rng.poisson(volume[keyword])
    conversions = rng.poisson(clicks * cvr[keyword])
    value = conversions * 100.0 * np.exp(rng.normal(0.0, 0.4, N_ROWS))
    named = [
        f"platform{p}|main|keyword|campaign{c:04d}|group|{k:06d}"
        for k, (c, p) in enumerate(zip(campaign, platform, strict=True))
    ]
    return pa.table({
        "item": pa.array(named).take(keyword),
        "campaign": pa.array([f"campaign{i:04d}" for i in range(N_CAMPAIGNS)]).take(campaign[keyword]),
        "platform": pa.array([f"platform{i}" for i in range(N_PLATFORMS)]).take(platform[keyword]),
        "age_days": np.repeat(np.arange(N_DAYS), N_KEYWORDS),
        "impressions": clicks * 20 + rng.poisson(20.0, N_ROWS),
        "clicks": clicks,
        "cost": (clicks * price[keyword] * MICROS).astype(np.int64),
        "conversions": conversions.astype(np.float64),
        "conversion_value": (value * MICROS).astype(np.int64),
    })  # fmt: skip


def sum_with_duckdb(path: Path) -> pa.Table:
    """Return the peer's answer: plain sums, nothing estimated."""
    with duckdb.connect() as database:
        return database.sql(GROUPED, params=[str(path)]).to_arrow_table()


def score_file(path: Path) -> tuple[FloatArray, ScoreParts]:
    """Return P(roas < floor) and the score of every keyword in the file, as the nightly stages do."""
    daily = pq.read_table(path).to_pandas()
    codes, items = pd.factorize(daily["item"], sort=True)
    n_items, weight = len(items), decay_weights(daily["age_days"].to_numpy(), HALF_LIFE_DAYS)
    clicks, cost, orders, value = (
        _floats(daily, name) for name in ("clicks", "cost", "conversions", "conversion_value")
    )
    impressions = np.bincount(codes, _floats(daily, "impressions"), n_items)
    campaign, platform = (_labels(daily[name], codes, n_items) for name in ("campaign", "platform"))
    sold = effective_counts(codes, weight, clicks, orders, n_items)
    earned = effective_counts(codes, weight, orders, value / MICROS, n_items)
    paid = effective_counts(codes, weight, clicks, cost / MICROS, n_items)
    cvr = pool_rates(sold.events, sold.exposure, campaign, platform)
    aov = pool_means(earned.events, earned.exposure, campaign, platform)
    cpc = pool_means(paid.events, paid.exposure, campaign, platform)
    below = probability_below(cvr.shape, cvr.rate, aov.mean, cpc.mean, ROAS_FLOOR, aov.log_sd)
    competition = np.full(n_items, np.nan)  # no market report, as in most shops
    return below, keyword_scores(impressions, competition, cvr.mean * aov.mean, platform, WEIGHTS)


def _floats(frame: pd.DataFrame, column: str) -> FloatArray:
    return frame[column].to_numpy(dtype=np.float64)


def _labels(labels: pd.Series, codes: IntArray, n_items: int) -> IntArray:
    """Return one group code per item."""
    found = np.zeros(n_items, dtype=np.int64)
    found[codes] = pd.factorize(labels, sort=True)[0]
    return found
