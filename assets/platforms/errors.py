"""What the reader says: notes about a file that was read, and the error for a file that is refused.

Both hold the same facts, so that a console line, a table and a JSON object can be made from either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Message:
    """One finding: a code to sort by, a sentence to read, and the facts in it. ``line`` counts from 1."""

    code: str
    text: str
    file: str = ""
    line: int | None = None
    column: str = ""
    value: str = ""
    limit: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}".strip()


class UnreadableFileError(ValueError):
    """A whole file is refused. Nothing of it is used; the facts are attributes.

    ``platform`` and ``kind`` name the nearest known report, and are empty when there is none.
    """

    def __init__(self, finding: Message, platform: str = "", kind: str = "") -> None:
        self.finding = finding
        self.platform = platform
        self.kind = kind
        super().__init__(f"cannot read {finding.file or 'the file'}: {finding}")

    @property
    def code(self) -> str:
        """Return the machine-readable reason."""
        return self.finding.code

    @property
    def file(self) -> str:
        """Return the file's name, with the zip member or sheet after it."""
        return self.finding.file

    @property
    def line(self) -> int | None:
        """Return the line, counted from 1, where one line is to blame."""
        return self.finding.line

    @property
    def column(self) -> str:
        """Return the header where one column is to blame."""
        return self.finding.column

    @property
    def value(self) -> str:
        """Return the value that was seen."""
        return self.finding.value

    @property
    def limit(self) -> str:
        """Return what would have been accepted."""
        return self.finding.limit

    @property
    def remedy(self) -> str:
        """Return what to do, in one sentence."""
        return self.finding.remedy


def located(error: UnreadableFileError, file: str) -> UnreadableFileError:
    """Return the error with the file's name in it, for code that sees bytes only."""
    return UnreadableFileError(replace(error.finding, file=file), error.platform, error.kind)
