"""How large the simulated market is and how each platform behaves: every number of the truth that is not drawn.

Here belong frozen settings only; drawing from them is ``simulator.catalogue`` and ``simulator.accounts``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

USD_RATE = 7.18
WARM_UP_DAYS = 16  # lived through before the first export, so that delayed orders are in their steady state
EXPORT_DAYS = 7


@dataclass(frozen=True)
class Profile:
    """The behaviour of one platform. Rates are per click, money in ``currency``."""

    platform: str
    index: int  # part of the random seed; never reuse one
    currency: str
    language: str
    cvr: float
    ctr: float
    clicks: float  # median clicks a keyword and day
    reported: tuple[float, ...]  # share of a day's conversions known at age 0, 1, 2 ... days
    match_types: tuple[str, ...]
    min_bid: float
    refund: float  # share of orders sent back
    channel: str  # the sales channel in which its orders arrive


PROFILES = {
    profile.platform: profile
    for profile in (
        Profile(
            "taobao_keyword", 1, "CNY", "zh", 0.036, 0.045, 1.6,
            (0.72, 0.82, 0.87, 0.90, 0.92, 0.94, 0.955, 0.965, 0.973, 0.98, 0.985, 0.99, 0.994, 0.997, 1.0),
            ("broad", "exact"), 0.05, 0.10, "taobao",
        ),
        Profile(
            "taobao_audience", 2, "CNY", "zh", 0.030, 0.028, 0.0,
            (0.60, 0.72, 0.79, 0.84, 0.87, 0.90, 0.92, 0.935, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 1.0),
            (), 0.0, 0.11, "taobao",
        ),
        Profile(
            "google_ads", 3, "USD", "en", 0.030, 0.055, 1.2,
            (0.62, 0.75, 0.82, 0.87, 0.90, 0.92, 0.94, 0.955, 0.965, 0.975, 0.985, 0.99, 0.995, 1.0),
            ("broad", "phrase", "exact"), 0.05, 0.07, "website",
        ),
        Profile(
            "amazon_sp", 4, "USD", "en", 0.055, 0.012, 1.3, (0.55, 0.72, 0.82, 0.89, 0.94, 0.97, 0.99, 1.0),
            ("broad", "phrase", "exact"), 0.02, 0.06, "amazon",
        ),
        Profile(
            "baidu_search", 5, "CNY", "zh", 0.020, 0.030, 1.5, (0.80, 0.90, 0.94, 0.97, 0.99, 1.0),
            ("broad", "phrase", "exact"), 0.01, 0.08, "website",
        ),
    )
}  # fmt: skip
KEYWORD_PLATFORMS = tuple(name for name in PROFILES if name != "taobao_audience")


def _default_sizes() -> dict[str, int]:
    return {"taobao_keyword": 180, "taobao_audience": 10, "google_ads": 140, "amazon_sp": 80, "baidu_search": 90}


@dataclass(frozen=True)
class MarketOptions:
    """What one may choose: the seed, the length of the history, the sizes, and whether exports carry faults."""

    seed: int = 7
    days: int = 60
    last_night: date = date(2025, 6, 24)
    has_faults: bool = True
    n_products: int = 40
    n_items: dict[str, int] = field(default_factory=_default_sizes)

    @property
    def first_night(self) -> date:
        """Return the first night that is exported."""
        return self.last_night - timedelta(days=self.days - 1)

    @property
    def first_day(self) -> date:
        """Return the first day that is lived through."""
        return self.first_night - timedelta(days=WARM_UP_DAYS)
