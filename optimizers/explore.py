"""Small seeded changes of bids, so that the response to a bid can be learned.

Here belong the draw and its mean once bounds have bent it. Which bids may be edited, and inside which
caps, is decided in ``optimizers.bids``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.inputs import POSITIVE, read_columns
from optimizers.types import FloatArray

SCALE = 2.0**64
N_POINTS = 41


def jitter(keys: Sequence[str], night_seed: int, share: float = 0.05) -> FloatArray:
    """Return a log-uniform factor around 1 for each key; the same key and night always give the same factor.

    Source: a keyed hash as generator, the idea of Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3". Known
    drawback: small changes teach slowly; large ones would cost more than they teach.

    Parameters
    ----------
    keys : sequence of str, length n_items
        Stable item keys; the order of rows and the other rows change nothing.
    night_seed : int
        Seed of the night.
    share : float
        Largest factor less 1, in [0, 1); factors lie in [1 / (1 + share), 1 + share].

    Returns
    -------
    array of shape (n_items,)
        Factors, dimensionless; the mean of their logarithm is 0.

    Raises
    ------
    InvalidInputError
        If ``share`` is outside [0, 1).

    Examples
    --------
    >>> first, second = jitter(["tea", "cup"], 7), jitter(["cup"], 7)
    >>> bool(first[1] == second[0]), bool((abs(np.log(first)) <= np.log(1.05)).all())
    (True, True)
    """
    if not 0.0 <= share < 1.0:
        remedy = "Set the exploration share inside these limits."
        raise InvalidInputError("cannot jitter bids", share, "0 <= share < 1", ["share"], remedy)
    # keyed hashing: a night's seed cannot run together with the text of a key
    seed = str(night_seed).encode()[:64]
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=8, key=seed).digest() for key in keys)
    uniform = np.frombuffer(digests, dtype=">u8").astype(np.float64) / SCALE
    return np.exp((2.0 * uniform - 1.0) * np.log1p(share))


def average_log_change(realise: Callable[[FloatArray], FloatArray], planned: FloatArray, share: float) -> FloatArray:
    """Return the mean over all draws of log(realised bid / planned bid), which bounds and steps push away from 0.

    The realised change less this mean is independent of everything that decided the planned bid, whatever bounds and
    steps did to it: a recentred instrument (Borusyak & Hull 2023, Econometrica 91:2155). The mean is taken over
    the middles of 41 equal parts of the draw's range.

    Parameters
    ----------
    realise : function
        Takes log factors of shape (n_items,), returns the bids that would be set, > 0.
    planned : array of shape (n_items,)
        Bids without jitter, > 0.
    share : float
        As given to ``jitter``.

    Returns
    -------
    array of shape (n_items,)
        Mean log change, dimensionless; 0 where nothing bends the draw.

    Raises
    ------
    InvalidInputError
        If ``share`` is outside [0, 1) or a planned bid is not positive.

    Notes
    -----
    Known drawback: between two of the 41 points a step may hide; the error is under a fortieth of the range.

    Examples
    --------
    >>> planned = np.array([1.0, 1.0])
    >>> mean = average_log_change(lambda z: np.minimum(planned * np.exp(z), [2.0, 1.0]), planned, 0.05)
    >>> mean.round(4) + 0.0
    array([ 0.    , -0.0122])
    """
    jitter([], 0, share)  # refuses a wrong share
    (bids,) = read_columns("cannot average a jitter", {"planned": (planned, POSITIVE)})
    middles = (np.arange(N_POINTS) + 0.5) / N_POINTS * 2.0 - 1.0
    total = np.zeros(bids.shape)
    for middle in middles * np.log1p(share):
        total += np.log(realise(np.full(bids.shape, middle)) / bids)
    return total / N_POINTS
