"""Which mark stands before the cents: decided once per file from all its numbers, never cell by cell.

``1.234`` is a thousand and more in Berlin and a little over one in New York; no single cell can tell. Cells that can be
read in one way only (``12,5`` or ``1,234.50``) vote. Under a comma the cells are rewritten with a point, and a cell of the
other kind is marked unreadable. Without a vote, or by a single one, ``1.234`` is not guessed.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import CURRENCY, as_mask
from assets.platforms.coded import Coded
from assets.platforms.grid import RawRows
from assets.platforms.header import Match

NUMBER_TYPES = frozenset({"count", "number", "money", "money_minor", "share"})
_BARE = rf"^[+-]?({CURRENCY})?|({CURRENCY}|元|%)$|\s"
_POINT = r"^(\d*\.\d{1,2}|\d*\.\d{4,}|0\.\d+|\d{1,3}(,\d{2,3})*,\d{3}\.\d+|\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d{2})+,\d{3})$"
_COMMA = r"^(\d*,\d{1,2}|\d*,\d{4,}|0,\d+|\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,})$"
_PLAIN = r"\d\.\d{1,2}\D*$"
_GROUP_MARK = r"(\d)[.\s'](\d{3})"
_UNTOLD_POINT, _UNTOLD_COMMA = r"^[1-9]\d{0,2}\.\d{3}$", r"^[1-9]\d{0,2},\d{3}$"
_FEW = 2
_UNSURE = " ?"  # makes a cell unreadable, and shows in quarantine why


def with_points(match: Match, rows: RawRows, *, is_workbook: bool) -> RawRows:
    """Return the cells with a decimal point in every number column; cells of the other style become unreadable.

    A workbook holds real numbers, so ``1.234`` needs no vote there.
    """
    places = [
        at
        for name, found in match.columns.items()
        if match.spec.columns[name].type in NUMBER_TYPES
        for at in found
        if at in rows.columns
    ]
    doubtful = {at: bare for at in places if (bare := _doubtful(rows.columns[at].words)) is not None}
    if not doubtful:
        return rows
    n_comma = sum(_count(bare, rows.columns[at], _COMMA) for at, bare in doubtful.items())
    n_point = sum(_count(bare, rows.columns[at], _POINT) for at, bare in doubtful.items())
    n_point += sum(_count(rows.columns[at].words, rows.columns[at], _PLAIN) for at in places if at not in doubtful)
    if n_comma > n_point:
        changed = {at: _swapped(rows.columns[at].words) for at in places}
        weak = _weak(doubtful, rows, n_comma, _UNTOLD_COMMA)
    elif is_workbook:
        return rows
    else:
        changed = {}
        weak = _weak(doubtful, rows, n_point, _UNTOLD_POINT)
    changed |= {at: _marked(changed.get(at, rows.columns[at].words), is_untold) for at, is_untold in weak.items()}
    coded = {at: Coded(words, rows.columns[at].codes) for at, words in changed.items()}
    return RawRows({**rows.columns, **coded}, rows.line, rows.broken)


def _weak(doubtful: dict[int, pa.StringArray], rows: RawRows, n_votes: int, pattern: str) -> dict[int, np.ndarray]:
    """Return by column the cells that only the vote makes thousandths, where one odd cell could have been the vote."""
    return {
        at: _matches(bare, pattern)
        for at, bare in doubtful.items()
        if n_votes < max(_FEW, _count(bare, rows.columns[at], pattern) / 2)
    }


def _doubtful(cells: pa.StringArray) -> pa.StringArray | None:
    """Return the bare numbers of a column that holds a comma, or a number such as ``1.234``; else None."""
    has_comma = pc.any(pc.match_substring(cells, ",")).as_py()
    if not has_comma and not pc.any(pc.match_substring_regex(cells, r"[1-9]\d{0,2}\.\d{3}(\D|$)")).as_py():
        return None
    return _bare(cells)


def _bare(cells: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(pc.utf8_normalize(cells, form="NFKC"), _BARE, "")


def _matches(cells: pa.StringArray, pattern: str) -> np.ndarray:
    return as_mask(pc.match_substring_regex(cells, pattern))


def _count(words: pa.StringArray, column: Coded, pattern: str) -> int:
    """Return how many rows hold a word of this form."""
    return int(np.bincount(column.codes, minlength=len(words))[_matches(words, pattern)].sum())


def _swapped(cells: pa.StringArray) -> pa.StringArray:
    """Return comma decimals as point decimals; a cell that only a point decimal can be is marked."""
    plain = pc.utf8_normalize(cells, form="NFKC")  # hard spaces become spaces
    for _ in range(2):  # neighbouring groups share a digit
        plain = pc.replace_substring_regex(plain, _GROUP_MARK, r"\1\2")
    return _marked(pc.replace_substring(plain, ",", "."), _matches(_bare(cells), _POINT))


def _marked(cells: pa.StringArray, is_unreadable: np.ndarray) -> pa.StringArray:
    if not is_unreadable.any():
        return cells
    return pc.if_else(pa.array(is_unreadable), pc.binary_join_element_wise(cells, _UNSURE, ""), cells)
