"""KOL offers and past posts of the simulated shop, drawn once from the seed; creators are pseudonyms."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulator.options import MarketOptions

TIERS = ("head", "waist", "koc")
FOLLOWERS = {"head": 1_500_000, "waist": 180_000, "koc": 12_000}
FEE = {"head": 26_000.0, "waist": 5_200.0, "koc": 600.0}
VIEW_SHARE = {"head": 0.22, "waist": 0.30, "koc": 0.45}
ORDERS_PER_VIEW = 1.6e-3
ORDER_VALUE = 145.0
PLATFORMS = ("xiaohongshu", "douyin", "bilibili")
CATEGORIES = ("户外", "家居", "运动", "母婴")
FORMATS = ("图文", "短视频", "直播")
N_OFFERS, N_POSTS = 12, 48


def build_offers(options: MarketOptions) -> pd.DataFrame:
    """Return the offers on the table: packages with fee, commission, reach and a delivery day."""
    rng = np.random.default_rng([options.seed, 91])
    frame = _creators(N_OFFERS, rng)
    frame["offer_id"] = [f"offer-{i + 1:02d}" for i in range(N_OFFERS)]
    frame["fee"] = _fees(frame["tier"], rng)
    frame["commission_rate"] = rng.choice([0.0, 0.05, 0.1, 0.15], N_OFFERS)
    frame["delivery_date"] = [pd.Timestamp(_after(options, int(d))) for d in rng.integers(3, 25, N_OFFERS)]
    frame["expected_views"] = (frame["followers"] * frame["tier"].map(VIEW_SHARE)).astype(int)
    frame["is_signed"] = np.where(np.arange(N_OFFERS) == N_OFFERS - 1, "true", "false")
    frame["currency"] = "CNY"
    return frame


def build_posts(options: MarketOptions) -> pd.DataFrame:
    """Return past posts with what they cost and brought; posts after a night are left out by the exporter."""
    rng = np.random.default_rng([options.seed, 92])
    frame = _creators(N_POSTS, rng)
    frame["post_id"] = [f"post-{i + 1:03d}" for i in range(N_POSTS)]
    back = np.sort(rng.integers(12, 150, N_POSTS))[::-1]
    frame["post_date"] = [pd.Timestamp(_after(options, -int(d))) for d in back]
    frame["fee"] = _fees(frame["tier"], rng)
    views = frame["followers"] * frame["tier"].map(VIEW_SHARE) * np.exp(rng.normal(0, 0.5, N_POSTS))
    frame["views"] = views.astype(int)
    frame["engagements"] = (views * rng.uniform(0.02, 0.08, N_POSTS)).astype(int)
    talent = frame["kol_id"].map({name: np.exp(e) for name, e in zip(_names(), rng.normal(0, 0.4, 30), strict=True)})
    frame["orders"] = rng.poisson(frame["views"] * ORDERS_PER_VIEW * talent * frame["tier"].map(_trust))
    frame["revenue"] = (frame["orders"] * ORDER_VALUE * np.exp(rng.normal(0, 0.1, N_POSTS))).round(2)
    frame["currency"] = "CNY"
    return frame


def _fees(tier: pd.Series, rng: np.random.Generator) -> np.ndarray:
    return np.round(tier.map(FEE).to_numpy() * np.exp(rng.normal(0, 0.3, len(tier))) / 50) * 50


def _trust(tier: str) -> float:
    """Small creators' audiences buy more per view."""
    return {"head": 0.35, "waist": 0.8, "koc": 1.6}[tier]


def _names() -> list[str]:
    return [f"kol-{i + 1:02d}" for i in range(30)]


def _creators(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw creators; a creator's tier, platform and category follow from its number."""
    number = rng.permutation(30)[:n] if n <= 30 else rng.integers(0, 30, n)
    tier = [TIERS[0] if i % 10 == 0 else TIERS[1] if i % 3 == 0 else TIERS[2] for i in number]
    return pd.DataFrame(
        {
            "kol_id": [f"kol-{i + 1:02d}" for i in number],
            "kol_platform": [PLATFORMS[i % 3] for i in number],
            "tier": tier,
            "category": [CATEGORIES[i % 4] for i in number],
            "content_format": [FORMATS[i % 3] for i in number],
            "followers": [int(FOLLOWERS[t] * (0.6 + 0.05 * (i % 17))) for t, i in zip(tier, number, strict=True)],
        }
    )


def _after(options: MarketOptions, n: int) -> date:
    return options.last_night + timedelta(days=n)
