"""Orders that clicks lead to: how many, worth how much, reported when, sent back or not. No reports here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.catalogue import MEAN_DISCOUNT, UNITS_PER_ORDER

Arrays = dict[str, np.ndarray]  # columns of equal length; far cheaper a day than frames
ORGANIC_ORDERS = {"zh": 70, "en": 16}  # a usual day
NEW_CUSTOMER_SHARE = 0.55
MAX_REFUND_DAYS = 9


@dataclass(frozen=True)
class Clicked:
    """What a day's clicks are worth: item row, product (row of the catalogue) and expected orders, shape (n,) each."""

    row: np.ndarray
    product: np.ndarray
    expected_orders: np.ndarray


def draw_orders(
    clicked: Clicked, products: pd.DataFrame, reported: tuple[float, ...], refund: float, rng: np.random.Generator
) -> Arrays:
    """Draw orders: row, product, age (days from click to report), quantity, value, is_new, refund_age (-1 = kept)."""
    n_orders = rng.poisson(clicked.expected_orders)
    row, product = np.repeat(clicked.row, n_orders), np.repeat(clicked.product, n_orders)
    n = len(row)
    age = np.searchsorted(np.asarray(reported), rng.random(n), side="right")
    quantity = 1 + (rng.random(n) < UNITS_PER_ORDER - 1)
    price = products["price"].to_numpy()[product]
    value = price * quantity * rng.uniform(2 * MEAN_DISCOUNT - 1, 1.0, n)
    is_back = rng.random(n) < refund
    return {
        "row": row,
        "product": product,
        "age": np.minimum(age, len(reported) - 1),
        "quantity": quantity,
        "value": value.round(2),
        "is_new": rng.random(n) < NEW_CUSTOMER_SHARE,
        "refund_age": np.where(is_back, rng.integers(1, MAX_REFUND_DAYS + 1, n), -1),
    }


def draw_organic(products: pd.DataFrame, language: str, is_out: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Draw the orders of shoppers who clicked no ad; they are known the same day."""
    weight = np.exp(2 * products["appeal"].to_numpy()) * products["language"].eq(language).to_numpy() * ~is_out
    mean = ORGANIC_ORDERS[language] * weight / weight.sum() if weight.sum() > 0 else weight
    clicked = Clicked(np.full(len(products), -1), np.arange(len(products)), mean)
    return draw_orders(clicked, products, (1.0,), 0.08, rng)
