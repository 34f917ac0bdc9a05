"""The stable readable key of an item, ``platform|account|level|part|part...``, by which facts and entities meet.

The parts are the values of the platform's ``item_key`` columns. Nothing else may build such a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import map_words
from configs.platform_schema import Platform

_CASE_FREE = {"keyword", "search_term"}
_KNOWN_WORDS = 200_000


def item_key(frame: pd.DataFrame, platform: Platform, level: str) -> pd.Series:
    """Return each row's item; missing where a part of the key is missing, for such a row cannot be found again.

    Raises
    ------
    KeyError
        If the platform has no key for ``level``.
    """
    names = ("platform", "account", *platform.item_key[level])  # type: ignore[index]
    cells = [_part(frame[name], is_case_free=name in _CASE_FREE) for name in names]
    return _joined([*cells[:2], pa.repeat(_normalised(level), len(frame)), *cells[2:]], frame.index)


def join_key(parts: Sequence[pd.Series]) -> pd.Series:
    """Return the parts joined by ``|``: NFKC, stripped, with ``\\`` and ``|`` inside a part escaped."""
    return _joined([_part(part) for part in parts], parts[0].index)


def as_cells(values: pd.Series) -> pa.StringArray:
    """Return a column of text as Arrow holds it."""
    text = values if isinstance(values.dtype, pd.StringDtype) else values.astype("str")
    cells = pa.array(text, pa.string(), from_pandas=True)
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _part(values: pd.Series, *, is_case_free: bool = False) -> pa.StringArray:
    return map_words(as_cells(values), _case_free if is_case_free else _normalised)


def _joined(cells: list[pa.StringArray], index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(pc.binary_join_element_wise(*cells, "|"), dtype="str"), index=index, name="item")


@lru_cache(maxsize=_KNOWN_WORDS)  # the same words come every night
def _normalised(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().replace("\\", "\\\\").replace("|", "\\|")


@lru_cache(maxsize=_KNOWN_WORDS)
def _case_free(text: str) -> str:
    return _normalised(unicodedata.normalize("NFKC", text).casefold())
