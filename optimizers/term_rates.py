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


@dataclass(frozen=True)
class KeywordLevel:
    """What is known of each term's keyword, arrays of shape (n_terms,).

    Attributes
    ----------
    shape, rate : array
        Gamma posterior of the keyword's conversion rate, > 0: shape in events, rate in clicks.
    events, exposure : array
        The keyword's own effective counts in it, >= 0, of which the term's are a part.
    """

    shape: ArrayLike
    rate: ArrayLike
    events: ArrayLike
    exposure: ArrayLike


def pool_terms(
    events: ArrayLike, exposure: ArrayLike, keyword: KeywordLevel, platform: IntArray, level: float = 0.8
) -> RatePosterior:
    """Estimate each term's conversion rate: Gamma-Poisson around its keyword's posterior **without the term itself**.

    y ~ Poisson(r n), r = m x effect, effect ~ Gamma with mean 1 and concentration a; m has the keyword's posterior
    Gamma(A, B) less the term's own part (y, n), so that no sale counts twice: m' = (A - y) / (B - n), never below the
    prior that the keyword had without any data. The uncertainty of m joins the effect's:
    1 + 1/a' = (1 + 1/a)(1 + 1/A'). ``a`` is fitted per platform by penalised maximum likelihood of the negative
    binomial (hierarchical credibility, Jewell 1975). Known drawback: terms of one keyword are taken as alike but for
    chance; a junk word that many terms share is learned anew in each of them.

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
    shape = _without(top, own_y, y)
    rate = _without(bottom, own_n, n)
    mean, concentration = shape / rate, np.empty(y.size)
    for rows in rows_by_group(read_codes(what, "platform", platform, y.size)):
        above = RateLevel(mean[rows], shape[rows])
        fitted = fit_concentration(y[rows], n[rows], above, TERM_CONCENTRATION)
        concentration[rows] = combine_concentrations(fitted, shape[rows])
    a, b = concentration + y, concentration / mean + n
    low, high = gammaincinv(a, tail) / b, gammaincinv(a, 1.0 - tail) / b
    return RatePosterior(a / b, low, high, a, b, mean)


def _without(total: FloatArray, own: FloatArray, part: FloatArray) -> FloatArray:
    """Return a keyword's parameter less one term's counts; what the keyword had before any data stays."""
    prior = np.maximum(total - own, 0.02 * total)  # a posterior keeps some prior, whatever rounding says
    return prior + np.maximum(total - prior - part, 0.0)
