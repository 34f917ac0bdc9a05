"""What earlier forecasts taught, laid on tonight's items before their rates are estimated.

Here belongs the use of the learned factors. How they are learned is in ``assets.learning``; they are read from the state of an
earlier night, so that a night run again sees the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.warehouse import state
from assets.warehouse.home import Home
from optimizers.correction import widen_counts
from optimizers.forecast import forecast_counts

CORRECTIONS = "corrections"
POOLED = "all"  # what all platforms together teach; counts for a platform that has no factor of its own yet


@dataclass(frozen=True)
class Correction:
    """What a platform's forecasts are multiplied with, and how much wider their intervals are made; 1 changes nothing."""

    cvr: float = 1.0
    clicks: float = 1.0
    cvr_widening: float = 1.0
    clicks_widening: float = 1.0


def corrections_before(home: Home, night: date) -> dict[str, Correction]:
    """Return each platform's correction as ``night`` used it: learned on an earlier night; empty before the first."""
    known = state.latest_state_before(home, CORRECTIONS, night)
    return {} if known is None else {str(name): Correction(**one) for name, one in known.items()}


def correction_of(platform: str, known: dict[str, Correction]) -> Correction:
    """Return the platform's own correction, else what all platforms teach, else none."""
    return known.get(platform, known.get(POOLED, Correction()))


def to_payload(corrections: dict[str, Correction]) -> dict[str, Any]:
    """Return the corrections as they are kept."""
    return {name: asdict(one) for name, one in sorted(corrections.items())}


def widen_clicks(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items with tomorrow's clicks as unsure as earlier forecasts turned out to be."""
    if (items["clicks_widening"] == 1.0).all():  # as on most nights; quantiles of a million counts take seconds
        return items
    out = items.copy()
    mean = floats(out, "next_clicks")
    found = forecast_counts(mean, widen_counts(mean, floats(out, "next_clicks_shape"), floats(out, "clicks_widening")))
    out["next_clicks_shape"], out["next_clicks_low"], out["next_clicks_high"] = found.shape, found.low, found.high
    return out


def add_corrections(items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Add the columns of the corrections and apply them to what rates and next-day clicks are estimated from.

    Estimators are scale invariant, so dividing the exposure by the factor multiplies every cvr, its prior and its interval with
    it. Widening divides counts and exposure alike by its square, as a quasi-likelihood does with its dispersion: the same
    rates, less sure. Clicks of the next day are corrected where the day is: in its factor.
    """
    out = items.copy()
    known = corrections_before(batch.home, batch.night)
    found = {str(name): asdict(correction_of(str(name), known)) for name in out["platform"].unique()}
    for name, target in (
        ("cvr", "cvr_correction"),
        ("clicks", "clicks_correction"),
        ("cvr_widening", "cvr_widening"),
        ("clicks_widening", "clicks_widening"),
    ):
        out[target] = out["platform"].map({key: one[name] for key, one in found.items()}).astype("float64")
    squared = floats(out, "cvr_widening") ** 2
    out["effective_clicks"] = floats(out, "effective_clicks") / floats(out, "cvr_correction") / squared
    out["effective_conversions"] = floats(out, "effective_conversions") / squared
    out["next_day_factor"] = floats(out, "next_day_factor") * floats(out, "clicks_correction")
    return out
