from __future__ import annotations

import io
import os
import time
import zipfile

import pytest
import xlsxwriter

from assets.platforms import open_source
from assets.platforms.decode import decode
from assets.platforms.reader import UnreadableFileError, read_source
from configs.loader import load_platforms

PRODUCTS = "product_id,product_name,margin\np1,quilt,0.4\n"
ORDERS = "order_id,order_date,revenue\no1,2026-06-01,10\n"


def zipped(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"", b"\r\n \r\n", b"\xef\xbb\xbf", b"\x00" * 10], ids=repr)
def test_an_empty_file_is_refused(read, content):
    with pytest.raises(UnreadableFileError, match=r"report.csv: it is empty .* Download the report again") as error:
        read(content)
    assert (error.value.code, error.value.file) == ("empty", "report.csv")


def test_a_binary_file_named_csv_is_refused(read):
    with pytest.raises(UnreadableFileError, match="it is not text") as error:
        read(bytes(range(256)) * 4)
    assert error.value.limit == "no control bytes"


def test_a_web_page_named_xls_is_refused(read):
    with pytest.raises(UnreadableFileError, match="save it as xlsx"):
        read("<html><table><tr><td>日期</td></tr></table>", name="report.xls")


def test_a_truncated_zip_is_refused_at_every_length(read):
    whole = zipped({"a.csv": PRODUCTS * 50})
    for length in (30, len(whole) // 2, len(whole) - 5):
        with pytest.raises(UnreadableFileError, match="cut off or damaged") as error:
            read(whole[:length], name="a.zip")
        assert error.value.code == "broken_zip"


def test_a_zip_that_holds_a_file_without_a_name_is_refused(read):
    whole = zipped({"a.csv": PRODUCTS})
    nameless = whole.replace(b"a.csv", b"\0.csv")
    with pytest.raises(UnreadableFileError, match="a file without a name") as error:
        read(nameless, name="a.zip")
    assert error.value.code == "broken_zip"


def test_each_table_of_a_zip_is_read_and_named(read):
    source = read(
        zipped({"b/o.csv": ORDERS, "a.csv": PRODUCTS, "__MACOSX/a.csv": "x", "readme.md": "x"}), name="all.zip"
    )
    assert [(table.file, table.kind) for table in source.tables] == [
        ("all.zip!a.csv", "products"),
        ("all.zip!b/o.csv", "store_orders"),
    ]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"../evil.csv": PRODUCTS}, "zip_path"),
        ({"/etc/evil.csv": PRODUCTS}, "zip_path"),
        ({"a\\..\\..\\evil.csv": PRODUCTS}, "zip_path"),
        ({"C:\\evil.csv": PRODUCTS}, "zip_path"),
        ({"inner.csv": zipped({"a.csv": PRODUCTS})}, "nested_zip"),
        ({"readme.md": "hello"}, "empty_zip"),
        ({"a.csv": PRODUCTS, "b.csv": "x,y\n1,2\n"}, "unknown_file"),
        ({f"{n}.csv": PRODUCTS for n in range(201)}, "zip_members"),
    ],
    ids=["dots", "absolute", "dots of Windows", "drive", "zip in zip", "no table", "one unknown", "too many"],
)
def test_a_hostile_or_useless_zip_is_refused(read, members, code):
    with pytest.raises(UnreadableFileError, match=r"cannot read a\.zip") as error:
        read(zipped(members), name="a.zip")
    assert error.value.code == code
    assert error.value.remedy


def test_a_zip_bomb_is_refused_before_it_is_unpacked(read, monkeypatch):
    monkeypatch.setattr(open_source, "_RATIO_FREE_BYTES", 1000)
    with pytest.raises(UnreadableFileError, match="times its size"):
        read(zipped({"a.csv": PRODUCTS + "\n" * 3_000_000}), name="a.zip")


def test_a_damaged_workbook_is_refused(read, samples):
    content = bytearray((samples / "amazon_sp" / "targeting.xlsx").read_bytes())
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(UnreadableFileError, match=r"damaged|cannot be opened"):
        read(bytes(content), name="a.xlsx")


def test_a_sheet_with_absurd_dimensions_is_refused(read, samples, monkeypatch):
    monkeypatch.setattr("assets.platforms.workbook.MAX_SHEET_CELLS", 10)
    with pytest.raises(UnreadableFileError, match="Delete the empty rows"):
        read((samples / "amazon_sp" / "targeting.xlsx").read_bytes(), name="a.xlsx")


def test_rows_of_a_sheet_are_counted_as_the_spreadsheet_shows_them(read_one):
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet("any")
    for row, cells in enumerate((["note"], [], ["product_id", "product_name", "margin"], ["p1", "quilt", 0.4])):
        sheet.write_row(row + 2, 0, cells)
    workbook.close()
    assert read_one(buffer.getvalue(), name="a.xlsx").frame["line"].tolist() == [6]


def test_a_file_over_the_size_limit_is_refused(read, monkeypatch):
    monkeypatch.setattr("assets.platforms.reader.MAX_UNPACKED_BYTES", 5)
    with pytest.raises(UnreadableFileError, match="Export fewer days"):
        read(PRODUCTS)


def test_a_missing_file_is_refused_with_the_systems_words(tmp_path):
    with pytest.raises(UnreadableFileError, match="No such file") as error:
        read_source(tmp_path / "gone.csv", load_platforms())
    assert error.value.code == "no_access"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads files without permission")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "closed.csv"
    path.write_text(PRODUCTS)
    path.chmod(0)
    with pytest.raises(UnreadableFileError, match="Give the user"):
        read_source(path, load_platforms())


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("plain", "utf-8", "utf-8"),
        ("夏凉被 双人", "utf-8", "utf-8"),
        ("夏凉被", "utf-8-sig", "utf-8-sig"),
        ("a,b\r\n夏凉被,镕堃喆双人蚕丝\r\n", "gb18030", "gb18030"),
        ("keyword\tcost\r\n", "utf-16", "utf-16-le"),
        ("keyword\tcost\r\n", "utf-16-le", "utf-16-le"),
        ("keyword\tcost\r\n", "utf-16-be", "utf-16-be"),
        ("keyword\ncafé crème\nnaïve", "cp1252", "cp1252"),
    ],
)
def test_encodings_are_told_by_their_bytes(text, encoding, found):
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.is_utf8) == (text, found, found.startswith("utf-8"))


def test_one_damaged_character_costs_its_row_only(read):
    content = "商品ID,商品名称,毛利率\np1,蚕丝被,0.4\np2,夏凉被,0.3\np3,双人夏凉被,0.3\n".encode()
    damaged = content.replace("夏凉被,0.3\np3".encode(), b"\xe5\xa4\xff" + "凉被,0.3\np3".encode())
    (table,) = read(damaged).tables
    assert table.frame["product_id"].tolist() == ["p1", "p3"]
    assert table.quarantine[["line", "column"]].to_numpy().tolist() == [[3, "商品名称"]]
    assert "decoded" in table.quarantine["reason"].iloc[0]


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1048576"><c t="n" r="XFD1048576"><v>1</v></c></row>',
        '<x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        "<row r='1048576'><c r='xfd1048576'><v>1</v></c></row>",
        f'<row r="1048576">{"<c><v>1</v></c>" * 9_000}</row>',
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
    ],
    ids=["corner", "place not first", "prefix", "small letters", "cells without a place", "beyond a sheet"],
)
def test_two_cells_far_apart_are_refused_before_memory_for_all_between_is_taken(read, samples, far):
    parts = unzipped((samples / "amazon_sp" / "targeting.xlsx").read_bytes())
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", far.encode() + b"</sheetData>")
    with pytest.raises(UnreadableFileError, match="Delete the empty rows") as error:
        read(zipped(parts), name="a.xlsx")
    assert error.value.code == "sheet_size"


@pytest.mark.parametrize("name", ["xl/workbook.bin", "content.xml"])
def test_other_kinds_of_workbooks_are_refused(read, samples, name):
    parts = unzipped((samples / "amazon_sp" / "targeting.xlsx").read_bytes())
    with pytest.raises(UnreadableFileError, match="Save it as xlsx"):
        read(zipped({**parts, name: b"x"}), name="a.xlsx")


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"," * 1_000_000 + b"\n1,2\n", "unknown_file"),
        (b"Campaign," * 300_000 + b"\n", "unknown_file"),
        (b"x" * 20_000_000 + b"\n1,2\n", "unknown_file"),
        (b"May 1, 2026 " * 400_000 + b"\nCampaign,Ad group,Keyword,Match type,Clicks,Cost\n", "no_date"),
    ],
    ids=["cells", "known headers", "one cell", "dates"],
)
def test_a_line_larger_than_any_header_is_passed_over_and_costs_no_time(read, content, code):
    started = time.process_time()
    with pytest.raises(UnreadableFileError, match="cannot read") as error:
        read(content)
    assert error.value.code == code
    assert time.process_time() - started < 10


def test_no_break_spaces_in_a_short_chinese_file_do_not_make_it_a_western_one():
    rows = "\r\n".join(f"2026/10/{day:02d}\u00a0,\u00a0{day}\u00a0,{day}.5\u00a0" for day in range(1, 18))
    decoded = decode(f"时间,消耗,净利\r\n{rows}\r\n".encode("gb18030"))
    assert decoded.encoding == "gb18030"
    assert decode("café,prêt,naïve,déjà\r\n1,2,3,4\r\n".encode("cp1252")).encoding == "cp1252"
