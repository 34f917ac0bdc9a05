"""Mutations that change how a report is saved and not what it says: it must be read as before."""

from __future__ import annotations

import codecs
import csv
from dataclasses import replace
from random import Random

from tests.faults.documents import Document, Saving, zipped
from tests.faults.mutant import Effect

Made = tuple[bytes, Effect] | None
SAME = Effect()
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp1252")
NEWLINES = ("\n", "\r\n", "\r")
TEXT_TYPES = {"text", "keyword"}


def shuffle_columns(document: Document, rng: Random) -> Made:
    order = list(range(len(document.header)))
    rng.shuffle(order)
    rows = [tuple(row[at] for at in order) if len(row) == len(order) else row for row in document.rows]
    header = tuple(document.header[at] for at in order)
    return replace(document, header=header, rows=tuple(rows)).to_bytes(), SAME


def add_columns(document: Document, rng: Random) -> Made:
    """Put unknown columns between the known ones."""
    header, rows = list(document.header), [list(row) for row in document.rows]
    width = len(header)
    for number in range(rng.randint(1, 4)):
        at = rng.randint(0, len(header))
        header.insert(at, f"qqzz {number}")
        for row in rows:
            if len(row) >= width:
                row.insert(at, rng.choice(["", "7", "3.5", "text", "2026-01-01"]))
    return replace(document, header=tuple(header), rows=tuple(map(tuple, rows))).to_bytes(), SAME


def add_preamble(document: Document, rng: Random) -> Made:
    lines = [rng.choice(["", "Report", "报表说明", "# exported, by hand", "a;b;c"]) for _ in range(rng.randint(1, 6))]
    added = tuple(lines if document.is_text else [(line,) for line in lines])
    return replace(document, above=added + document.above).to_bytes(), SAME


def repeat_row(document: Document, rng: Random) -> Made:
    """The same row twice says nothing new, unless the platform itself splits rows."""
    if not (whole := document.whole_rows()) or _has_segments(document):
        return None
    at = rng.choice(whole)
    rows = (*document.rows[: at + 1], document.rows[at], *document.rows[at + 1 :])
    return replace(document, rows=rows).to_bytes(), SAME


def reverse_rows(document: Document, rng: Random) -> Made:
    if "entities" in document.match.spec.kinds:  # the first row of a campaign tells its budget
        return None
    return replace(document, rows=document.rows[::-1]).to_bytes(), SAME


def other_encoding(document: Document, rng: Random) -> Made:
    if document.saving is None:
        return None
    encoding = rng.choice(ENCODINGS)
    try:
        content = replace(document, saving=replace(document.saving, encoding=encoding), member="").to_bytes()
    except UnicodeEncodeError:
        return None
    has_no_mark = encoding in {"utf-16-le", "utf-16-be"}
    return content, Effect(may_refuse=has_no_mark)


def other_delimiter(document: Document, rng: Random) -> Made:
    if document.saving is None:
        return None
    saving = replace(document.saving, delimiter=rng.choice(",\t;|"))
    return replace(document, saving=saving).to_bytes(), SAME


def quote_all(document: Document, rng: Random) -> Made:
    if document.saving is None:
        return None
    return replace(document, saving=replace(document.saving, quoting=csv.QUOTE_ALL)).to_bytes(), SAME


def mix_line_ends(document: Document, rng: Random) -> Made:
    if document.saving is None:
        return None
    plain = replace(document, saving=replace(document.saving, newline="\n"))
    ends = NEWLINES[: rng.choice([2, 3])]
    text = "".join(line + rng.choice(ends) for line in plain.text().split("\n")[:-1])
    return text.encode(document.saving.encoding), SAME


def pad_cells(document: Document, rng: Random) -> Made:
    """White space around cells and headers, as hand edits and fixed-width writers leave it."""
    if document.saving is None:
        return None
    pads = ("", " ", "  ", "\u00a0", "\u3000")
    rows = [
        tuple(f"{rng.choice(pads)}{cell}{rng.choice(pads)}" if cell else cell for cell in row) for row in document.rows
    ]
    return _encoded(replace(document, rows=tuple(rows), header=tuple(f" {cell} " for cell in document.header)))


def add_blank_lines(document: Document, rng: Random) -> Made:
    empty = () if document.is_text else ("",)
    rows = list(document.rows)
    for _ in range(rng.randint(1, 3)):
        rows.insert(rng.randint(0, len(rows)), empty)
    return replace(document, rows=tuple(rows)).to_bytes(), SAME


def restyle_header(document: Document, rng: Random) -> Made:
    """Headers in another case and with doubled spaces."""
    change = rng.choice([str.upper, str.lower, lambda text: text.replace(" ", "  ")])
    return replace(document, header=tuple(map(change, document.header))).to_bytes(), SAME


def wrap_cells(document: Document, rng: Random) -> Made:
    """Ids and counts as ``="123"``, the way exports keep a spreadsheet from rounding them."""
    if document.saving is None:
        return None
    rows = [tuple(f'="{cell}"' if str(cell).isdigit() else cell for cell in row) for row in document.rows]
    return replace(document, rows=tuple(rows)).to_bytes(), SAME


def put_in_zip(document: Document, rng: Random) -> Made:
    content = replace(document, member="").to_bytes()
    return zipped({rng.choice(["a.csv", "文件.csv", "b/c.txt"]): content}), SAME


def wrong_mark(document: Document, rng: Random) -> Made:
    """A byte order mark that lies: names may be lost, numbers may not move."""
    if document.saving is None:
        return None
    mark = rng.choice([codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
    return mark + document.text_bytes(), _garbled(document)


def strange_encoding(document: Document, rng: Random) -> Made:
    """An encoding that no platform uses: refused, or read with its numbers in place."""
    if document.saving is None:
        return None
    try:
        content = document.text().encode(rng.choice(["big5", "shift_jis", "utf-7", "utf-32", "koi8-r", "euc-kr"]))
    except UnicodeEncodeError:
        return None
    return content, _garbled(document)


def mix_encodings(document: Document, rng: Random) -> Made:
    """Two files in one: some lines in another encoding."""
    if document.saving is None or document.saving.encoding == "utf-16" or not (whole := document.whole_rows()):
        return None
    other = "gb18030" if document.saving.encoding.startswith("utf-8") else "utf-8"
    strange = set(rng.sample(whole, rng.randint(1, len(whole))))
    plain = replace(document, saving=Saving("utf-8", document.saving.delimiter), rows=())
    parts = [plain.text().encode(document.saving.encoding)]
    for at, row in enumerate(document.rows):
        line = replace(plain, above=(), header=tuple(map(str, row))).text()
        parts.append(line.encode(other if at in strange else document.saving.encoding.removesuffix("-sig")))
    return b"".join(parts), _garbled(document)


def _garbled(document: Document) -> Effect:
    """Text may be lost, numbers and days may not."""
    columns = document.match.spec.columns
    texts = {
        at
        for name, places in document.match.columns.items()
        for at in places
        if columns[name].type in {"text", "keyword", "match_type", "status", "flag"}
    }
    lines = frozenset(range(document.first_line, document.first_line + len(document.rows)))
    return Effect("damaged", lines=lines, cells=frozenset(texts), header_cells=frozenset(range(len(document.header))))


def _encoded(document: Document) -> Made:
    try:
        return document.to_bytes(), SAME
    except UnicodeEncodeError:
        return None


def _has_segments(document: Document) -> bool:
    return any(document.match.position(header) is not None for header in document.match.spec.segments)


MUTATIONS = (
    shuffle_columns, add_columns, add_preamble, repeat_row, reverse_rows, other_encoding, other_delimiter, quote_all,
    mix_line_ends, pad_cells, add_blank_lines, restyle_header, wrap_cells, put_in_zip, wrong_mark, strange_encoding,
    mix_encodings,
)  # fmt: skip
