"""A report means the same however it was saved: order, preamble, extra columns, encoding, delimiter change nothing."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.platforms.items import join_key
from assets.platforms.reader import ReadTable, read_source
from configs.loader import load_platforms

HEADERS = [
    "日期",
    "计划ID",
    "计划名字",
    "单元ID",
    "词ID/词包ID",
    "词名字/词包名字",
    "展现量",
    "点击量",
    "花费",
    "总成交金额",
]
WORDS = (
    st.text(alphabet='夏凉被双人蚕丝空调abc "quo,te', min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda text: len(text) > 0)
)
IDS = st.integers(10**14, 10**19).map(str)
MONEY = st.decimals(0, 10**7, places=2).map(str)


@st.composite
def reports(draw: st.DrawFn) -> list[list[str]]:
    """Rows of a keyword report as text cells."""
    days = st.dates(pd.Timestamp("2024-01-01").date(), pd.Timestamp("2026-12-31").date()).map(str)
    count = st.integers(0, 10**7).map(str)
    row = st.tuples(days, IDS, WORDS, IDS, IDS, WORDS, count, count, MONEY, st.one_of(MONEY, st.just("\\N")))
    return [list(cells) for cells in draw(st.lists(row, min_size=1, max_size=6))]


@dataclass(frozen=True)
class Saving:
    """How somebody saved the report."""

    order: list[int]
    preamble: int
    extra: int
    encoding: str
    delimiter: str
    newline: str
    grouped: bool


SAVINGS = st.builds(
    Saving,
    order=st.permutations(range(len(HEADERS))),
    preamble=st.integers(0, 9),
    extra=st.integers(0, 3),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", "\t", ";"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    grouped=st.booleans(),
)
PLAIN = Saving(list(range(len(HEADERS))), 0, 0, "utf-8", ",", "\n", grouped=False)


def save(rows: list[list[str]], how: Saving) -> bytes:
    text = io.StringIO()
    text.write(f"报表说明{how.newline}" * how.preamble)
    writer = csv.writer(text, delimiter=how.delimiter, lineterminator=how.newline)
    writer.writerow([HEADERS[at] for at in how.order] + [f"附加{n}" for n in range(how.extra)])
    for row in rows:
        cells = [*row[:8], f"{Decimal(row[8]):,}" if how.grouped else row[8], row[9]]
        writer.writerow([cells[at] for at in how.order] + ["9"] * how.extra)
    return text.getvalue().encode(how.encoding)


def read(content: bytes) -> ReadTable:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        path.write_bytes(content)
        (table,) = read_source(path, load_platforms()).tables
    return table


@settings(max_examples=35, deadline=None)
@given(reports(), SAVINGS)
def test_a_report_means_the_same_however_it_was_saved(rows, how):
    plain, other = read(save(rows, PLAIN)), read(save(rows, how))
    pd.testing.assert_frame_equal(other.frame.drop(columns="line"), plain.frame.drop(columns="line"))
    assert len(other.unknown_columns) == how.extra
    assert other.frame["line"].tolist() == [line + how.preamble for line in plain.frame["line"]]


@settings(max_examples=35, deadline=None)
@given(reports())
def test_money_is_added_up_to_the_cent_and_no_row_is_lost(rows):
    table = read(save(rows, PLAIN))
    assert len(table.frame) + len(table.quarantine) == len(rows)
    exact = sum(Decimal(row[8]) for row in rows)
    assert int(table.frame["cost"].sum()) == exact * 1_000_000
    assert table.frame["conversion_value"].isna().tolist() == [row[9] == "\\N" for row in rows]


@settings(max_examples=35, deadline=None)
@given(reports(), st.data())
def test_a_broken_cell_costs_its_own_row_only(rows, data):
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from([0, 6, 7, 8]))
    broken = [[*row] for row in rows]
    broken[at][column] = data.draw(st.sampled_from(["abc", "1.2.3", "12:30", "50%", "=A1"]))
    table = read(save(broken, PLAIN))
    assert table.quarantine[["line", "column"]].to_numpy().tolist() == [[at + 2, HEADERS[column]]]
    assert table.frame["line"].tolist() == [line for line in range(2, len(rows) + 2) if line != at + 2]


PARTS = st.tuples(*[st.text(alphabet="a|\\ b", max_size=4)] * 3)


@settings(max_examples=100, deadline=None)
@given(PARTS, PARTS)
def test_two_items_share_a_key_only_if_they_share_every_part(left, right):
    keys = [join_key([pd.Series([part], dtype="str") for part in parts])[0] for parts in (left, right)]
    assert (keys[0] == keys[1]) == ([part.strip() for part in left] == [part.strip() for part in right])
