"""Zips and workbooks that are broken, or made to hurt: bombs, paths outside, entities, links, claims of size."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

from tests.faults.documents import Document, zipped
from tests.faults.mutant import Effect

Made = tuple[bytes, Effect] | None
REFUSED, SAME, EITHER = Effect("refused"), Effect(), Effect(may_refuse=True)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = (
    f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>',
    '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p; <!ENTITY l9 "7">]>',
)
LINK = (
    '<?xml version="1.0"?><externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<externalBook r:id="rId1" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
    "</externalLink>"
)


def flip_in_container(document: Document, rng: Random) -> Made:
    content = bytearray(_packed(document, rng))
    for _ in range(rng.choice([1, 1, 3, 20])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content), EITHER


def cut_container(document: Document, rng: Random) -> Made:
    content = _packed(document, rng)
    return content[: rng.randrange(4, len(content))], EITHER


def zip_path(document: Document, rng: Random) -> Made:
    path = rng.choice(["../a.csv", "a/../../b.csv", "/etc/passwd.csv", "..\\a.csv", "C:\\a.csv", "a\\..\\..\\b.csv"])
    return zipped({path: replace(document, member="").to_bytes()}), REFUSED


def nested_zip(document: Document, rng: Random) -> Made:
    content = zipped({"a.csv": replace(document, member="").to_bytes()})
    for _ in range(rng.randint(1, 3)):
        content = zipped({rng.choice(["a.zip", "a.csv", "a"]): content})
    return content, REFUSED


def zip_bomb(document: Document, rng: Random) -> Made:
    return _bomb(rng.choice(["nothing", "commas", "rows"])), REFUSED


def many_members(document: Document, rng: Random) -> Made:
    return zipped({f"{number}.csv": b"a,b\n1,2\n" for number in range(rng.choice([201, 5_000]))}), REFUSED


def false_sizes(document: Document, rng: Random) -> Made:
    """A zip whose directory lies about sizes, checksums or offsets."""
    content = bytearray(zipped({"a.csv": replace(document, member="").to_bytes()}))
    at = content.rfind(b"PK\x01\x02")
    field = rng.choice([16, 20, 24, 42])  # checksum, packed size, size, offset
    content[at + field : at + field + 4] = rng.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF]).to_bytes(4, "little")
    return bytes(content), EITHER


def member_beside(document: Document, rng: Random) -> Made:
    """An unknown table beside the report: the file is refused as a whole, for half a delivery is none."""
    content = replace(document, member="").to_bytes()
    return zipped({"a.csv": content, "b.csv": b"qq,zz\n1,2\n"}), REFUSED


def xml_entities(document: Document, rng: Random) -> Made:
    """A text cell names an entity that would grow without end, or hold a file of this machine."""
    doctype = rng.choice(DOCTYPES)

    def change(xml: str) -> str:
        xml = re.sub(r"(<\?xml[^>]*\?>)", lambda found: found.group(1) + doctype, xml, count=1)
        return xml.replace("</t>", "&l9;</t>", 1)

    return _with_part(document, rng.choice(["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"]), change, EITHER)


def external_link(document: Document, rng: Random) -> Made:
    if document.is_text:
        return None
    parts = _parts(document)
    parts["xl/externalLinks/externalLink1.xml"] = LINK.encode()
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = b"<Relationships/>"
    return zipped(parts), SAME


def formula_part(document: Document, rng: Random) -> Made:
    """Every number is the kept result of a formula: it is what the spreadsheet shows."""
    return _with_part(document, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<v>", "<f>1+1</f><v>"), SAME)


def claimed_size(document: Document, rng: Random) -> Made:
    claim = f'<dimension ref="{rng.choice(["A1:XFD1048576", "A1", "A1:XFD1048577", "ZZZZ9:A1", ""])}"'
    return _with_part(
        document, "xl/worksheets/sheet1.xml", lambda xml: re.sub(r'<dimension ref="[^"]*"', claim, xml), EITHER
    )


def far_corner(document: Document, rng: Random) -> Made:
    """One more cell, as far away as a sheet reaches, or further: dense memory for it would be terabytes."""
    row, column = rng.choice([(1048576, "XFD"), (1048576, "AZZ"), (1048576, ""), (4294967295, "A"), (99999999, "XFD")])
    reference = f' r="{column}{row}"' if column else ""
    cells = f"<c{reference}><v>1</v></c>" if column else "<c><v>1</v></c>" * 9_000
    far = f'<row r="{row}">{cells}</row></sheetData>'
    return _with_part(document, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", far), EITHER)


def broken_part(document: Document, rng: Random) -> Made:
    """One part of a workbook is missing, empty, or cut in the middle, with checksums in order."""
    if document.is_text:
        return None
    parts = _parts(document)
    name = rng.choice(sorted(parts))
    content = parts.pop(name)
    how = rng.choice(["missing", "empty", "cut", "flipped"])
    if how == "flipped":
        changed = bytearray(content)
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        parts[name] = bytes(changed)
    elif how != "missing":
        parts[name] = content[: rng.randrange(len(content))] if how == "cut" else b""
    return zipped(parts), Effect("damaged", may_refuse=True, cells=None, lines=frozenset(range(1, 200)))


@lru_cache(maxsize=4)
def _bomb(kind: str) -> bytes:
    line = {"nothing": b"\x00" * 1024, "commas": b"," * 1024, "rows": b"a,b,c\n" * 200}[kind]
    return zipped({"a.csv": line * ((200 << 20) // len(line))})


def _packed(document: Document, rng: Random) -> bytes:
    if document.is_text and not document.member:
        return zipped({"a.csv": document.to_bytes()})
    return document.to_bytes()


def _parts(document: Document) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(replace(document, member="").to_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_part(document: Document, name: str, change: Callable[[str], str], effect: Effect) -> Made:
    if document.is_text:
        return None
    parts = _parts(document)
    parts[name] = change(parts[name].decode()).encode()
    return zipped(parts), effect


MUTATIONS = (
    flip_in_container, cut_container, zip_path, nested_zip, zip_bomb, many_members, false_sizes, member_beside,
    xml_entities, external_link, formula_part, claimed_size, far_corner, broken_part,
)  # fmt: skip
