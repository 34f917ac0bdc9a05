"""What the warehouse refuses, each with its facts as attributes and a message in five parts.

Here belong exception classes only; who raises them is in the module of the same noun.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

SHOWN = 5


class WarehouseError(RuntimeError):
    """Base of everything that the warehouse refuses; trying again without a change does not help."""


class HomeError(WarehouseError):
    """The home folder cannot be used."""

    def __init__(self, root: str, reason: str, offenders: Sequence[str], remedy: str) -> None:
        self.root, self.reason, self.offenders, self.remedy = root, reason, tuple(offenders), remedy
        super().__init__(f"cannot use the home {root}: {reason}: {_first(self.offenders)}. {remedy}")


class LeaseHeldError(WarehouseError):
    """Another run works on the same home."""

    def __init__(self, home: Path, holder: str, pid: int | None, waited_seconds: float) -> None:
        self.home, self.holder, self.pid, self.waited_seconds = home, holder, pid, waited_seconds
        process = "unknown process" if pid is None else f"process {pid}"
        super().__init__(
            f"cannot start on {home}: it is in use by {holder!r} ({process}); waited {waited_seconds:g} s, and one "
            f"run at a time is allowed per home. Wait for that run or stop it, or raise lease_wait_seconds in "
            f"settings.yaml."
        )


class CorruptDocumentError(WarehouseError):
    """A JSON document of the home is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"cannot read {path}: {reason}; it must be one JSON object as this program wrote it. "
            f"Restore the file from a backup of the home; files under warehouse/ may simply be deleted."
        )


class InputsFrozenError(WarehouseError):
    """The inputs of a night may not be taken anew."""

    def __init__(self, night: date, later: Sequence[date]) -> None:
        self.night, self.later = night, tuple(later)
        super().__init__(
            f"cannot refresh the inputs of night {night}: {len(self.later)} later night(s) have been published "
            f"({_first([str(one) for one in self.later])}), and only the newest published night may change. "
            f"Run night {night} without --refresh-inputs, or put the new files into inbox/ for the open night."
        )


class MissingOriginalError(WarehouseError):
    """Files that a night was frozen with are no longer kept."""

    def __init__(self, night: date, missing: Sequence[str]) -> None:
        self.night, self.missing = night, tuple(missing)
        super().__init__(
            f"cannot read the inputs of night {night}: {len(self.missing)} frozen file(s) are in neither originals/ "
            f"nor inbox/: {_first(self.missing)}. Put the same files back into inbox/, or start a new revision with "
            f"--refresh-inputs."
        )


class FactsError(WarehouseError):
    """A frame cannot be stored as facts."""

    def __init__(self, source: str, column: str, seen: str, limit: str) -> None:
        self.source, self.column, self.seen, self.limit = source, column, seen, limit
        super().__init__(
            f"cannot store the facts of {source}: column {column!r} holds {seen}, it must hold {limit}. "
            f"Mend the report's entry in configs/platforms/ (see assets/warehouse/columns.py for the types)."
        )


class MissingFactsError(WarehouseError):
    """Facts that the index names are gone or damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"cannot read the facts {path}: {reason}; the index in warehouse/coverage says that they exist. "
            f"Delete the folder warehouse/ and run the night again: facts are rebuilt from originals/."
        )


class TableError(WarehouseError):
    """A night's table cannot be written."""

    def __init__(self, table: str, seen: str, limit: str, remedy: str) -> None:
        self.table, self.seen, self.limit, self.remedy = table, seen, limit, remedy
        super().__init__(f"cannot write table {table!r}: {seen}; {limit}. {remedy}")


class BrokenReceiptError(WarehouseError):
    """A table is not what its receipt says, or its receipt is missing or says that a gate failed."""

    def __init__(self, table: str, expected: str, seen: str, remedy: str) -> None:
        self.table, self.expected, self.seen, self.remedy = table, expected, seen, remedy
        super().__init__(f"cannot trust table {table!r}: expected {expected}, seen {seen}. {remedy}")


def _first(offenders: Sequence[str]) -> str:
    more = len(offenders) - SHOWN
    return ", ".join(offenders[:SHOWN]) + (f" and {more} more" if more > 0 else "")
