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
import pyarrow as pa

from assets.platforms.cells import map_words, normalise_word
from assets.platforms.coded import Coded
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
    personal = [name for name, column in spec.columns.items() if column.personal and name in table.rows]
    if not personal:
        return table
    hidden = {name: Coded(_pseudonyms(table.rows[name].words, key), table.rows[name].codes) for name in personal}
    return replace(table, rows=table.rows.having(hidden))


def without_persons(bad: pd.DataFrame, spec: ReportSpec) -> pd.DataFrame:
    """Return the quarantine of a report without the values of its personal columns, nor of rows whose cells moved."""
    headers = {header for column in spec.columns.values() if column.personal for header in column.headers}
    if not headers or bad.empty:
        return bad
    return bad.assign(value=bad["value"].mask(bad["column"].isin({*headers, ""}), HIDDEN_VALUE))


def _pseudonyms(words: pa.StringArray, key: bytes | None) -> pa.StringArray:
    return pa.nulls(len(words), pa.string()) if key is None else map_words(words, lambda word: pseudonym(word, key))
