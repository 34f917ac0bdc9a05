"""The sentences that go with a file that was read: what was left out, set aside or not known."""

from __future__ import annotations

import pandas as pd

from assets.platforms.errors import Message
from assets.platforms.header import Match

_SHOWN = 5


def about_columns(match: Match, file: str) -> list[Message]:
    """Return the note on columns that the report's description does not know."""
    if not match.unknown:
        return []
    names = ", ".join(name.strip() for name in match.unknown[:_SHOWN])
    return [
        Message(
            code="unknown_columns",
            text=f"{len(match.unknown)} columns are not known and not used: {names}.",
            file=file,
            line=match.line,
            column=match.unknown[0].strip(),
            value=str(len(match.unknown)),
            remedy=f"If one matters, add it to configs/platforms/{match.platform.name}.yaml.",
        )
    ]


def about_quarantine(rows: pd.DataFrame) -> list[Message]:
    """Return the note on rows that could not be read."""
    if rows.empty:
        return []
    first = rows.iloc[0]
    shown = ", ".join(str(line) for line in rows["line"].head(_SHOWN))
    return [
        Message(
            code="quarantined_rows",
            text=f"{len(rows)} rows could not be read and are set aside (lines {shown}): {first['reason']}, "
            f"{first['column']!r} is {first['value'][:40]!r}.",
            line=int(first["line"]),
            column=str(first["column"]),
            value=str(first["value"])[:80],
            remedy="Mend these cells in the export and put it in again.",
        )
    ]


def about_other_rows(n_rows: int, header: str, others: list[str]) -> list[Message]:
    """Return the note on rows that belong to another report or scene."""
    if not n_rows:
        return []
    names = ", ".join(others[:_SHOWN])
    return [
        Message(code="other_rows", text=f"{n_rows} rows with {header} {names} are not this report's.", column=header)
    ]


def about_windows(n_rows: int, header: str, kept: str) -> list[Message]:
    """Return the note on rows that repeat the spend for another attribution window."""
    if not n_rows:
        return []
    text = f"{n_rows} rows repeat the spend for another {header}; {kept} is used."
    return [Message(code="repeated_windows", text=text, column=header, value=kept)]


def about_period(file: str) -> Message:
    """Return the refusal of a daily report that says of no day."""
    return Message(
        code="no_date",
        text="it has no day column and no line above the header names its period.",
        file=file,
        limit="a day in every row, or a date line above the header",
        remedy="Export it again by day, or with the date line that stands above the header.",
    )


def about_sheets(file: str, sheets: list[str]) -> list[Message]:
    """Return the note on sheets of a workbook that are no known report."""
    if not sheets:
        return []
    names = ", ".join(sheets[:_SHOWN])
    text = f"{len(sheets)} sheets are no known report and are not used: {names}."
    return [Message(code="ignored_sheets", text=text, file=file, value=names)]
