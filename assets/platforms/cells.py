"""Cells of text to values: numbers with units, money, shares with bounds, ids, flags, platform words.

Every function takes one whole column and works on it at once; a cell that cannot be read is marked in ``bad`` and never
guessed. Null markers become missing, and missing is never 0. Dates are in ``dates``, keywords in ``keywords``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MICROS = 1_000_000
MAX_MONEY = 9e12
MAX_COUNT = 2.0**53
_MANY_CELLS = 65_536  # below, starting threads costs more than they save

_NULLS = ("", "--", "—", "-", "\\N", "#VALUE!", "#N/A", "#DIV/0!")
_NUMBER_NULLS = pa.array([*_NULLS, "NULL", "null", "N/A", "n/a", "None", "nan", "NaN"])
_TEXT_NULLS = pa.array(_NULLS)
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
CURRENCY = r"US\$|HK\$|Rs\.?|RMB|CNY|USD|INR|EUR|GBP|JPY|HKD|[¥$€£₹]"
_THOUSANDS = r"^[+-]?(\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3})(\.\d+)?$"  # 1,234,567 and 12,34,567
_UNITS = (("万", 1e4), ("w", 1e4), ("W", 1e4), ("亿", 1e8), ("千", 1e3))
_BOUND = r"^\s*[<>≤≥]\s*"
_ROUNDED_ID = r"^\d(\.\d+)?[eE]\+?\d+$"
_RANGE = re.compile(r"\s*(?:~|〜|(?<!e)(?<!E)-|至)\s*")
_TRUE = {"true", "yes", "y", "1", "是", "已添加"}
_FALSE = {"false", "no", "n", "0", "否", "未添加"}


@dataclass(frozen=True)
class Parsed:
    """One canonical column: values with missing cells, which cells could not be read, and the bound's sign if any."""

    values: pa.Array
    bad: np.ndarray
    censored: pa.Array | None = None


def tidy(cells: pa.StringArray) -> pa.StringArray:
    """Return cells without outer white space and without Excel's ``="..."`` wrapper."""
    trimmed = pc.utf8_trim_whitespace(cells)
    if pc.any(pc.starts_with(trimmed, "=")).as_py():
        unwrapped = pc.replace_substring_regex(trimmed, '^="(.*)"$', r"\1")
        trimmed = pc.utf8_trim_whitespace(unwrapped)
    return trimmed


def is_damaged(cells: pa.StringArray) -> np.ndarray:
    """Return which cells hold a place that could not be decoded."""
    return as_mask(pc.match_substring(cells, "\ufffd"))


def parse_text(cells: pa.StringArray) -> Parsed:
    """Return text with null markers missing."""
    return Parsed(_without(cells, _TEXT_NULLS), _none_bad(cells))


def parse_id(cells: pa.StringArray) -> Parsed:
    """Return ids as text; an id that a spreadsheet has rounded (``4.36E+14``) is bad, for its digits are gone."""
    text = _without(cells, _TEXT_NULLS)
    return Parsed(text, matches(text, _ROUNDED_ID))


def parse_count(cells: pa.StringArray) -> Parsed:
    """Return whole numbers."""
    values, bad = to_numbers(_without(cells, _NUMBER_NULLS))
    with np.errstate(invalid="ignore"):
        bad |= ~np.isnan(values) & ((values != np.rint(values)) | (np.abs(values) > MAX_COUNT))
    return Parsed(_integers(values, bad), bad)


def parse_number(cells: pa.StringArray) -> Parsed:
    """Return plain numbers."""
    values, bad = to_numbers(_without(cells, _NUMBER_NULLS))
    return Parsed(_floats(values, bad), bad)


def parse_money(cells: pa.StringArray, scale: float = 1.0) -> Parsed:
    """Return micros of the main currency unit; ``scale`` is the export's unit in main units (0.01 for 分)."""
    values, bad = to_numbers(_without(cells, _NUMBER_NULLS))
    values = values * scale
    with np.errstate(invalid="ignore"):
        bad |= np.abs(values) > MAX_MONEY
    whole = np.trunc(np.where(bad | np.isnan(values), 0.0, values))
    fraction = np.rint((values - whole) * MICROS)
    micros = whole.astype(np.int64) * MICROS + np.where(np.isnan(fraction) | bad, 0.0, fraction).astype(np.int64)
    return Parsed(pa.array(micros, mask=np.isnan(values) | bad), bad)


def parse_share(cells: pa.StringArray, header: str) -> Parsed:
    """Return shares 0-1 (or changes such as 900 % = 9.0) with the sign of a bound.

    A ``%`` in the cell or ``(%)`` in the header says percent; the size of the value never does. ``< 10%`` keeps the
    bound 0.1 and the sign ``<``; ``∞`` has no bound, so only the sign ``>`` is kept.
    """
    text = _without(cells, _NUMBER_NULLS)
    below = as_mask(pc.match_substring_regex(text, r"^\s*[<≤]"))
    above = as_mask(pc.match_substring_regex(text, r"^\s*[>≥]"))
    endless = as_mask(pc.equal(text, "∞"))
    if below.any() or above.any():
        text = pc.replace_substring_regex(text, _BOUND, "")
    if endless.any():
        text = pc.if_else(pa.array(endless), pa.scalar(None, pa.string()), text)
    is_percent = "(%)" in unicodedata.normalize("NFKC", header)
    values, bad = to_numbers(text, percent=True, bare_factor=0.01 if is_percent else 1.0)
    signs = np.where(below, "<", np.where(above | endless, ">", ""))
    return Parsed(_floats(values, bad), bad, pa.array(signs, mask=signs == ""))


def parse_range(cells: pa.StringArray, parse: Callable[[pa.StringArray], Parsed]) -> tuple[Parsed, Parsed]:
    """Return the low and the high end of ``5000 ~ 1万``; a single number is both, ``<`` and ``>`` leave one open."""
    text = pc.utf8_normalize(_without(cells, _NUMBER_NULLS), form="NFKC")
    ends = {cell: _ends(cell) for cell in pc.unique(text).to_pylist() if cell is not None}
    low = parse(map_words(text, lambda cell: ends[cell][0]))
    high = parse(map_words(text, lambda cell: ends[cell][1]))
    both_missing = np.asarray(pc.is_valid(text)) & ~_valid(low) & ~_valid(high)
    bad = low.bad | high.bad | both_missing
    return Parsed(low.values, bad), Parsed(high.values, bad)


def parse_flag(cells: pa.StringArray) -> Parsed:
    """Return yes and no."""
    text = _without(cells, _TEXT_NULLS)
    words = map_words(text, lambda word: _flag_word(word.casefold()))
    bad = as_mask(pc.equal(words, "?"))
    return Parsed(pc.if_else(pc.equal(words, "?"), pa.scalar(None, pa.bool_()), pc.equal(words, "true")), bad)


def parse_word(cells: pa.StringArray, known: dict[str, str]) -> Parsed:
    """Return platform words (states, match types) in ours; a word that is not in ``known`` is bad."""
    text = _without(cells, _TEXT_NULLS)
    words = map_words(text, lambda word: known.get(normalise_word(word), "?"))
    bad = as_mask(pc.equal(words, "?"))
    return Parsed(pc.if_else(pa.array(bad), pa.scalar(None, pa.string()), words), bad)


def to_numbers(
    cells: pa.StringArray, *, percent: bool = False, bare_factor: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return (values, bad); missing cells are NaN and not bad. Only cells that are no plain digits are spelt out."""
    filled = np.asarray(pc.is_valid(cells))
    values = _plain_numbers(cells, percent, bare_factor)
    if np.isfinite(values[filled]).all():
        return values, np.zeros(len(cells), dtype=bool)
    plain = matches(cells, _PLAIN)
    if plain.any():
        digits = cells if plain.all() else cells.filter(pa.array(plain))
        values[plain] = np.asarray(pc.cast(digits, pa.float64())) * bare_factor
    rest = np.flatnonzero(filled & ~plain)
    if rest.size:
        values[rest] = _spelt_out(cells.take(pa.array(rest)), percent, bare_factor)
    bad = filled & ~np.isfinite(values)
    values[bad] = np.nan
    return values, bad


def map_words(cells: pa.StringArray, change: Callable[[str], str | None]) -> pa.StringArray:
    """Return cells with every distinct value changed once."""
    encoded = pc.dictionary_encode(cells)
    changed = pa.array([change(word) for word in encoded.dictionary.to_pylist()], pa.string())
    return changed.take(encoded.indices)


def normalise_word(word: str) -> str:
    """Return a platform's word as it is compared."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def as_mask(flags: pa.BooleanArray) -> np.ndarray:
    """Return a Boolean column as a mask; missing is False."""
    return np.asarray(pc.fill_null(flags, False), dtype=bool)


def matches(cells: pa.StringArray, pattern: str) -> np.ndarray:
    """Return which cells a pattern is found in; many cells are looked at in two halves, side by side."""
    if len(cells) < _MANY_CELLS:
        return as_mask(pc.match_substring_regex(cells, pattern))
    middle = len(cells) // 2
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(
            lambda part: as_mask(pc.match_substring_regex(part, pattern)), (cells[:middle], cells[middle:])
        )
        return np.concatenate(list(halves))


def first_filled(columns: Iterable[pa.StringArray]) -> pa.StringArray:
    """Return per row the first cell that is not a null marker."""
    return pc.coalesce(*(_without(cells, _TEXT_NULLS) for cells in columns))


def _plain_numbers(cells: pa.StringArray, percent: bool, bare_factor: float) -> np.ndarray:
    """Return the numbers of a column that holds nothing but digits, or digits and %; else a column of NaN."""
    if percent and pc.all(pc.ends_with(cells, "%"), min_count=0).as_py():
        cells, bare_factor = pc.utf8_slice_codeunits(cells, 0, -1), 0.01
    try:
        return np.array(pc.cast(cells, pa.float64()), dtype=np.float64) * bare_factor
    except pa.ArrowInvalid:
        return np.full(len(cells), np.nan)


def _spelt_out(cells: pa.StringArray, percent: bool, bare_factor: float) -> np.ndarray:
    """Numbers with currency signs, thousands separators, 万/亿 or %; NaN where they still cannot be read."""
    text = pc.replace_substring_regex(pc.utf8_normalize(cells, form="NFKC"), r"\s", "")
    text = pc.replace_substring_regex(text, rf"^([+-]?)({CURRENCY})", r"\1")
    text = pc.replace_substring_regex(text, rf"(元|{CURRENCY})$", "")
    factor = np.full(len(cells), bare_factor)
    units = (*_UNITS, ("%", 0.01)) if percent else _UNITS
    for unit, size in units:
        has_unit = as_mask(pc.ends_with(text, unit))
        if has_unit.any():
            factor[has_unit] = size if unit == "%" else size * bare_factor
            text = pc.if_else(pa.array(has_unit), pc.utf8_slice_codeunits(text, 0, -1), text)
    grouped = pc.match_substring_regex(text, _THOUSANDS)
    text = pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)
    plain = matches(text, _PLAIN)
    values = np.full(len(cells), np.nan)
    values[plain] = np.asarray(pc.cast(text.filter(pa.array(plain)), pa.float64())) * factor[plain]
    return values


def _ends(cell: str) -> tuple[str | None, str | None]:
    text = cell.strip()
    if text[:1] in "<≤":
        return None, text[1:]
    if text[:1] in ">≥":
        return text[1:], None
    if text.endswith(("以上", "+")):
        return text.removesuffix("以上").removesuffix("+"), None
    parts = _RANGE.split(text)
    if len(parts) == 2 and all(parts):
        return parts[0], parts[1]
    return text, text


def _flag_word(word: str) -> str:
    if word in _TRUE:
        return "true"
    return "false" if word in _FALSE else "?"


def _without(cells: pa.StringArray, nulls: pa.Array) -> pa.StringArray:
    return pc.if_else(pc.is_in(cells, value_set=nulls), pa.scalar(None, pa.string()), cells)


def _none_bad(cells: pa.StringArray) -> np.ndarray:
    return np.zeros(len(cells), dtype=bool)


def _valid(parsed: Parsed) -> np.ndarray:
    return np.asarray(pc.is_valid(parsed.values))


def _floats(values: np.ndarray, bad: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values) | bad)


def _integers(values: np.ndarray, bad: np.ndarray) -> pa.Array:
    missing = np.isnan(values) | bad
    return pa.array(np.where(missing, 0.0, np.rint(values)).astype(np.int64), mask=missing)
