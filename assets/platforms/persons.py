"""Names, links and addresses of people: kept only as a pseudonym, which the same person has in every file of one home.

The key lies in the home (``keys/``), not in the code or the facts: who has the facts alone cannot tell a person, and deleting
the key cuts the last link. Without a key nothing personal is kept at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pandas as pd

from assets.platforms.cells import normalise_word
from assets.platforms.results import ReadTable
from configs.platform_schema import ReportSpec

HIDDEN_VALUE = "(personal)"
_LENGTH = 12


def pseudonym(word: str, key: bytes) -> str:
    """Return the pseudonym of a name, link or address: spelling that does not tell people apart does not matter.

    Keyed BLAKE2/SHA-256 (HMAC, RFC 2104); 60 bits, so that a million people share none but by a chance of one in two million.
    """
    digest = hmac.new(key, normalise_word(word).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return f"p-{base64.b32encode(digest).decode().lower()[:_LENGTH]}"


def hide_persons(table: ReadTable, spec: ReportSpec, key: bytes | None) -> ReadTable:
    """Return the table with pseudonyms in its personal columns; without a key these are missing."""
    personal = [name for name, column in spec.columns.items() if column.personal and name in table.frame]
    if not personal:
        return table
    return replace(table, frame=table.frame.assign(**{name: _pseudonyms(table.frame[name], key) for name in personal}))


def without_persons(bad: pd.DataFrame, spec: ReportSpec) -> pd.DataFrame:
    """Return the quarantine of a report without the values of its personal columns, nor of rows whose cells moved."""
    headers = {header for column in spec.columns.values() if column.personal for header in column.headers}
    if not headers or bad.empty:
        return bad
    return bad.assign(value=bad["value"].mask(bad["column"].isin({*headers, ""}), HIDDEN_VALUE))


def _pseudonyms(values: pd.Series, key: bytes | None) -> pd.Series:
    if key is None:
        return pd.Series(None, index=values.index, dtype="str")
    known = {word: pseudonym(word, key) for word in values.dropna().unique()}
    return values.map(known).astype("str")
