"""How the days differ: weekday, the 618 promotion, slow drift and the stock-out. Deterministic, no draws."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from simulator.options import MarketOptions

WEEKDAY_CLICKS = {"zh": (0.98, 0.97, 0.97, 0.98, 1.01, 1.05, 1.04), "en": (1.03, 1.02, 1.01, 1.0, 0.98, 0.96, 1.0)}
PROMOTION = ((6, 1), (6, 20))  # 618, last day included; Chinese channels only
PROMOTION_CLICKS = 1.4
PROMOTION_CVR = 1.15
DRIFT_DAYS = 140.0
STOCK_OUT_DAYS = 8
STOCK_OUT_BEFORE_LAST = 4


def is_promotion(day: date, language: str) -> bool:
    """Return whether ``day`` lies in the shop's one promotion."""
    first, last = PROMOTION
    return language == "zh" and first <= (day.month, day.day) <= last


def click_factor(day: date, language: str, category: np.ndarray) -> np.ndarray:
    """Return the demand of ``day`` against a usual day, one number per item (``category`` shape (n,))."""
    factor = WEEKDAY_CLICKS[language][day.weekday()] * (PROMOTION_CLICKS if is_promotion(day, language) else 1.0)
    return factor * drift(day, category, 0.15)


def cvr_factor(day: date, language: str, category: np.ndarray) -> np.ndarray:
    """Return the conversion rate of ``day`` against a usual day, one number per item."""
    return (PROMOTION_CVR if is_promotion(day, language) else 1.0) * drift(day, category + 3, 0.08)


def drift(day: date, category: np.ndarray, size: float) -> np.ndarray:
    """Return the slow swing of each category, between 1 - size and 1 + size about."""
    angle = 2 * np.pi * (day.toordinal() / DRIFT_DAYS + np.asarray(category) / 6.0)
    return np.exp(size * np.sin(angle))


def stock_out_window(options: MarketOptions) -> tuple[date, date]:
    """Return first and last day on which the one product cannot be bought; it spans the end of the history."""
    first = options.last_night - timedelta(days=STOCK_OUT_BEFORE_LAST)
    return first, first + timedelta(days=STOCK_OUT_DAYS - 1)


def is_out_of_stock(day: date, product: np.ndarray, options: MarketOptions) -> np.ndarray:
    """Return which items' product (index in the catalogue) is out of stock on ``day``."""
    first, last = stock_out_window(options)
    return (np.asarray(product) == 1) & (first <= day <= last)
