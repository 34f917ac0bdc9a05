"""The score from 0 to 100 that people read, and the grade of the evidence behind an item.

Here belong percentiles and grades for display and for review defaults. Money is moved by ``allocation``, never by a
score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from optimizers.errors import InvalidInputError
from optimizers.inputs import ANY, NON_NEGATIVE, read_codes, read_columns
from optimizers.types import BoolArray, FloatArray, IntArray, TextArray

NEUTRAL = 50.0
# Conversions say how well a rate is known: 20 give a coefficient of variation of 22 %, 5 give 45 %. Clicks without a
# sale are evidence too: 1,000, 200 and 30 are about what 20, 5 and 1 conversions take at a conversion rate of 2-3 %.
GRADES = ("D", "C", "B", "A")
MIN_CONVERSIONS = (1.0, 5.0, 20.0)
MIN_CLICKS = (30.0, 200.0, 1000.0)


@dataclass(frozen=True)
class ScoreParts:
    """A score and its parts, each 0-100, arrays of shape (n_items,).

    Attributes
    ----------
    score : array
        Weighted mean of the three parts.
    volume, competition, conversion : array
        Percentiles within the group, high = good; 50 where the number is missing.
    has_volume, has_competition, has_conversion : bool array
        Whether the part was measured.
    """

    score: FloatArray
    volume: FloatArray
    competition: FloatArray
    conversion: FloatArray
    has_volume: BoolArray
    has_competition: BoolArray
    has_conversion: BoolArray


def keyword_scores(
    volume: ArrayLike, competition: ArrayLike, conversion: ArrayLike, group: IntArray, weights: Sequence[float]
) -> ScoreParts:
    """Return a score 0-100 from volume, competition and conversion percentiles.

    A part is 100 (rank - 1/2) / n among the measured items of its group, ties sharing their mean rank (the plotting position
    of Hazen 1914); competition counts downwards. Only order matters: units and currencies do not. Known drawback: a hair's
    breadth and a factor of ten between two items look the same.

    Parameters
    ----------
    volume : array of shape (n_items,)
        Searches or impressions, any unit, missing where unknown. More is better.
    competition : array of shape (n_items,)
        Competition index, any unit, missing where unknown. Less is better.
    conversion : array of shape (n_items,)
        Conversion rate or value per click, any unit, missing where unknown. More is better.
    group : int array of shape (n_items,)
        Items compared with each other (platform), codes >= 0.
    weights : three floats
        Of volume, competition, conversion; >= 0, adding up to 1.

    Returns
    -------
    ScoreParts
        Arrays of shape (n_items,).

    Raises
    ------
    InvalidInputError
        If a number is infinite, lengths differ, a code is negative, or the weights do not add up to 1.

    Examples
    --------
    >>> parts = keyword_scores([10.0, 90.0], [0.2, 0.8], [0.1, np.nan], np.array([0, 0]), (0.5, 0.25, 0.25))
    >>> parts.volume, parts.competition, parts.conversion, parts.score
    (array([25., 75.]), array([75., 25.]), array([50., 50.]), array([43.75, 56.25]))
    """
    what = "cannot score keywords"
    shares = _read_weights(what, weights)
    columns = read_columns(
        what,
        {
            "volume": (volume, ANY.or_missing()),
            "competition": (competition, ANY.or_missing()),
            "conversion": (conversion, ANY.or_missing()),
        },
    )
    codes = read_codes(what, "group", group, columns[0].size)
    ranks = [_percentile(column, codes) for column in (columns[0], -columns[1], columns[2])]
    score = np.clip(sum(share * rank for share, rank in zip(shares, ranks, strict=True)), 0.0, 100.0)
    is_known = [~np.isnan(column) for column in columns]
    return ScoreParts(score, ranks[0], ranks[1], ranks[2], is_known[0], is_known[1], is_known[2])


def evidence_grade(
    effective_clicks: ArrayLike, effective_conversions: ArrayLike, is_maturity_known: BoolArray | bool
) -> TextArray:
    """Return how much an estimate rests on the item's own data.

    A: 20 conversions or 1,000 clicks; B: 5 or 200; C: 1 or 30; D: less. Without a learned maturity curve at most C.
    Source: own reasoning: n Poisson events tell a rate with a coefficient of variation of 1 / sqrt(n). Known drawback: steps;
    19 and 20 conversions differ by a grade.

    Parameters
    ----------
    effective_clicks, effective_conversions : array of shape (n_items,)
        Decayed and rescaled counts, >= 0.
    is_maturity_known : bool or bool array of shape (n_items,)
        Whether the reporting delay was learned, or there is none to learn.

    Returns
    -------
    text array of shape (n_items,)
        ``"A"`` to ``"D"``.

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, or lengths differ.

    Examples
    --------
    >>> evidence_grade([1200.0, 90.0, 3.0], [0.0, 6.0, 0.0], True).tolist()
    ['A', 'B', 'D']
    """
    clicks, conversions, is_known = read_columns(
        "cannot grade evidence",
        {
            "effective_clicks": (effective_clicks, NON_NEGATIVE),
            "effective_conversions": (effective_conversions, NON_NEGATIVE),
            "is_maturity_known": (is_maturity_known, NON_NEGATIVE),
        },
    )
    by_conversions = np.searchsorted(MIN_CONVERSIONS, conversions, side="right")
    by_clicks = np.searchsorted(MIN_CLICKS, clicks, side="right")
    best = np.where(is_known > 0, len(GRADES) - 1, 1)
    return np.array(GRADES)[np.minimum(np.maximum(by_conversions, by_clicks), best)]


def _percentile(values: FloatArray, group: IntArray) -> FloatArray:
    ranked = pd.Series(values).groupby(group)
    percent = 100.0 * (ranked.rank(method="average") - 0.5) / ranked.transform("count")
    return percent.fillna(NEUTRAL).to_numpy(dtype=np.float64)


def _read_weights(what: str, weights: Sequence[float]) -> FloatArray:
    remedy = "Set score_weights in configs/settings.yaml."
    (shares,) = read_columns(what, {"weights": (list(weights), NON_NEGATIVE)})
    if shares.size != 3 or abs(shares.sum() - 1.0) > 1e-9:
        raise InvalidInputError(what, f"weights {shares.tolist()}", "three that add up to 1", ["weights"], remedy)
    return shares
