"""What a benchmark reports: a figure, its bar, its peer, and whether the bar holds; as JSON and as a table.

Measuring belongs to one module a benchmark; running them all is ``benchmarks.run``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach: at least ``limit``, or at most where ``is_most``."""

    limit: float
    is_most: bool = False

    def is_met_by(self, value: float) -> bool:
        """Return whether ``value`` reaches the bar; a missing number never does."""
        return value <= self.limit if self.is_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'<=' if self.is_most else '>='} {self.limit:.6g}"


@dataclass(frozen=True)
class Figure:
    """One measured number. ``peer`` says what it was measured against, with the peer's own number."""

    name: str
    value: float
    unit: str
    peer: str
    note: str = ""
    bar: Bar | None = None

    @property
    def holds(self) -> bool | None:
        """Return whether the bar is met; None where there is no bar."""
        return None if self.bar is None else self.bar.is_met_by(self.value)

    def as_json(self) -> dict[str, Any]:
        """Return plain values; a number that is not finite is null."""
        return {
            "name": self.name,
            "value": float(f"{self.value:.6g}") if math.isfinite(self.value) else None,
            "unit": self.unit,
            "bar": None if self.bar is None else str(self.bar),
            "peer": self.peer,
            "holds": self.holds,
            "note": self.note,
        }


def write_results(path: Path, measured: Mapping[str, Sequence[Figure]], machine: str) -> None:
    """Write figures by benchmark, with the machine that they were measured on; other benchmarks' figures stay."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    told = {name: {"figures": [one.as_json() for one in part], "machine": machine} for name, part in measured.items()}
    content = json.dumps(before | told, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(content + "\n", encoding="utf-8")


def as_table(figures: Sequence[Figure], note: str) -> Table:
    """Return the same figures for people."""
    table = Table("figure", "value", "unit", "bar", "holds", "peer and note", title="Benchmarks", caption=note)
    for figure in figures:
        verdict = {True: "[green]yes[/]", False: "[bold red]NO[/]", None: ""}[figure.holds]
        bar = "" if figure.bar is None else str(figure.bar)
        told = f"{figure.peer}. {figure.note}" if figure.note else figure.peer
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, bar, verdict, told)
    return table
