"""Receipts: what a table is made of, and whether that still holds. They guard integrity, not against forgery.

Tables are written by ``tables``; what a gate checks is known by ``assets.expectations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assets.warehouse.documents import hash_file, read_document, write_document
from assets.warehouse.errors import BrokenReceiptError, CorruptDocumentError
from assets.warehouse.home import Home

REMEDY = (
    "Nothing is published from it. Run the night again (bidwright run --night {night}); do not edit warehouse/tables."
)


@dataclass(frozen=True)
class Receipt:
    """What one table is: its bytes, the receipts of the tables it was made from, and what the gates said."""

    name: str
    night: date
    revision: int
    sha256: str
    rows: int
    config_hash: str
    code_hash: str
    inputs: Mapping[str, str] = field(default_factory=dict)  # table name -> sha256 of its receipt file
    verdicts: Mapping[str, bool] = field(default_factory=dict)


def table_path(home: Home, night: date, revision: int, name: str) -> Path:
    """Return where a table of a night lies."""
    return home.warehouse / "tables" / night.isoformat() / f"r{revision}" / f"{name}.parquet"


def receipt_path(home: Home, night: date, revision: int, name: str) -> Path:
    """Return where the receipt of a table lies."""
    return table_path(home, night, revision, name).with_suffix(".receipt.json")


def write_receipt(home: Home, receipt: Receipt) -> None:
    """Write the receipt of a table; this is the last thing done for a table."""
    content = {**asdict(receipt), "night": receipt.night.isoformat()}
    write_document(receipt_path(home, receipt.night, receipt.revision, receipt.name), content)


def read_receipt(home: Home, night: date, revision: int, name: str) -> Receipt:
    """Return the receipt of a table, refusing one that is missing, damaged, or another table's."""
    path = receipt_path(home, night, revision, name)
    remedy = REMEDY.format(night=night)
    try:
        content = read_document(path)
        if content is None:
            raise BrokenReceiptError(name, f"a receipt at {path}", "none", remedy)
        receipt = Receipt(**{**content, "night": date.fromisoformat(content["night"])})
    except (CorruptDocumentError, TypeError, KeyError, ValueError) as error:
        raise BrokenReceiptError(name, f"a whole receipt at {path}", str(error), remedy) from error
    seen = (receipt.name, receipt.night, receipt.revision)
    if seen != (name, night, revision):
        raise BrokenReceiptError(name, f"the receipt of night {night} r{revision}", f"that of {seen}", remedy)
    return receipt


def verify_chain(home: Home, night: date, revision: int, name: str) -> Receipt:
    """Return the receipt of a table after checking it and, through all its inputs, everything it was made from.

    Raises
    ------
    BrokenReceiptError
        If a table or receipt in the chain is missing or changed, or a gate did not pass.
    """
    receipt = read_receipt(home, night, revision, name)
    checked: set[str] = set()
    waiting = [receipt]
    while waiting:
        one = waiting.pop()
        if one.name not in checked:
            checked.add(one.name)
            _verify_table(home, one)
            waiting.extend(_verify_input(home, one, parent) for parent in sorted(one.inputs))
    return receipt


def require_bytes(receipt: Receipt, seen: str) -> None:
    """Refuse a table whose bytes are not the ones of its receipt."""
    if seen != receipt.sha256:
        raise BrokenReceiptError(
            receipt.name, f"sha256 {receipt.sha256[:12]}", seen[:12], REMEDY.format(night=receipt.night)
        )  # fmt: skip


def _verify_table(home: Home, receipt: Receipt) -> None:
    remedy = REMEDY.format(night=receipt.night)
    failed = sorted(gate for gate, passed in receipt.verdicts.items() if passed is not True)
    if failed:
        raise BrokenReceiptError(receipt.name, "all gates passed", f"failed: {', '.join(failed[:5])}", remedy)
    path = table_path(home, receipt.night, receipt.revision, receipt.name)
    try:
        seen = hash_file(path)
    except OSError as error:
        raise BrokenReceiptError(receipt.name, f"a table at {path}", str(error.strerror), remedy) from error
    require_bytes(receipt, seen)


def _verify_input(home: Home, child: Receipt, parent: str) -> Receipt:
    """Return the receipt of one input after checking that it is the one which the child was made from."""
    receipt = read_receipt(home, child.night, child.revision, parent)
    seen = hash_file(receipt_path(home, child.night, child.revision, parent))
    if seen != child.inputs[parent]:
        expected = f"the receipt {child.inputs[parent][:12]} that {child.name!r} was made from"
        raise BrokenReceiptError(parent, expected, seen[:12], REMEDY.format(night=child.night))
    return receipt


def receipt_hashes(home: Home, night: date, revision: int, names: Any) -> dict[str, str]:
    """Return the sha256 of the receipt of each named table, refusing missing ones."""
    for name in names:
        read_receipt(home, night, revision, name)
    return {name: hash_file(receipt_path(home, night, revision, name)) for name in sorted(names)}
