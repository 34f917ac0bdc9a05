"""Mutations of rows, columns and cells: what was touched is known, so nothing else may read differently."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Any

from tests.faults.documents import Document
from tests.faults.mutant import Effect

Made = tuple[bytes, Effect] | None
HUGE = 10 << 20
NUMBER_TYPES = {"count", "money", "money_minor", "number", "share"}
ODD_NUMBERS = (
    "1e400", "-1e400", "9" * 30, "1e18", "99999999999999999999", "0x1F", "1_000", "--5", "5-", "(5.00)", "1.234.567",
    "1,23,456.78", "1 234,56", "1'234.50", "１２３", "١٢٣", "१२३", "²", "½", "Ⅷ", "inf", "-inf", "1/2", "12:30", "5%5", "1..2",
    "1,2", "12,34", "NaN", "=1+1", "+-1", "1e", "e5", "万", "5万万", "1亿万", "￥￥5", "5元元", "0,5", ",5", "5,", "1,,000",
)  # fmt: skip


def rename_column(document: Document, rng: Random) -> Made:
    at = rng.randrange(len(document.header))
    header = _with(document.header, at, rng.choice(["qqzz", document.header[at] + "?", document.header[at][1:], ""]))
    return replace(document, header=header).to_bytes(), Effect("damaged", header_cells=frozenset({at}))


def drop_column(document: Document, rng: Random) -> Made:
    at = rng.randrange(len(document.header))
    rows = [_without(row, at) if len(row) == len(document.header) else row for row in document.rows]
    changed = replace(document, header=_without(document.header, at), rows=tuple(rows))
    return changed.to_bytes(), Effect("damaged", header_cells=frozenset({at}))


def repeat_column(document: Document, rng: Random) -> Made:
    """The same header twice with other values below: which one is meant cannot be told."""
    at = rng.randrange(len(document.header))
    width = len(document.header)
    rows = [(*row, _cell(rng.choice(document.rows), at)) if len(row) == width else row for row in document.rows]
    changed = replace(document, header=(*document.header, document.header[at]), rows=tuple(rows))
    return changed.to_bytes(), Effect("damaged", header_cells=frozenset({at, width}))


def shift_row_right(document: Document, rng: Random) -> Made:
    """Put an empty cell into a row; what falls over the edge stays, as a spreadsheet's `insert cell` does."""
    return _moved(document, rng, lambda row, at: (*row[:at], "", *row[at:]))


def shift_row_in_width(document: Document, rng: Random) -> Made:
    """Put an empty cell into a row that ends with an empty one, so that its width does not tell."""
    return _moved(document, rng, lambda row, at: (*row[:at], "", *row[at:-1]), needs_empty_end=True)


def shift_row_left(document: Document, rng: Random) -> Made:
    return _moved(document, rng, _without)


def cut_row(document: Document, rng: Random) -> Made:
    return _moved(document, rng, lambda row, at: row[:at])


def swallow_rows(document: Document, rng: Random) -> Made:
    """A quote opens in one row and closes in a later one at the same column: one record of the right width."""
    whole = document.whole_rows()
    if document.saving is None or len(whole) < 2:
        return None
    number = rng.randrange(len(whole) - 1)
    first, last = whole[number], whole[rng.randint(number + 1, len(whole) - 1)]
    at, mark = rng.randrange(len(document.header)), document.saving.delimiter
    above, below = document.rows[first], document.rows[last]
    inner = [mark.join(map(str, row)) for row in document.rows[first + 1 : last]]
    swallowed = "\n".join([mark.join(map(str, above[at:])), *inner, mark.join(map(str, below[: at + 1]))])
    merged = (*above[:at], swallowed, *below[at + 1 :])
    rows = (*document.rows[:first], merged, *document.rows[last + 1 :])
    lines = _lines(document, range(first, last + 1))
    return replace(document, rows=rows).to_bytes(), Effect("damaged", lines=lines, cells=None)


def change_digit(document: Document, rng: Random) -> Made:
    """One digit of one number becomes another."""
    found = [
        (row, at)
        for row in document.whole_rows()
        for at in range(len(document.header))
        if _types(document, at) & NUMBER_TYPES and re.search(r"\d", str(document.rows[row][at]))
    ]
    if not found:
        return None
    row, at = rng.choice(found)
    cell = document.rows[row][at]
    text = str(cell)
    place = rng.choice([match.start() for match in re.finditer(r"\d", text)])
    digit = rng.choice([one for one in "0123456789" if one != text[place]])
    changed: Any = text[:place] + digit + text[place + 1 :]
    changed = float(changed) if isinstance(cell, int | float) else changed
    effect = Effect("damaged", lines=_lines(document, [row]), cells=frozenset({at}), number_at=at)
    return _replaced(document, row, at, changed).to_bytes(), effect


def odd_number(document: Document, rng: Random) -> Made:
    return _one_cell(document, rng, rng.choice(ODD_NUMBERS), only_numbers=True)


def huge_cell(document: Document, rng: Random) -> Made:
    """Ten megabytes in one cell; once in fifty, for it takes its time."""
    size = HUGE if rng.randrange(50) == 0 else 200_000
    size = size if document.is_text else 32_000  # more does not fit into a cell of a workbook
    return _one_cell(document, rng, rng.choice(["7", "x", "夏", "a,", '"', "= "]) * size)


def control_cell(document: Document, rng: Random) -> Made:
    return _one_cell(
        document, rng, rng.choice(["\x00", "a\x00b", "\x1a", "\ufeff", "\u202e5", "\u20281", "\x85", "\x0b1"])
    )


def repeat_header(document: Document, rng: Random) -> Made:
    """Two files pasted together: the header stands among the rows."""
    at = rng.randint(0, len(document.rows))
    rows = (*document.rows[:at], document.header, *document.rows[at:])
    line = document.first_line + at
    effect = Effect("damaged", lines=frozenset({line}), cells=None, moved_after=line, moved_by=1)
    return replace(document, rows=rows).to_bytes(), effect


def formula_cell(document: Document, rng: Random) -> Made:
    return _one_cell(
        document,
        rng,
        rng.choice(["=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.org")', "@SUM(A1)", "+1+1"]),
    )


def _moved(document: Document, rng: Random, change: Any, *, needs_empty_end: bool = False) -> Made:
    whole = [at for at in document.whole_rows() if not needs_empty_end or str(document.rows[at][-1]).strip() == ""]
    if not whole:
        return None
    row = rng.choice(whole)
    at = rng.choice([0, rng.randrange(len(document.header))])
    rows = _with(document.rows, row, tuple(change(document.rows[row], at)))
    may_tell = at == 0 and "reference" not in document.match.spec.kinds  # of those not even the day is read
    is_untold = not may_tell and (needs_empty_end or not document.is_text)
    effect = Effect("damaged", lines=_lines(document, [row]), cells=None, is_untold=is_untold)
    return replace(document, rows=rows).to_bytes(), effect


def _one_cell(document: Document, rng: Random, value: str, *, only_numbers: bool = False) -> Made:
    places = [at for at in range(len(document.header)) if not only_numbers or _types(document, at) & NUMBER_TYPES]
    whole = document.whole_rows()
    if not whole or not places:
        return None
    row, at = rng.choice(whole), rng.choice(places)
    try:
        content = _replaced(document, row, at, value).to_bytes()
    except UnicodeEncodeError:
        return None
    return content, Effect("damaged", lines=_lines(document, [row]), cells=frozenset({at}))


def _replaced(document: Document, row: int, at: int, value: Any) -> Document:
    return replace(document, rows=_with(document.rows, row, _with(document.rows[row], at, value)))


def _cell(row: tuple[Any, ...], at: int) -> Any:
    return row[at] if at < len(row) else ""


def _types(document: Document, at: int) -> set[str]:
    return {document.match.spec.columns[name].type for name, places in document.match.columns.items() if at in places}


def _lines(document: Document, rows: Any) -> frozenset[int]:
    return frozenset(document.first_line + row for row in rows)


def _with(cells: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    return (*cells[:at], value, *cells[at + 1 :])


def _without(cells: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return (*cells[:at], *cells[at + 1 :])


MUTATIONS = (
    rename_column, drop_column, repeat_column, shift_row_right, shift_row_in_width, shift_row_left, cut_row, swallow_rows,
    change_digit, odd_number, huge_cell, control_cell, repeat_header, formula_cell,
)  # fmt: skip
