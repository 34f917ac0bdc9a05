"""Small seeded changes of bids, so that the response to a bid can be learned.

Here belongs the draw. Which bids may be edited, and inside which caps, is decided in ``optimizers.bids``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from optimizers.errors import InvalidInputError
from optimizers.types import FloatArray

SCALE = 2.0**64


def jitter(keys: Sequence[str], night_seed: int, share: float = 0.05) -> FloatArray:
    """Return a log-uniform factor around 1 for each key; the same key and night always give the same factor.

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
