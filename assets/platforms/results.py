"""What reading gives: one ``SourceRead`` per file, one ``ReadTable`` per kind of facts in it. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from assets.platforms.coded import CodedTable
from assets.platforms.errors import Message


@dataclass(frozen=True)
class ControlSum:
    """One column of a totals row beside what the file's rows add up to, in the main currency unit or as counts."""

    label: str
    line: int
    column: str
    stated: float
    summed: float
    holds: bool

    def __str__(self) -> str:
        return (
            f"{self.label!r} in line {self.line} says {self.column} {self.stated:,.2f}, "
            f"the rows add up to {self.summed:,.2f}"
        )


@dataclass(frozen=True)
class ReadTable:
    """The rows of one kind from one table.

    ``rows`` holds all canonical columns of the kind, ``platform``, ``account`` (missing where the export names none)
    and ``line``; ``frame`` is the same for pandas, made when it is asked for. ``quarantine`` holds one row per row that
    could not be read: line, column, value, reason.
    """

    platform: str
    report: str
    kind: str
    rows: CodedTable
    totals: tuple[ControlSum, ...]
    unknown_columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    quarantine: pd.DataFrame
    messages: tuple[Message, ...] = ()
    file: str = ""
    encoding: str = ""
    scope: str = ""
    used_columns: tuple[tuple[str, str], ...] = ()  # header in the file, our column

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return the rows for pandas."""
        return self.rows.to_pandas()


@dataclass(frozen=True)
class SourceRead:
    """One source file: its tables and all messages. ``status`` is ``read``, ``partly_read`` or ``totals_mismatch``."""

    file: str
    sha256: str
    encoding: str
    tables: tuple[ReadTable, ...]
    messages: tuple[Message, ...]
    status: str
