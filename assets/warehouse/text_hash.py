"""A number for every text, the same on every machine and in every version: by it rows are spread over buckets.

Written out because Python's own hash changes from process to process, and a checksum called text by text costs three times
as much and keeps every other thread waiting.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_LANE = 8  # bytes that are mixed in at once
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(_LANE + 1)], dtype=np.uint64)
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd: Knuth 1998, TAOCP vol. 3, 6.4
_HALF = np.uint64(32)


def hash_texts(texts: pa.StringArray) -> NDArray[np.uint64]:
    """Return one number per text, equal for equal texts; ``texts`` hold no null.

    Eight bytes at a time are combined and multiplied (as Fowler-Noll-Vo does byte by byte), the upper half folded into the lower.
    Not for secrets: whoever wants two texts with one number can make them.
    """
    end, content = _bytes_of(texts)
    start, left = end[:-1], np.diff(end)
    # one lane from every byte on; zeros behind the last text complete its last lane
    lanes = np.ndarray((len(content) - _LANE + 1,), "<u8", buffer=content, strides=(1,))
    found = left.astype(np.uint64)
    for at in range(0, int(left.max(initial=0)), _LANE):
        here = lanes[np.minimum(start + at, len(lanes) - 1)] & _MASKS[np.clip(left - at, 0, _LANE)]
        mixed = (found ^ here) * _PRIME
        found = np.where(left > at, mixed ^ (mixed >> _HALF), found)
    return found


def _bytes_of(texts: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where each text ends, from 0 on, and the bytes of all with a lane of zeros behind them."""
    _, offsets, data = texts.buffers()
    if not len(texts) or offsets is None:
        return np.zeros(len(texts) + 1, np.int64), np.zeros(_LANE, np.uint8)
    end = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    content = np.zeros(int(end[-1] - end[0]) + _LANE, np.uint8)
    if data is not None:
        content[:-_LANE] = np.frombuffer(data, np.uint8)[end[0] : end[-1]]
    return end - end[0], content
