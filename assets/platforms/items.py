"""The stable readable key of an item, ``platform|account|level|part|part...``, by which facts and entities meet.

The parts are the values of the platform's ``item_key`` columns. Nothing else may build such a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import map_words, matches
from assets.platforms.coded import Coded, CodedTable, constant, group_rows
from assets.platforms.encoding import encode
from configs.platform_schema import Platform

_CASE_FREE = {"keyword", "search_term"}
_KNOWN_WORDS = 200_000
_PLAIN = r"^[0-9A-Za-z_.:#/+\-\x{4E00}-\x{9FFF}]+$"
_PLAIN_LOWER = r"^[0-9a-z_.:#/+\-\x{4E00}-\x{9FFF}]+$"


def item_key(frame: pd.DataFrame, platform: Platform, level: str) -> pd.Series:
    """Return each row's item; missing where a part of the key is missing, for such a row cannot be found again.

    Raises
    ------
    KeyError
        If the platform has no key for ``level``.
    """
    names = item_columns(platform, level)
    rows = CodedTable({name: encode(as_cells(frame[name])) for name in names}, len(frame))
    return as_series(coded_item_key(rows, platform, level), frame.index)


def coded_item_key(rows: CodedTable, platform: Platform, level: str) -> Coded:
    """Do the same as ``item_key`` for coded rows."""
    names = item_columns(platform, level)
    first, second, *parts = [_part(rows[name], is_case_free=name in _CASE_FREE) for name in names]
    is_plain = all(part is rows[name] for part, name in zip((first, second, *parts), names, strict=True))
    kind = constant(_normalised(level), len(rows), pa.string())
    return _joined([first, second, kind, *parts], len(rows), is_plain=is_plain)


def item_columns(platform: Platform, level: str) -> tuple[str, ...]:
    """Return the columns that an item of the platform is named by."""
    return ("platform", "account", *platform.item_key[level])  # type: ignore[index]


def join_key(parts: Sequence[pd.Series]) -> pd.Series:
    """Return the parts joined by ``|``: NFKC, stripped, with ``\\`` and ``|`` inside a part escaped."""
    return as_series(coded_join_key([encode(as_cells(part)) for part in parts], len(parts[0])), parts[0].index)


def coded_join_key(parts: Sequence[Coded], n_rows: int) -> Coded:
    """Do the same as ``join_key`` for coded columns."""
    return _joined([_part(part) for part in parts], n_rows)


def as_cells(values: pd.Series) -> pa.StringArray:
    """Return a column of text as Arrow holds it."""
    text = values if isinstance(values.dtype, pd.StringDtype) else values.astype("str")
    cells = pa.array(text, pa.string(), from_pandas=True)
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def as_series(column: Coded, index: pd.Index) -> pd.Series:
    """Return a coded column of text as pandas holds it."""
    return pd.Series(pd.array(column.values, dtype="str"), index=index, name="item")


def _part(column: Coded, *, is_case_free: bool = False) -> Coded:
    """Spell every distinct word as keys spell it; words of plain letters and digits are so already."""
    plain, spell = (_PLAIN_LOWER, _case_free) if is_case_free else (_PLAIN, _normalised)
    is_other = ~matches(column.words, plain)
    if not is_other.any():
        return column
    others = pa.array(is_other)
    return Coded(
        pc.replace_with_mask(column.words, others, map_words(column.words.filter(others), spell)), column.codes
    )


def _joined(parts: Sequence[Coded], n_rows: int, *, is_plain: bool = False) -> Coded:
    """Join the parts once for every combination of them that occurs.

    ``is_plain``: every word stands as the export spells it, so that two combinations cannot become one key.
    """
    groups = group_rows(parts, n_rows)
    cells = [part.words.take(pa.array(part.codes[groups.example])) for part in parts]
    joined = Coded(pc.binary_join_element_wise(*cells, "|"), groups.codes.astype(np.int32, copy=False), is_plain)
    return joined.merged()


@lru_cache(maxsize=_KNOWN_WORDS)  # the same words come every night
def _normalised(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().replace("\\", "\\\\").replace("|", "\\|")


@lru_cache(maxsize=_KNOWN_WORDS)
def _case_free(text: str) -> str:
    return _normalised(unicodedata.normalize("NFKC", text).casefold())
