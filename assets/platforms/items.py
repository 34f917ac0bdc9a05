"""The stable readable key of an item, ``platform|account|level|part|part...``, by which facts and entities meet.

The parts are the values of the platform's ``item_key`` columns. Nothing else may build such a key.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from configs.platform_schema import Platform

_CASE_FREE = {"keyword", "search_term"}


def item_key(frame: pd.DataFrame, platform: Platform, level: str) -> pd.Series:
    """Return each row's item; missing where a part of the key is missing, for such a row cannot be found again.

    Raises
    ------
    KeyError
        If the platform has no key for ``level``.
    """
    names = platform.item_key[level]  # type: ignore[index]
    constant = pd.Series(level, index=frame.index, dtype="str")
    parts = [frame["platform"], frame["account"], constant, *(_folded(frame[name], name) for name in names)]
    return join_key(parts)


def join_key(parts: Sequence[pd.Series]) -> pd.Series:
    """Return the parts joined by ``|``: NFKC, stripped, with ``\\`` and ``|`` inside a part escaped."""
    keys = _normalised(parts[0])
    for part in parts[1:]:
        keys = keys + "|" + _normalised(part)
    return keys.rename("item").astype("str")


def _folded(values: pd.Series, name: str) -> pd.Series:
    return values.astype("str").str.normalize("NFKC").str.casefold() if name in _CASE_FREE else values


def _normalised(values: pd.Series) -> pd.Series:
    text = values.astype("str").str.normalize("NFKC").str.strip()
    return text.str.replace("\\", "\\\\", regex=False).str.replace("|", "\\|", regex=False)
