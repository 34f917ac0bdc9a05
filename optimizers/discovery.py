"""Which search terms become keywords or negatives, which are rising, and which may not be bought.

Here belong verdicts on terms from posteriors. Pooling terms is the work of ``term_rates``, P(roas < floor) of ``floor``.
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
from optimizers.floor import select_below_floor
from optimizers.inputs import NON_NEGATIVE, POSITIVE, SHARE, read_columns, read_level
from optimizers.types import BoolArray, FloatArray, TextArray

GROWTH_PSEUDO_VOLUME = 20.0  # a term without history is believed to grow as all do, this much volume strongly
USUAL_SHARE_LIMITS = (0.05, 0.95)  # an account that grew 19-fold in a week is new, and says nothing of usual growth
LONG_TAIL_WORDS, LONG_TAIL_TOKENS = 3, 4  # words of a spaced text; segments of a Chinese one, which are shorter


@dataclass(frozen=True)
class TermRules:
    """When a term is sure enough to act on. Probabilities are in (0, 1).

    Attributes
    ----------
    add_level : float
        Least P(roas >= floor) of a new keyword.
    negative_level : float
        Least P(roas < floor) of a negative, which is rarely looked at again.
    min_clicks : float
        Least clicks of a new keyword, >= 0. Negatives have no click rule: the posterior decides.
    max_false_share : float
        Limit of the expected share of negatives whose clicks really pay.
    """

    add_level: float = 0.6
    negative_level: float = 0.9
    min_clicks: float = 3.0
    max_false_share: float = 0.1


@dataclass(frozen=True)
class TermOdds:
    """What is known of each term, arrays of shape (n_terms,).

    Attributes
    ----------
    below_floor : array
        P(roas < floor | data), in [0, 1]; missing is watched.
    pays : array
        P(its clicks bring more profit than they cost | data), in [0, 1]: excluding such a term is the mistake; missing
        is never excluded.
    clicks : array
        Clicks, >= 0.
    may_add, may_exclude : bool array
        Whether anything else forbids it (bought already, blocked word, brand, protected).
    """

    below_floor: ArrayLike
    pays: ArrayLike
    clicks: ArrayLike
    may_add: ArrayLike
    may_exclude: ArrayLike


@dataclass(frozen=True)
class Growth:
    """Volume of the later window over the earlier, arrays of shape (n_terms,), > 0; 1 = unchanged."""

    ratio: FloatArray
    low: FloatArray
    high: FloatArray


def classify_terms(odds: TermOdds, rules: TermRules) -> TextArray:
    """Return ``add``, ``negative`` or ``watch`` for each search term.

    Added are terms with P(roas >= floor) >= add_level. Negatives are chosen as pauses are: P(roas < floor) >=
    negative_level, and of these the largest set whose mean ``pays``, the expected share of mistakes, keeps the limit
    (Bayesian false discovery rate, Muller et al. 2006; see ``floor.select_below_floor``). Excluding ends all clicks
    of a term, so the mistake is judged at their average cost, not at the next click's. Known drawback: terms are
    judged one by one; what they say of each other is only in their posteriors.

    Parameters
    ----------
    odds : TermOdds
        What is known of each term.
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
    >>> odds = TermOdds([0.1, 0.97, 0.5], [0.9, 0.02, 0.4], [9.0, 2.0, 80.0], [True] * 3, [True] * 3)
    >>> classify_terms(odds, TermRules()).tolist()
    ['add', 'negative', 'watch']
    """
    what = "cannot classify terms"
    _refuse_overlap(what, rules)
    below, pays, clicked, may_add, may_exclude = read_columns(
        what,
        {
            "below_floor": (odds.below_floor, SHARE.or_missing()),
            "pays": (odds.pays, SHARE.or_missing()),
            "clicks": (odds.clicks, NON_NEGATIVE),
            "may_add": (odds.may_add, SHARE),
            "may_exclude": (odds.may_exclude, SHARE),
        },
    )
    adds = (may_add > 0) & (1.0 - below >= rules.add_level) & (clicked >= rules.min_clicks)
    open_odds = np.where(
        may_exclude > 0, below, np.nan
    )  # what may not be excluded takes no part in the share of mistakes
    ends = select_below_floor(open_odds, pays, rules.negative_level, rules.max_false_share)
    return np.select([adds, ends], ["add", "negative"], "watch")


def growth(
    volume_recent: ArrayLike, volume_before: ArrayLike, usual: ArrayLike | None = None, level: float = 0.8
) -> Growth:
    """Return how volume grew between two windows of equal length, shrunk towards usual growth.

    Given a term's total, its recent part is binomial with share g / (1 + g); the share has a Beta prior centred on the
    usual share and worth 20 units of volume. Source: Przyborowski & Wilenski (1940), "Homogeneity of results in testing
    samples from Poisson series". Known drawback: volume clusters more than a binomial, so intervals of
    impressions are too narrow; clicks or searches suit better.

    Parameters
    ----------
    volume_recent, volume_before : array of shape (n_terms,)
        Clicks, searches or impressions, >= 0.
    usual : array of shape (n_terms,), optional
        Growth of what surrounds the term (its account), > 0; taken as between 1/19 and 19. Default: that of all terms.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    Growth
        The ratio is that of the posterior mean share. All are finite.

    Raises
    ------
    InvalidInputError
        If a volume is negative or not finite, usual growth is not positive, lengths differ, or the level is not in
        (0, 1).

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
    around = (recent.sum() + 1.0) / (before.sum() + 1.0) if usual is None else usual
    (ratio,) = read_columns(what, {"usual": (np.broadcast_to(around, recent.shape), POSITIVE)})
    share = np.clip(ratio / (1.0 + ratio), *USUAL_SHARE_LIMITS)
    risen = recent + GROWTH_PSEUDO_VOLUME * share
    fallen = before + GROWTH_PSEUDO_VOLUME * (1.0 - share)
    # the complement of a share near 1 is drawn itself: 1 - share would round to 0
    low, high = (betaincinv(risen, fallen, q) / betaincinv(fallen, risen, 1.0 - q) for q in (tail, 1.0 - tail))
    return Growth(risen / fallen, low, high)


def is_long_tail(n_words: ArrayLike, n_tokens: ArrayLike) -> BoolArray:
    """Return which texts are long-tail: three words or more, or four Chinese segments or more.

    Source: own reasoning on the trade's habit of three words. Known drawback: a brand of three words counts as long-tail.

    Parameters
    ----------
    n_words : array of shape (n_texts,)
        Parts between spaces, >= 0.
    n_tokens : array of shape (n_texts,)
        Segments that hold a Chinese character, >= 0.

    Returns
    -------
    bool array of shape (n_texts,)

    Raises
    ------
    InvalidInputError
        If a count is negative or not finite, or lengths differ.

    Examples
    --------
    >>> is_long_tail([3.0, 1.0, 1.0], [0.0, 3.0, 4.0])
    array([ True, False,  True])
    """
    words, tokens = read_columns(
        "cannot tell long-tail words", {"n_words": (n_words, NON_NEGATIVE), "n_tokens": (n_tokens, NON_NEGATIVE)}
    )
    return (words >= LONG_TAIL_WORDS) | (tokens >= LONG_TAIL_TOKENS)


def find_blocked(texts: Sequence[str], blocked: Sequence[str], allowed: Sequence[str] = ()) -> BoolArray:
    """Return which texts hold a blocked word (advertising law, shop's own list, other people's brands).

    Width and case do not matter (NFKC, casefold). A word of Latin letters or digits must stand alone, so that "best"
    does not block "bestseller"; a Chinese word is found anywhere, for Chinese has no spaces, unless it stands inside an
    allowed word. Source: Unicode Standard Annex 15 (normalisation forms) and the Unicode Standard's case folding. Known
    drawback: spellings made to deceive (spaces or signs inside a word) are not seen.

    Parameters
    ----------
    texts : sequence of str, length n_texts
        Keywords, search terms or titles.
    blocked : sequence of str
        Words; blank ones are ignored.
    allowed : sequence of str
        Longer words that hold a blocked one and are harmless.

    Returns
    -------
    bool array of shape (n_texts,)

    Raises
    ------
    TypeError
        If a text or word is not a str.

    Examples
    --------
    >>> find_blocked(["最便宜的鞋", "BEST shoes", "bestie gift", "最近的店"], ["最", "best"], ["最近"])
    array([ True,  True, False, False])
    """
    pattern, harmless = _pattern(blocked), _pattern(allowed)
    if pattern is None:
        return np.zeros(len(texts), dtype=bool)
    plain = (_plain(text) for text in texts)
    rest = plain if harmless is None else (harmless.sub(" ", text) for text in plain)
    return np.array([pattern.search(text) is not None for text in rest], dtype=bool)


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    found = sorted({_plain(word) for word in words} - {""}, key=lambda word: (-len(word), word))
    return re.compile("|".join(_word_pattern(word) for word in found)) if found else None


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
