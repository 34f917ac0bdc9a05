"""From a keyword report on disk to checked facts, against a bare parse of the same table with pyarrow.

Ours recognises, decodes, reads 14 columns as what they mean, gives items their keys, checks every row and writes sorted
Parquet with its index: ``assets.admission.admit_file``, as the nightly job calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from pyarrow import csv

from assets.admission import admit_file
from assets.batch import open_batch
from benchmarks.figures import Bar, Figure
from benchmarks.timing import medians_in_turn

N_KEYWORDS, N_DAYS, REPEATS = 20_000, 10, 3
N_ROWS = N_KEYWORDS * N_DAYS
NIGHT = date(2025, 6, 24)
HEADERS = (
    "日期", "计划ID", "计划名字", "单元ID", "单元名字", "宝贝ID", "词ID/词包ID", "词名字/词包名字", "展现量", "点击量", "花费",
    "总成交笔数", "总成交金额", "总购物车数",
)  # fmt: skip
# The bars were set for 2,000,000 rows; they are shown here at 200,000.
BARS = {"utf-8": Bar(3.0, is_most=True), "gb18030": Bar(2.5, is_most=True)}


def measure() -> list[Figure]:
    """Return one figure per encoding."""
    content = write_report(draw_report())
    return [_measure(content, encoding) for encoding in BARS]


def draw_report() -> pa.Table:
    """Return the report: every keyword on every day, a tenth of the clicks bring a cart, one in thirty an order."""
    rng, keyword = np.random.default_rng(11), np.tile(np.arange(N_KEYWORDS), N_DAYS)
    day = np.repeat(np.arange(N_DAYS), N_KEYWORDS)
    dates = [(NIGHT - timedelta(days=N_DAYS - 1 - i)).isoformat() for i in range(N_DAYS)]
    group = keyword // 20
    clicks = rng.poisson(3.0, N_ROWS)
    orders = rng.binomial(clicks, 1 / 30)
    plan, word = _names("计划_户外水壶", N_KEYWORDS // 200), _names("大容量保温杯", N_KEYWORDS)
    columns = (
        pa.array(dates).take(day), 400_000_000_000 + group // 10, plan.take(group // 10), 5_000_000_000_000 + group,
        _names("单元_便携保温杯", N_KEYWORDS // 20).take(group), 680_000_000_000 + group // 4,
        700_000_000_000 + keyword, word.take(keyword), clicks * 20 + rng.poisson(30.0, N_ROWS), clicks,
        (clicks * rng.uniform(0.5, 2.5, N_ROWS)).round(2), orders, (orders * rng.uniform(60.0, 300.0, N_ROWS)).round(2),
        rng.binomial(clicks, 0.1),
    )  # fmt: skip
    return pa.table([pa.array(column) for column in columns], names=list(HEADERS))


def write_report(table: pa.Table) -> str:
    """Return the csv as platforms write it: one header line, no quotes."""
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    return ",".join(HEADERS) + "\n" + sink.getvalue().to_pybytes().decode()


def _names(stem: str, n: int) -> pa.Array:
    return pa.array([f"{stem}{i:05d}" for i in range(n)])


def _measure(content: str, encoding: str) -> Figure:
    with TemporaryDirectory() as folder:
        path = Path(folder, "inbox", NIGHT.isoformat(), "关键词报表.csv")
        path.parent.mkdir(parents=True)
        path.write_bytes(content.encode(encoding))
        options = csv.ReadOptions(encoding=encoding)
        ours, theirs = medians_in_turn(_admission(Path(folder)), lambda: csv.read_csv(path, options), REPEATS)
        size = path.stat().st_size / 1e6
    transcoded = "" if encoding == "utf-8" else f" with transcoding from {encoding}"
    peer = f"bare pyarrow.csv parse{transcoded}, {theirs:.3f} s"
    told = f"{ours:.2f} s, {N_ROWS:,} rows, {len(HEADERS)} columns, {size:.0f} MB; the bar was set for 2,000,000 rows"
    return Figure(f"ingest_{encoding.replace('-', '')}", ours / theirs, "times the peer", peer, told, BARS[encoding])


def _admission(home: Path) -> Callable[[], None]:
    """Return a call that admits the home's one file as if it were seen for the first time."""
    batch = open_batch(home, NIGHT)
    (file,) = batch.inputs.files
    versions = count()

    def admit() -> None:
        (table,) = admit_file(batch, f"benchmark {next(versions)}", file)
        if (table.status, table.rows, table.quarantined_rows) != ("read", N_ROWS, 0):
            raise RuntimeError(f"the generated report was not read whole: {table}. Mend draw_report in {__file__}.")

    return admit
