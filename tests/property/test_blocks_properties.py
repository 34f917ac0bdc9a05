"""A long text is read in blocks: wherever it is cut, the rows, their lines and what is wrong with them stay the same."""

import csv
import io
from unittest.mock import patch

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.platforms import text_rows
from assets.platforms.decode import EncodedText, decode
from assets.platforms.errors import UnreadableFileError
from assets.platforms.text_rows import RawRows, Shape, read_rows

HEADER = "a,b,c\n"
SHAPE = Shape(",", 3, (0, 2))
cells = st.sampled_from(["", "1", "--", "夏凉被", "a b", "line\nend", 'say "so"', "x,y", "\r\n", "12"])
rows = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=40)
LINE_ENDS = st.sampled_from(["\n", "\r\n"])


def read(data: bytes, block_bytes: int) -> tuple[object, ...]:
    try:
        with patch.object(text_rows, "BLOCK_BYTES", block_bytes):
            found: RawRows = read_rows(decode(data), len(HEADER), SHAPE, 1)
    except UnreadableFileError as error:
        return (error.code,)
    columns = {at: column.values.to_pylist() for at, column in found.columns.items()}
    return columns, found.line.tolist(), found.broken


def written(table: list[list[str]], line_end: str) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator=line_end).writerows(table)
    return HEADER + target.getvalue()


@given(table=rows, line_end=LINE_ENDS, block_bytes=st.integers(1, 200))
@settings(max_examples=150, deadline=None)
def test_where_a_text_is_cut_into_blocks_changes_nothing(table, line_end, block_bytes):
    data = written(table, line_end).encode()
    assert read(data, block_bytes) == read(data, 1 << 20)


@given(body=st.text(alphabet='"\n\r,a1', max_size=60), block_bytes=st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_quotes_anywhere_change_nothing_either(body, block_bytes):
    data = (HEADER + body).encode()
    assert read(data, block_bytes) == read(data, 1 << 20)


@given(text=st.text(alphabet="夏a,\n\r€é1", max_size=80), encoding=st.sampled_from(["gb18030", "utf-8", "utf-16-le"]))
def test_transcoded_blocks_are_the_text(text, encoding):
    source = EncodedText((HEADER + text).encode(encoding), encoding)
    blocks = list(source.blocks(len(HEADER), 16))
    assert b"".join(blocks).decode() == text
    assert all(isinstance(block, pa.Buffer) and block.to_pybytes().endswith(b"\n") for block in blocks[:-1])
    assert source.head.startswith(HEADER)
