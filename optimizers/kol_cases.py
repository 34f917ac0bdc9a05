"""What offers may bring in drawn cases, and how much the worst of them lose.

Here belong the draws and the tail of losses. How a limit on that tail enters the choice is in ``optimizers.kol_master``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import gamma

from optimizers.errors import InvalidInputError
from optimizers.inputs import read_codes
from optimizers.kol_value import OfferValue
from optimizers.types import FloatArray

N_CASES = 300  # thirty in the tail: their mean is known to a fifth or so of its spread
TAIL = 0.1  # the worst tenth, the lower end of the 80 % interval that people see
SEED = 20  # always the same luck, or a choice at the limit would change from night to night


def draw_revenue(value: OfferValue, cell: ArrayLike, kol: ArrayLike, offer: ArrayLike) -> FloatArray:
    """Return each offer's revenue in drawn cases; offers of one tier x category, and of one partner, err together.

    Parameters
    ----------
    value : OfferValue of n_offers
        Revenue in money.
    cell, kol, offer : int array of shape (n_offers,)
        Codes >= 0 of tier x category, partner, and of the offer itself; equal codes share their luck.

    Returns
    -------
    array of shape (N_CASES, n_offers)
        Money, >= 0; each column has the mean and the interval of ``value``.

    Raises
    ------
    InvalidInputError
        If codes are not whole numbers >= 0, or not ``n_offers`` of them.

    Notes
    -----
    Gaussian copula (Li 2000) over the predictive gammas: an offer's score is the sum of three normals, whose variances
    are those of its tier x category, of its partner, and of one post. Every normal visits each of N_CASES
    equally likely ranges once (McKay, Beckman and Conover 1979). Known drawback: what hits all categories at once is not drawn.

    Examples
    --------
    >>> from optimizers.kol_value import OfferTraits, PostHistory, expected_offer_value
    >>> code, ten, one = np.repeat([0, 1], 2), np.full(4, 10.0), np.array([1])
    >>> posts = PostHistory(code, code * 0, code * 0, ten, np.array([90.0, 110.0, 290.0, 310.0]), np.full(4, 90.0))
    >>> value = expected_offer_value(posts, OfferTraits(one, one * 0, one * 0, ten[:1], ten[:1] * 0))
    >>> drawn = draw_revenue(value, one, one, one)
    >>> drawn.shape, round(float(value.mean[0])), round(float(drawn.mean()))
    ((300, 1), 299, 299)
    """
    what, n = "cannot draw cases", len(value.mean)
    parts = [value.shared_sd**2, value.belief_sd**2 - value.shared_sd**2, value.noise_sd**2]
    codes = [read_codes(what, *named, n) for named in (("cell", cell), ("kol", kol), ("offer", offer))]
    luck = [_normals(stream, int(code.max(initial=0)) + 1)[:, code] for stream, code in enumerate(codes)]
    variance = np.sum(parts, axis=0)
    is_open = (value.mean > 0) & (variance > 0)
    mean, safe = np.where(is_open, value.mean, 1.0), np.where(is_open, variance, 1.0)
    score = sum(np.sqrt(np.maximum(part, 0.0) / safe) * one for part, one in zip(parts, luck, strict=True))
    return np.where(is_open, gamma.ppf(ndtr(score), mean**2 / safe, scale=safe / mean), value.mean)


def draw_shared() -> FloatArray:
    """Return one standard normal a case, for an error that all offers share, shape (N_CASES,).

    >>> draw_shared().shape
    (300,)
    """
    return np.asarray(_normals(3, 1)[:, 0])


def tail_mean(loss: FloatArray) -> FloatArray:
    """Return the mean of the worst tenth of equally likely losses.

    Parameters
    ----------
    loss : array of shape (n_cases, ...)
        Money; a gain is negative.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    InvalidInputError
        If there is no case or a loss is not finite.

    Notes
    -----
    Conditional value at risk of a discrete distribution (Rockafellar and Uryasev 2000); where a tenth is no whole
    number of cases, the last one counts in part. Known drawback: it rests on few cases.

    Examples
    --------
    >>> float(tail_mean(np.arange(20.0)))
    18.5
    """
    if not len(loss) or not np.isfinite(loss).all():
        raise InvalidInputError("cannot weigh losses", f"{len(loss)} cases", "finite losses", ["loss"], "Mend them.")
    worst = -np.sort(-loss, axis=0)
    share = np.clip(TAIL * len(loss) - np.arange(len(loss)), 0.0, 1.0)
    return np.asarray(np.tensordot(share, worst, axes=1) / (TAIL * len(loss)))


def _normals(stream: int, size: int) -> FloatArray:
    """Return normals of shape (N_CASES, size); a code's luck is the same however many codes there are."""
    strata = np.tile((np.arange(N_CASES) + 0.5) / N_CASES, (size, 1))
    return np.asarray(ndtri(np.random.default_rng([SEED, stream]).permuted(strata, axis=1)).T)
