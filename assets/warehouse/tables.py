"""A night's tables: Parquet that is the same bytes for the same rows, each with a receipt written last.

What a table means is known by the stage that makes it; whether its chain still holds is checked in ``receipts``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.warehouse.documents import hash_file, write_bytes
from assets.warehouse.errors import BrokenReceiptError, TableError
from assets.warehouse.home import Home
from assets.warehouse.receipts import (
    REMEDY,
    Receipt,
    read_receipt,
    receipt_hashes,
    receipt_path,
    require_bytes,
    table_path,
    write_receipt,
)


@dataclass(frozen=True)
class Stamp:
    """What a receipt says beside the bytes: configuration, code, and what each gate found."""

    config_hash: str
    code_hash: str
    verdicts: Mapping[str, bool] = field(default_factory=dict)


def write_table(  # noqa: PLR0913 - night and revision say which tables, name and inputs which one, the stamp why
    home: Home, night: date, revision: int, name: str, frame: pd.DataFrame, input_names: Sequence[str], stamp: Stamp
) -> Receipt:
    """Keep a table of the night; its receipt is written last, after the bytes were read back.

    A failed verdict is kept as well: ``verify_chain`` refuses such a table, people can still look at it.
    """
    _require_name(name)
    verdicts = _plain_verdicts(name, stamp.verdicts)
    inputs = receipt_hashes(home, night, revision, input_names)
    receipt_path(home, night, revision, name).unlink(missing_ok=True)
    content = _to_parquet(name, frame)
    expected = hashlib.sha256(content).hexdigest()
    path = table_path(home, night, revision, name)
    write_bytes(path, content)
    seen = hash_file(path)
    if seen != expected:
        raise TableError(name, f"{path} reads back as {seen[:12]}", f"written was {expected[:12]}", "Check the disk.")
    receipt = Receipt(
        name, night, revision, seen, len(frame), stamp.config_hash, stamp.code_hash, inputs, verdicts
    )  # fmt: skip
    write_receipt(home, receipt)
    return receipt


def read_table(home: Home, night: date, revision: int, name: str) -> pd.DataFrame:
    """Return a table of the night, refusing one that is missing or not as its receipt says."""
    receipt = read_receipt(home, night, revision, name)
    path = table_path(home, night, revision, name)
    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = REMEDY.format(night=night)
        raise BrokenReceiptError(name, f"a table at {path}", str(error.strerror), remedy) from error
    require_bytes(receipt, hashlib.sha256(content).hexdigest())
    return pq.read_table(pa.BufferReader(content), use_threads=False).to_pandas()


def _require_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if not name or name.startswith("/") or any(part.startswith(".") for part in parts):
        raise TableError(repr(name), "not a table name", "a name is words with / between", "Rename the table.")


def _plain_verdicts(name: str, verdicts: Mapping[str, bool]) -> dict[str, bool]:
    """Refuse a verdict that is not plainly true or false: any text would count as passed somewhere."""
    for gate, verdict in verdicts.items():
        if not isinstance(verdict, bool):
            raise TableError(name, f"gate {gate!r} says {verdict!r}", "a verdict is True or False", "Mend the gate.")
    return dict(verdicts)


def _to_parquet(name: str, frame: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    try:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink, compression="zstd")
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise TableError(name, reason, "a column holds one type", "Mend the stage that makes the table.") from error
    return sink.getvalue().to_pybytes()
