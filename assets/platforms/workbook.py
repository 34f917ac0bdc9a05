"""Opens a workbook and gives its sheets as grids, after making sure that it is whole and no larger than it seems.

Here belong the guards that a workbook needs and a zip does not. The libraries that read cells allocate the whole
rectangle between the outermost two, so two cells far apart would end the process; that is looked up before.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from python_calamine import CalamineError, CalamineWorkbook

from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.grid import Grid, SheetGrid

MAX_SHEET_CELLS = 40_000_000
_CHUNK = 1 << 20
_PLACE = re.compile(rb"""\sr=["']([A-Za-z]*)(\d+)["']""")
_FAR = re.compile(rb"""\sr=["'](?:[A-Za-z]{3}|[O-Zo-z][A-Za-z]\d|[A-Za-z]*\d{6})""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_OTHER_FORMATS = {"xl/workbook.bin", "content.xml"}
_DOWNLOAD_AGAIN = "Download the report again and put the new file into the inbox."


def check_parts(archive: zipfile.ZipFile) -> None:
    """Read every part of an xlsx once: refuse damage and sheets that reach further than any report.

    Raises
    ------
    UnreadableFileError
        If a part's checksum is wrong, a sheet is too large, or it is another kind of workbook.
    """
    for part in archive.infolist():
        if part.filename in _OTHER_FORMATS:
            raise _refusal("workbook_kind", f"it is a workbook of another kind ({part.filename}).", "Save it as xlsx.")
        try:
            n_rows, n_columns = _extent(archive, part)
        except zipfile.BadZipFile as error:
            text = f"the workbook's part {part.filename} is damaged."
            raise _refusal("broken_workbook", text, _DOWNLOAD_AGAIN) from error
        _refuse_size(part.filename, n_rows, n_columns)


def open_workbook(data: bytes, label: str, encoding: str) -> Iterator[Grid]:
    """Yield every sheet that holds a cell.

    Raises
    ------
    UnreadableFileError
        If the workbook cannot be opened or a sheet is too large.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            _refuse_size(name, sheet.total_height, sheet.total_width)
            rows = sheet.to_python(skip_empty_area=False)
            if rows:
                yield SheetGrid(f"{label}#{name}", name, rows, encoding)
    except (CalamineError, OSError) as error:
        text = f"the workbook cannot be opened: {str(error)[:120]}."
        raise _refusal("broken_workbook", text, _DOWNLOAD_AGAIN) from error


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the last row and column that a sheet names, or (0, 0) where no cell can be far away."""
    is_near = True
    for text in _tags(archive, part):
        is_near = is_near and _is_near(text)
    if is_near:
        return 0, 0
    last_row = last_column = in_row = 0
    for text in _tags(archive, part):
        for letters, digits in set(_PLACE.findall(text)):
            last_row, last_column = max(last_row, int(digits[:12])), max(last_column, _column_number(letters))
        for number, row in enumerate(_ROW.split(text)):  # cells may leave their place out
            in_row = len(_CELL.findall(row)) + (0 if number else in_row)
            last_column = max(last_column, in_row)
    return last_row, last_column


def _is_near(text: bytes) -> bool:
    """Whether every cell tells its place, and none is beyond row 99,999 or column NZ: this is quick, and most are."""
    n_cells, n_places = text.count(b"<c ") + text.count(b"<c>") + text.count(b":c"), text.count(b'<c r="')
    return n_cells == n_places and not _FAR.search(text)


def _tags(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces that end between two tags."""
    rest = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK):
            text = rest + chunk
            end = max(text.rfind(b"<"), 0)
            rest = text[end:] if end else b""
            yield text[:end] if end else text
    yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _refuse_size(name: str, n_rows: int, n_columns: int) -> None:
    if n_rows * n_columns > MAX_SHEET_CELLS:
        text = f"sheet {name} claims {n_rows:,} x {n_columns:,} cells, the limit is {MAX_SHEET_CELLS:,}."
        raise _refusal("sheet_size", text, "Delete the empty rows and columns, or save the sheet as csv.")


def _refusal(code: str, text: str, remedy: str) -> UnreadableFileError:
    return UnreadableFileError(Message(code=code, text=text, remedy=remedy))
