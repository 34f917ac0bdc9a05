"""The simulated shop's products with their true price, margin, stock and appeal. No traffic here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.options import MarketOptions
from simulator.words import VOCABULARIES

PRICE_OF = {"zh": (129.0, 89.0, 119.0, 159.0, 239.0, 389.0), "en": (29.0, 35.0, 39.0, 55.0, 79.0, 129.0)}
CURRENCY_OF = {"zh": "CNY", "en": "USD"}
UNITS_PER_ORDER = 1.15
MEAN_DISCOUNT = 0.96


def build_products(options: MarketOptions) -> pd.DataFrame:
    """Return one row per product; three fifths are sold in Chinese channels, the rest in dollars."""
    rng = np.random.default_rng([options.seed, 11])
    n_chinese = max(1, round(options.n_products * 0.6))
    parts = [_range_of("zh", n_chinese, rng), _range_of("en", max(1, options.n_products - n_chinese), rng)]
    return pd.concat(parts, ignore_index=True)


def order_value(price: np.ndarray) -> np.ndarray:
    """Return the mean revenue of an order at list price ``price``."""
    return price * UNITS_PER_ORDER * MEAN_DISCOUNT


def _range_of(language: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
    words = VOCABULARIES[language]
    category = np.arange(n) % len(words.categories)
    price = np.asarray(PRICE_OF[language])[category] * np.exp(rng.normal(0, 0.22, n))
    modifiers = rng.permutation(len(words.modifiers))[np.arange(n) % len(words.modifiers)]
    names = [
        words.join.join((words.brand, words.modifiers[m], words.categories[c], f"S{i + 1:02d}"))
        for i, (m, c) in enumerate(zip(modifiers, category, strict=True))
    ]
    start = 680_000_000_000 if language == "zh" else 710_000_000_000
    return pd.DataFrame(
        {
            "product_id": [str(start + int(step)) for step in np.sort(rng.choice(9_000_000_000, n, replace=False))],
            "product_name": names,
            "language": language,
            "category": category,
            "price": np.floor(price) + (0.0 if language == "zh" else 0.99),
            "margin": rng.uniform(0.36, 0.62, n).round(2),
            "stock": rng.integers(60, 2500, n),
            "is_new": np.where(np.arange(n) % 9 == 8, "true", "false"),
            "brand": words.brand,
            "currency": CURRENCY_OF[language],
            "appeal": rng.normal(0, 0.18, n),
        }
    )
