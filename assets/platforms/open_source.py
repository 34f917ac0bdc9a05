"""Opens one source file: text, workbook, or a zip of them, and gives its tables as grids.

A file's kind is told by its first bytes, never by its name. Here belong the guards against hostile or broken
containers; what the tables mean does not.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from assets.platforms.decode import decode
from assets.platforms.errors import Message, UnreadableFileError, located
from assets.platforms.grid import Grid, TextGrid
from assets.platforms.labels import file_label
from assets.platforms.workbook import check_parts, open_workbook

MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200
MAX_MEMBERS = 200
_RATIO_FREE_BYTES = 64 << 20
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BLANKS = b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"
_HEAD = 4096
_OUTSIDE = re.compile(r"^[\\/]|^[A-Za-z]:|(^|[\\/])\.\.([\\/]|$)")
_WEB_PAGE = (b"<!doctype html", b"<html", b"<table", b"<?xml")
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", "")
# What zipfile raises over damaged bytes.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, LookupError, ValueError, OSError)
_DOWNLOAD_AGAIN = "Download the report again and put the new file into the inbox."


def open_grids(data: bytes, label: str) -> tuple[Grid, ...]:
    """Return every table in ``data``; ``label`` is the name used in messages.

    Raises
    ------
    UnreadableFileError
        If the file is empty, cut off, encrypted, a bomb, or no table.
    """
    try:
        return tuple(_open(data, label, depth=0))
    except UnreadableFileError as error:
        raise error if error.file else located(error, label) from error


def _open(data: bytes, label: str, depth: int) -> Iterator[Grid]:
    if not data[:_HEAD].strip(_BLANKS) and not data[:].strip(_BLANKS):
        raise _refusal("empty", f"it is empty ({len(data)} bytes).", _DOWNLOAD_AGAIN)
    if data[:4] in (_ZIP, _EMPTY_ZIP):
        yield from _open_zip(data, label, depth)
    elif data[:8] == _OLD_WORKBOOK:
        yield from open_workbook(data, label, "xls")
    elif data[:512].lstrip().lower().startswith(_WEB_PAGE):
        raise _refusal("web_page", "it is a web page, not a table.", "Open it in a spreadsheet and save it as xlsx.")
    else:
        yield TextGrid(label, decode(data))


def _open_zip(data: bytes, label: str, depth: int) -> Iterator[Grid]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _checked_members(archive)
            if any(member.filename == "[Content_Types].xml" for member in members):
                check_parts(archive)
                yield from open_workbook(data, label, "xlsx")
                return
            if depth:
                raise _refusal("nested_zip", "it holds a zip inside a zip.", "Unpack it once and put the parts in.")
            for member in sorted(_tables(members), key=lambda one: one.filename):
                yield from _open_member(archive, member, label)
    except UnreadableFileError:
        raise
    except _BROKEN as error:
        raise _refusal("broken_zip", f"the zip is cut off or damaged: {str(error)[:120]}.", _DOWNLOAD_AGAIN) from error


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> Iterator[Grid]:
    name = f"{label}!{file_label(_member_name(member))}"
    content = archive.read(member)
    try:
        yield from _open(content, name, depth=1)
    except UnreadableFileError as error:
        raise error if error.file else located(error, name) from error


def _checked_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    if any(not member.filename for member in archive.infolist()):
        raise _refusal("broken_zip", "the zip is damaged: it holds a file without a name.", _DOWNLOAD_AGAIN)
    members = [member for member in archive.infolist() if not member.is_dir()]
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    outside = [name for name in map(_member_name, members) if _OUTSIDE.search(name)]
    if outside:
        raise _refusal("zip_path", f"the zip names a file outside itself: {outside[0]!r}.", _DOWNLOAD_AGAIN)
    if len(members) > MAX_MEMBERS:
        text = f"the zip holds {len(members):,} files, the limit is {MAX_MEMBERS}."
        raise _refusal("zip_members", text, "Put the reports in one by one.")
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _RATIO_FREE_BYTES and unpacked > MAX_RATIO * packed):
        text = (
            f"unpacked it has {unpacked:,} bytes, {unpacked // packed} times its size; the limits are "
            f"{MAX_UNPACKED_BYTES:,} bytes and {MAX_RATIO} times."
        )
        raise _refusal("zip_bomb", text, "Unpack it yourself, look at it, and put the report files in.")
    return members


def _tables(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    found = [
        member
        for member in members
        if PurePosixPath(member.filename).suffix.lower() in _TABLE_SUFFIXES
        and not member.filename.startswith("__MACOSX/")
        and not PurePosixPath(member.filename).name.startswith(".")
    ]
    if not found:
        raise _refusal("empty_zip", "the zip holds no csv, txt or Excel file.", _DOWNLOAD_AGAIN)
    return found


def _member_name(member: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK without saying so; zipfile then shows them as cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _refusal(code: str, text: str, remedy: str) -> UnreadableFileError:
    return UnreadableFileError(Message(code=code, text=text, remedy=remedy))
