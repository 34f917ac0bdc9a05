"""Mutations that know nothing of tables: bytes flipped, cut, put in. What they touched is found by comparing lines."""

from __future__ import annotations

import csv
import re
from random import Random

from tests.faults.documents import Document
from tests.faults.mutant import Effect

Made = tuple[bytes, Effect] | None
PIECES = (
    b'"',
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b"\t",
    b";",
    b"\x00",
    b"\xff\xfe",
    b'="',
    b'""',
    b"\xef\xbb\xbf",
    b"-",
    b"0",
    b"\x80",
)
_LINE_END = re.compile(r"\r\n|\n|\r")


def flip_byte(document: Document, rng: Random) -> Made:
    content = bytearray(document.to_bytes())
    for _ in range(rng.choice([1, 1, 1, 4])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content), effect_of(document, bytes(content))


def replace_byte(document: Document, rng: Random) -> Made:
    content = bytearray(document.to_bytes())
    content[rng.randrange(len(content))] = rng.choice(b',\t"\n\r 0123456789-.;|=')
    return bytes(content), effect_of(document, bytes(content))


def cut_out(document: Document, rng: Random) -> Made:
    content = bytearray(document.to_bytes())
    at = rng.randrange(len(content))
    del content[at : at + rng.choice([1, 1, 2, 5, 40])]
    return bytes(content), effect_of(document, bytes(content))


def put_in(document: Document, rng: Random) -> Made:
    content = bytearray(document.to_bytes())
    at = rng.randrange(len(content) + 1)
    content[at:at] = rng.choice(PIECES)
    return bytes(content), effect_of(document, bytes(content))


def cut_off(document: Document, rng: Random) -> Made:
    content = document.to_bytes()
    content = content[: rng.randrange(len(content))]
    return content, effect_of(document, content)


def copy_piece(document: Document, rng: Random) -> Made:
    """A piece of the file stands in a second place."""
    content = document.to_bytes()
    start, at = rng.randrange(len(content)), rng.randrange(len(content))
    changed = content[:at] + content[start : start + rng.randint(1, 60)] + content[at:]
    return changed, effect_of(document, changed)


def effect_of(document: Document, changed: bytes) -> Effect:
    """Compare the lines of the original and the mutant, decoded alike: what stands between equal lines was touched."""
    if document.saving is None or document.member:
        return Effect(may_refuse=True)  # checksums tell damage: it is refused, or it did not matter
    before = _LINE_END.split(document.text_bytes().decode(document.saving.encoding, errors="replace"))
    after = _LINE_END.split(changed.decode(document.saving.encoding, errors="replace"))
    first = _n_equal(before, after)
    last = min(_n_equal(before[::-1], after[::-1]), len(before) - first, len(after) - first)
    if len(before) == len(after):
        lines = {at + 1 for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    else:
        lines = set(range(first + 1, len(after) - last + 1))
        lines |= {first, first + 1}  # a line end that went away touches the line before
    gone = lines if len(before) == len(after) else set(range(first, len(before) - last + 1))
    head = len(document.above) + 1
    return Effect(
        "damaged",
        lines=frozenset(lines),
        cells=_touched_cells(document, before, after, lines),
        is_splice=len(before) != len(after),
        is_header_lost=any(line <= head for line in lines),
        is_above_touched=any(line <= head for line in lines),
        lines_before=frozenset(gone),
        moved_after=len(after) - last,
        moved_by=len(after) - len(before),
    )


def _touched_cells(document: Document, before: list[str], after: list[str], lines: set[int]) -> frozenset[int] | None:
    """Return the cells that differ where every touched line still has its cells; None where they may have moved."""
    assert document.saving is not None
    if len(before) != len(after) and max(lines) != len(after):
        return None
    cells: set[int] = set()
    for line in [line for line in lines if 0 < line <= min(len(before), len(after))]:
        old, new = (_cells(text[line - 1], document.saving.delimiter) for text in (before, after))
        if len(old) != len(new) or any(text[line - 1].count('"') % 2 for text in (before, after)):
            return None
        cells |= {at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other}
    return frozenset(cells)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.replace("\x00", "\ufffd")], delimiter=delimiter), [])


def _n_equal(one: list[str], other: list[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


MUTATIONS = (flip_byte, replace_byte, cut_out, put_in, cut_off, copy_piece)
