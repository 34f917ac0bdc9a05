"""Money between currencies: dated rates to the shop currency, frozen with the night.

A missing rate is never guessed: the rows come back without money and their platform is held.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from configs.schema import FxRate, Settings

MICROS = 1_000_000


def fx_rates(currency: pd.Series, day: pd.Series, rates: Sequence[FxRate], shop_currency: str) -> pd.Series:
    """Return what one unit of each row's currency is worth in the shop currency on its day; missing where unknown.

    The newest rate that starts on or before the day counts.
    """
    result = pd.Series(np.nan, index=currency.index, dtype="float64")
    result[(currency == shop_currency).fillna(False).to_numpy(dtype=bool)] = 1.0
    for rate in sorted(rates, key=lambda one: one.from_date):
        hit = (currency == rate.currency) & (day >= pd.Timestamp(rate.from_date))
        result[hit.fillna(False).to_numpy(dtype=bool)] = rate.rate
    return result


def from_micros(micros: pd.Series) -> pd.Series:
    """Return main currency units as float64; null stays null."""
    return micros.astype("Float64").astype("float64") / MICROS


def to_shop_money(frame: pd.DataFrame, columns: Sequence[str], day: pd.Series, settings: Settings) -> pd.DataFrame:
    """Return the facts with ``columns`` in the shop currency at the rate of ``day``, and that rate in ``fx_rate``."""
    out = frame.copy()
    out["fx_rate"] = fx_rates(frame["currency"], day, settings.fx, settings.shop.currency)
    for column in columns:
        out[column] = from_micros(frame[column]) * out["fx_rate"]
    return out
