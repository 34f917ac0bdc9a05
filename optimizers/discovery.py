"""Which search terms become keywords or negatives, which are rising, and which may not be bought.

Here belong verdicts on terms from posteriors. Pooling terms is the work of ``shrinkage``, P(roas < floor) of ``floor``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from optimizers.errors import InvalidInputError
from optimizers.inputs import NON_NEGATIVE, POSITIVE, SHARE, read_columns, read_level
from optimizers.types import BoolArray, FloatArray, TextArray

GROWTH_PSEUDO_VOLUME = 20.0  # a term without history is believed to grow as all do, this much volume strongly


@dataclass(frozen=True)
class TermRules:
    """When a term is sure enough to act on. Probabilities are in (0, 1).

    Attributes
    ----------
    add_level : float
        Least P(roas >= floor) of a new keyword; a new keyword starts small, so a modest level is enough.
    negative_level : float
        Least P(roas < floor) of a negative, which is rarely looked at again.
    min_clicks : float
        Least clicks of a new keyword, >= 0. Negatives have no click rule: the posterior decides.
    """

    add_level: float = 0.6
    negative_level: float = 0.9
    min_clicks: float = 3.0


@dataclass(frozen=True)
class Growth:
    """Volume of the later window over the earlier, arrays of shape (n_terms,), > 0; 1 = unchanged."""

    ratio: FloatArray
    low: FloatArray
    high: FloatArray


def classify_terms(
    p_below_floor: ArrayLike, clicks: ArrayLike, is_keyword: ArrayLike, is_blocked: ArrayLike, rules: TermRules
) -> TextArray:
    """Return ``add``, ``negative`` or ``watch`` for each search term.

    Parameters
    ----------
    p_below_floor : array of shape (n_terms,)
        P(roas < floor | data) from pooled counts, in [0, 1]; missing is watched.
    clicks : array of shape (n_terms,)
        Clicks, >= 0.
    is_keyword : bool array of shape (n_terms,)
        Whether the term is bought already: then it is neither added nor blocked, its keyword is judged instead.
    is_blocked : bool array of shape (n_terms,)
        Whether the term may not be bought: it is never added, but may become a negative.
    rules : TermRules
        Levels of certainty.

    Returns
    -------
    text array of shape (n_terms,)

    Raises
    ------
    InvalidInputError
        If a probability is outside 0-1, clicks are negative, lengths differ, or the rules overlap.

    Examples
    --------
    >>> classify_terms([0.1, 0.97, 0.5], [9.0, 2.0, 80.0], [False] * 3, [False] * 3, TermRules()).tolist()
    ['add', 'negative', 'watch']
    """
    what = "cannot classify terms"
    _refuse_overlap(what, rules)
    below, clicked, bought, blocked = read_columns(
        what,
        {
            "p_below_floor": (p_below_floor, SHARE.or_missing()),
            "clicks": (clicks, NON_NEGATIVE),
            "is_keyword": (is_keyword, SHARE),
            "is_blocked": (is_blocked, SHARE),
        },
    )
    is_new = bought == 0
    adds = is_new & (blocked == 0) & (1.0 - below >= rules.add_level) & (clicked >= rules.min_clicks)
    return np.select([adds, is_new & (below >= rules.negative_level)], ["add", "negative"], "watch")


def cost_without_value(cost: ArrayLike, clicks: ArrayLike, value_per_click: ArrayLike, floor: ArrayLike) -> FloatArray:
    """Return the part of the cost that the expected value does not carry at the floor: max(0, cost - clicks v / floor).

    Ranks terms and keywords by the money they burn, by their posterior value instead of a count of clicks without sale.

    Parameters
    ----------
    cost : array of shape (n_items,)
        Money, >= 0.
    clicks : array of shape (n_items,)
        Clicks that the cost bought, >= 0.
    value_per_click : array of shape (n_items,)
        Posterior mean, same currency, on the floor's basis; missing gives missing.
    floor : array of shape (n_items,) or scalar
        Roas, > 0.

    Returns
    -------
    array of shape (n_items,)
        Money, between 0 and the cost.

    Raises
    ------
    InvalidInputError
        If a number is infinite or outside its range, or lengths differ.

    Examples
    --------
    >>> cost_without_value([100.0, 100.0], [50.0, 50.0], [1.0, 8.0], 2.0)
    array([75.,  0.])
    """
    spent, clicked, value, line = read_columns(
        "cannot find burnt money",
        {
            "cost": (cost, NON_NEGATIVE),
            "clicks": (clicks, NON_NEGATIVE),
            "value_per_click": (value_per_click, NON_NEGATIVE.or_missing()),
            "floor": (floor, POSITIVE),
        },
    )
    return np.maximum(spent - clicked * value / line, 0.0)


def growth(volume_recent: ArrayLike, volume_before: ArrayLike, level: float = 0.8) -> Growth:
    """Return how volume grew between two windows of equal length, shrunk towards the growth of all terms.

    Given a term's total, its recent part is binomial with share g / (1 + g); the share has a Beta prior centred on all
    terms' share and worth 20 units of volume. Known drawback: volume clusters more than a binomial, so intervals of
    impressions are too narrow; clicks or searches suit better.

    Parameters
    ----------
    volume_recent, volume_before : array of shape (n_terms,)
        Clicks, searches or impressions, >= 0.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    Growth
        The ratio is that of the posterior mean share.

    Raises
    ------
    InvalidInputError
        If a volume is negative or not finite, lengths differ, or the level is not in (0, 1).

    Examples
    --------
    >>> found = growth([30.0, 70.0, 0.0], [70.0, 30.0, 0.0])
    >>> found.ratio.round(2)
    array([0.5, 2. , 1. ])
    """
    what = "cannot measure growth"
    tail = (1.0 - read_level(what, level)) / 2.0
    recent, before = read_columns(
        what, {"volume_recent": (volume_recent, NON_NEGATIVE), "volume_before": (volume_before, NON_NEGATIVE)}
    )
    usual = (recent.sum() + 1.0) / (recent.sum() + before.sum() + 2.0)
    risen = recent + GROWTH_PSEUDO_VOLUME * usual
    fallen = before + GROWTH_PSEUDO_VOLUME * (1.0 - usual)
    low, high = (betaincinv(risen, fallen, q) for q in (tail, 1.0 - tail))
    return Growth(risen / fallen, low / (1.0 - low), high / (1.0 - high))


def find_blocked(texts: Sequence[str], blocked: Sequence[str]) -> BoolArray:
    """Return which texts hold a blocked word (advertising law, shop's own list).

    Width and case do not matter (NFKC, casefold). A word of Latin letters or digits must stand alone, so that "best"
    does not block "bestseller"; a Chinese word is found anywhere, for Chinese has no spaces.

    Parameters
    ----------
    texts : sequence of str, length n_texts
        Keywords, search terms or titles.
    blocked : sequence of str
        Words; blank ones are ignored.

    Returns
    -------
    bool array of shape (n_texts,)

    Examples
    --------
    >>> find_blocked(["最便宜的鞋", "BEST shoes", "bestie gift"], ["最", "best"])
    array([ True,  True, False])
    """
    words = sorted({_plain(word) for word in blocked} - {""})
    if not words:
        return np.zeros(len(texts), dtype=bool)
    pattern = re.compile("|".join(_word_pattern(word) for word in words))
    return np.array([pattern.search(_plain(text)) is not None for text in texts], dtype=bool)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _word_pattern(word: str) -> str:
    before = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after


def _refuse_overlap(what: str, rules: TermRules) -> None:
    add, negative = read_level(what, rules.add_level), read_level(what, rules.negative_level)
    read_columns(what, {"min_clicks": (rules.min_clicks, NON_NEGATIVE)})
    if add + negative <= 1.0:
        raise InvalidInputError(
            what,
            add + negative,
            "add_level + negative_level > 1",
            ["add_level", "negative_level"],
            "Raise one of them.",
        )
