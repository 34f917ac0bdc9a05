"""Reads one file as the batch does, within a limit of time, memory and disk, and keeps what came out as plain data."""

from __future__ import annotations

import resource
import signal
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from assets.expectations.rows import DAY_COLUMNS, check_rows
from assets.platforms.reader import SourceRead, UnreadableFileError, read_source
from configs.loader import load_platforms

MAX_SECONDS = 20
MAX_MEMORY = 6 << 30
MAX_FILE = 64 << 20
Key = tuple[str, str, str]  # platform, report, kind


class TooSlowError(BaseException):
    """The time limit has passed; no ``except Exception`` may swallow it."""


@dataclass(frozen=True)
class Row:
    """One row of facts: where it stood and what it says."""

    table: Key
    line: int
    values: tuple[tuple[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        return dict(self.values)


@dataclass
class Outcome:
    """What became of a file. ``crash`` is the end of a traceback, and always a failure."""

    refusal: UnreadableFileError | None = None
    crash: str = ""
    rows: list[Row] = field(default_factory=list)
    aside: set[int] = field(default_factory=set)  # lines in quarantine
    codes: set[str] = field(default_factory=set)
    status: str = ""
    newest: date | None = None  # the last day in the facts
    controls: dict[tuple[str, str], float] = field(default_factory=dict)  # (kind, column) -> what the rows add up to


def limit_resources() -> None:
    """For worker processes: an allocation or a file beyond the limit is an error at once, not a dead machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes, night: date) -> Outcome:
    """Return what the public entrance and the row rules make of ``data``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(data)
        try:
            with _time_limit(MAX_SECONDS):
                source = read_source(path, load_platforms(), name="any")
                outcome = _outcome(source, night)
        except UnreadableFileError as error:
            outcome = Outcome(refusal=error)
        except BaseException as error:  # a panic of a library is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            outcome = Outcome(crash="".join(traceback.format_exception(error)[-3:])[-800:])
        left = sorted(file.name for file in Path(folder).iterdir())
    return outcome if left == ["any"] else Outcome(crash=f"files were left behind: {left}")


def newest_day(outcome: Outcome) -> date:
    """Return the day after the newest one in the facts, so that no row rule calls a day too old or too new."""
    return (date(2026, 6, 30) if outcome.newest is None else outcome.newest) + timedelta(days=1)


def _outcome(source: SourceRead, night: date) -> Outcome:
    outcome = Outcome(codes={message.code for message in source.messages}, status=source.status)
    for table in source.tables:
        checked = check_rows(table.frame, table.kind, night)
        key = (table.platform, table.report, table.kind)
        for frame in (checked.good, checked.duplicates):
            names = [str(name) for name in frame.columns if name != "line"]
            cells = [[None if pd.isna(value) else value for value in frame[name].tolist()] for name in names]
            records = zip(*cells, strict=True) if cells else iter(())
            outcome.rows += [
                Row(key, int(line), tuple(zip(names, record, strict=True)))
                for line, record in zip(frame["line"], records, strict=True)
            ]
        days = [table.frame[name].max() for name in table.frame.columns if name in DAY_COLUMNS]
        days = [day.date() for day in days if not pd.isna(day)]
        outcome.newest = max([*days, *([outcome.newest] if outcome.newest else [])], default=None)
        outcome.aside |= set(table.quarantine["line"]) | set(checked.bad["line"])
        outcome.controls.update({(table.kind, one.column): one.summed for one in table.totals})
    return outcome


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlowError(f"not read within {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
