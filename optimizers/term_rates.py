"""Conversion rates of search terms: each from its own counts and, where these are few, from its keyword's.

Here belongs the level below the keyword. Keywords' own rates, pooled in their campaign and platform, are ``shrinkage``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from optimizers.groups import rows_by_group
from optimizers.inputs import NON_NEGATIVE, POSITIVE, read_codes, read_columns, read_level
from optimizers.priors import RateLevel, combine_concentrations, fit_concentration
from optimizers.shrinkage import RatePosterior
from optimizers.types import FloatArray, IntArray

TERM_CONCENTRATION = (
    4.0  # before any data: terms of a keyword differ by about 0.5 in log, a fact of matching, not of pages
)
LEAST_PRIOR = 0.02  # of a keyword's posterior is taken as believed before its data, where rounding leaves nothing
N_PASSES = (
    3  # what terms differ by and how much each of them tells follow from one another; the third pass moves little
)


@dataclass(frozen=True)
class KeywordLevel:
    """What is known of each term's keyword, arrays of shape (n_terms,).

    Attributes
    ----------
    shape, rate : array
        Gamma posterior of the keyword's conversion rate, > 0: shape in events, rate in clicks.
    events, exposure : array
        The keyword's own effective counts in it, >= 0, of which the term's are a part.
    code : int array, optional
        Which keyword it is, >= 0, so that its terms are known as such. Default: each term is the only one that is told
        of its keyword.
    """

    shape: ArrayLike
    rate: ArrayLike
    events: ArrayLike
    exposure: ArrayLike
    code: IntArray | None = None


def pool_terms(
    events: ArrayLike, exposure: ArrayLike, keyword: KeywordLevel, platform: IntArray, level: float = 0.8
) -> RatePosterior:
    """Estimate each term's conversion rate: Gamma-Poisson around its keyword's posterior **without the term itself**.

    y ~ Poisson(r n), r = m x effect, effect ~ Gamma with mean 1 and concentration a. m is what the keyword was believed
    to be before its data, Gamma(A0, B0), and what its **other** clicks tell, so that no sale counts twice:
    m' = (A0 + sum_j h_j y_j) / (B0 + sum_j h_j n_j). A sibling counts with h_j = 1 / (1 + m n_j / a): many clicks of one
    term tell of that term, less of the keyword; the weighted sums have Poisson mean and variance. The keyword's clicks
    of which no term is told are those of many rare ones and count in full. The uncertainty of m joins the effect's in
    the logarithm (``combine_concentrations``). ``a`` is fitted per platform by penalised maximum likelihood of the
    negative binomial. (Hierarchical credibility, Jewell 1975, "The use of collateral data in credibility theory".)
    Known drawbacks: effects are taken as Gamma. Where a quarter of the terms is junk, terms without a sale are believed
    a little worse than they are: on drawn markets, of all terms that a limit of a tenth excludes 10 to 12 % really paid
    (9 to 10 % with a = 2, 6 to 7 % with a = 30). A junk word that many keywords share is learned anew in each of them.

    Parameters
    ----------
    events, exposure : array of shape (n_terms,)
        Effective conversions and clicks x maturity of the term, >= 0, may be fractional.
    keyword : KeywordLevel
        What is known of its keyword.
    platform : int array of shape (n_terms,)
        Codes >= 0.
    level : float
        Mass of the interval, in (0, 1).

    Returns
    -------
    RatePosterior
        Arrays of shape (n_terms,), conversions per click.

    Raises
    ------
    InvalidInputError
        If a number is missing or outside its range, lengths differ, or the level is not in (0, 1).

    Examples
    --------
    >>> known = KeywordLevel([10.0, 10.0], [500.0, 500.0], [8.0, 8.0], [400.0, 400.0])
    >>> found = pool_terms([0.0, 0.0], [0.0, 300.0], known, np.array([0, 0]))
    >>> bool(np.isclose(found.mean[0], 0.02)), bool(found.mean[1] < found.mean[0])
    (True, True)
    """
    what = "cannot pool terms"
    tail = (1.0 - read_level(what, level)) / 2.0
    y, n, top, bottom, own_y, own_n = read_columns(
        what,
        {
            "events": (events, NON_NEGATIVE),
            "exposure": (exposure, NON_NEGATIVE),
            "keyword.shape": (keyword.shape, POSITIVE),
            "keyword.rate": (keyword.rate, POSITIVE),
            "keyword.events": (keyword.events, NON_NEGATIVE),
            "keyword.exposure": (keyword.exposure, NON_NEGATIVE),
        },
    )
    code = np.arange(y.size) if keyword.code is None else read_codes(what, "keyword.code", keyword.code, y.size)
    before = _Before(top, bottom, own_y, own_n)
    pools = rows_by_group(read_codes(what, "platform", platform, y.size))
    spread = np.full(y.size, TERM_CONCENTRATION)
    above = _tell_apart(y, n, before, code, spread)
    for _ in range(N_PASSES):
        for rows in pools:
            known = RateLevel(above.mean[rows], above.shape[rows])
            spread[rows] = fit_concentration(y[rows], n[rows], known, TERM_CONCENTRATION)
        above = _tell_apart(y, n, before, code, spread)
    concentration = combine_concentrations(spread, above.shape)
    a, b = concentration + y, concentration / above.mean + n
    low, high = gammaincinv(a, tail) / b, gammaincinv(a, 1.0 - tail) / b
    return RatePosterior(a / b, low, high, a, b, above.mean)


@dataclass(frozen=True)
class _Before:
    """A keyword's posterior and the counts in it, arrays of shape (n_terms,)."""

    shape: FloatArray
    rate: FloatArray
    events: FloatArray
    exposure: FloatArray


def _tell_apart(
    events: FloatArray, exposure: FloatArray, keyword: _Before, code: IntArray, spread: FloatArray
) -> RateLevel:
    """Return what is known of each term's keyword from all but the term itself."""
    # a posterior keeps some prior, whatever rounding says
    prior = [np.maximum(total - own, LEAST_PRIOR * total) for total, own in
             ((keyword.shape, keyword.events), (keyword.rate, keyword.exposure))]  # fmt: skip
    listed = np.bincount(code, exposure)[code]
    rest = np.maximum(keyword.exposure - listed, 0.0)
    rest_events = np.where(rest > 0, np.maximum(keyword.events - np.bincount(code, events)[code], 0.0), 0.0)
    # decay makes the terms' effective clicks more than their keyword's where they had them on different days
    fit = np.minimum(1.0, np.divide(keyword.exposure, listed, out=np.ones(listed.size), where=listed > 0))
    # not at the keyword's own rate: where it is high its terms would count less, and the mean would come out low
    weight = fit / (1.0 + prior[0] / prior[1] * exposure / spread)
    told = [np.bincount(code, weight * part)[code] - weight * part for part in (events, exposure)]
    shape, rate = (one + more + np.maximum(siblings, 0.0)
                   for one, more, siblings in zip(prior, (rest_events, rest), told, strict=True))  # fmt: skip
    return RateLevel(shape / rate, shape)
