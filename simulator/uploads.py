"""Opens uploaded bid files of every platform and gives their rows our field names. What a row does is ``edits``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from python_calamine import CalamineError, CalamineWorkbook

from simulator.layouts import FOLDER
from simulator.market import SimulatorError

WORDS = {
    "1": "exact", "4": "broad", "精确": "exact", "短语": "phrase", "广泛": "broad",
    "精确否定": "negative exact", "短语否定": "negative phrase",
    "negativeexact": "negative exact", "negativephrase": "negative phrase",
    "启用": "enabled", "暂停": "paused", "archived": "removed", "archive": "remove", "del": "remove", "删除": "remove",
}  # fmt: skip


@dataclass(frozen=True)
class UploadRow:
    """One row of a bid file: where it stands, what kind of row it is and its non-empty fields under our names."""

    file: str
    line: int
    platform: str
    action: str
    fields: Mapping[str, str]
    unit: float = 1.0

    @property
    def money(self) -> float | None:
        """Return the bid in the main currency unit; None when the row leaves it unchanged, NaN when it is no number."""
        return self.number("bid", self.unit)

    def number(self, name: str, unit: float = 1.0) -> float | None:
        """Return field ``name`` as a number of main units, None when it is empty."""
        text = self.fields.get(name)
        if text is None:
            return None
        try:
            return float(text) / unit
        except ValueError:
            return float("nan")


def read_upload(path: Path) -> list[UploadRow]:
    """Return the rows of a bid file.

    Raises
    ------
    SimulatorError
        If the file is broken, or no platform of this market takes a file with these headers.
    """
    try:
        table = _open(path)
    except (OSError, ValueError, AttributeError, CalamineError) as error:
        raise SimulatorError(
            f"cannot read {path.name}: {error}. Write the bid file again and apply it whole."
        ) from error
    headers = table[0][1].keys() if table else {}
    for entry in _entries():
        if table and set(entry["needs"]) <= set(headers):
            return [_row(path, line, cells, entry) for line, cells in table]
    raise SimulatorError(
        f"cannot apply {path.name}: no platform takes a file with the headers {list(headers)[:5]}. "
        "Give a bid file as Bidwright writes it; the accepted headers are in simulator/layouts/uploads.yaml."
    )


def _row(path: Path, line: int, cells: Mapping[str, str], entry: Mapping[str, Any]) -> UploadRow:
    fields = {}
    for name, headers in entry["fields"].items():
        text = next((cells[header] for header in headers if cells.get(header)), "")
        if text:
            is_word = name in ("match_type", "status", "operation")
            fields[name] = WORDS.get(text.lower(), text.lower()) if is_word else text
    return UploadRow(path.name, line, entry["platform"], entry["action"], fields, float(entry.get("unit", 1)))


def _open(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return (line, header -> text) for every row of a json, xlsx or csv file."""
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [(i, {key: _text(value) for key, value in row.items()}) for i, row in enumerate(rows, start=1)]
    if path.suffix == ".xlsx":
        grid = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        return _named([[_text(cell) for cell in row] for row in grid])
    raw = path.read_bytes()
    delimiter = "\t" if path.suffix == ".tsv" else ","
    return _named(list(csv.reader(io.StringIO(_decode(raw), newline=""), delimiter=delimiter)))


def _named(grid: list[list[str]]) -> list[tuple[int, dict[str, str]]]:
    if not grid:
        return []
    headers = [header.strip() for header in grid[0]]
    rows = (dict(zip(headers, (cell.strip() for cell in row), strict=False)) for row in grid[1:])
    return [(line, row) for line, row in enumerate(rows, start=2) if any(row.values())]


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@lru_cache(maxsize=1)
def _entries() -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / "uploads.yaml").read_text(encoding="utf-8")))
