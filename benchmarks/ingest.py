"""From a keyword report on disk to checked facts, against a bare parse of the same file with pyarrow.

Ours recognises, decodes, reads 14 columns as what they mean, gives items their keys, checks every row and writes sorted
Parquet with its index: ``assets.admission.admit_file``, as the nightly job calls it.
"""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from assets.admission import admit_file
from assets.batch import Batch, open_batch
from assets.expectations.gates import check_table
from assets.ingest import build_profile
from benchmarks.figures import Bar, Figure
from benchmarks.timing import in_own_process, medians_in_turn

N_KEYWORDS, N_DAYS = 200_000, 10
REPEATS = 15  # pairs: with five, half a second of the peer made the ratio anything from 1.4 to 3.0
N_ROWS = N_KEYWORDS * N_DAYS
NIGHT = date(2025, 6, 24)
HEADERS = (
    "日期", "计划ID", "计划名字", "单元ID", "单元名字", "宝贝ID", "词ID/词包ID", "词名字/词包名字", "展现量", "点击量", "花费",
    "总成交笔数", "总成交金额", "总购物车数",
)  # fmt: skip
BARS = {"utf-8": Bar(3.0, is_most=True), "gb18030": Bar(2.5, is_most=True)}
MEMORY_BAR = Bar(1.5, is_most=True)


def measure() -> list[Figure]:
    """Return one figure per encoding, one for a file with quotes, gaps and a totals row, and the peak of memory."""
    table = draw_report()
    content = write_report(table)
    figures = [_measure(f"ingest_{encoding.replace('-', '')}", content, encoding) for encoding in BARS]
    figures.append(_measure("ingest_quoted", write_quoted_report(table), "utf-8", is_plain=False))
    return [*figures, _measure_memory(content)]


def draw_report() -> pa.Table:
    """Return the report: every keyword on every day, a tenth of the clicks bring a cart, one in thirty an order."""
    rng, keyword = np.random.default_rng(11), np.tile(np.arange(N_KEYWORDS), N_DAYS)
    day = np.repeat(np.arange(N_DAYS), N_KEYWORDS)
    dates = [(NIGHT - timedelta(days=N_DAYS - 1 - i)).isoformat() for i in range(N_DAYS)]
    group = keyword // 20
    clicks = rng.poisson(3.0, N_ROWS)
    orders = rng.binomial(clicks, 1 / 30)
    plan, word = _names("水壶", N_KEYWORDS // 200), _names("保温杯", N_KEYWORDS)
    columns = (
        pa.array(dates).take(day), 4_000_000_000 + group // 10, plan.take(group // 10), 50_000_000_000 + group,
        _names("单元", N_KEYWORDS // 20).take(group), 6_800_000_000 + group // 4,
        7_000_000_000 + keyword, word.take(keyword), clicks * 20 + rng.poisson(30.0, N_ROWS), clicks,
        (clicks * rng.uniform(0.5, 2.5, N_ROWS)).round(2), orders, (orders * rng.uniform(60.0, 300.0, N_ROWS)).round(2),
        rng.binomial(clicks, 0.1),
    )  # fmt: skip
    return pa.table([pa.array(column) for column in columns], names=list(HEADERS))


def write_report(table: pa.Table) -> str:
    """Return the csv as platforms write it: one header line, no quotes."""
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    return ",".join(HEADERS) + "\n" + sink.getvalue().to_pybytes().decode()


def write_quoted_report(table: pa.Table) -> str:
    """Return the csv as spreadsheets and other platforms write it: text in quotes, no sale as ``--``, a totals row."""
    sink = pa.BufferOutputStream()
    sold = table["总成交笔数"].cast(pa.string())
    sold = pc.if_else(pc.equal(sold, "0"), "--", sold)
    table = table.set_column(table.schema.get_field_index("总成交笔数"), "总成交笔数", sold)
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return ",".join(HEADERS) + "\n" + sink.getvalue().to_pybytes().decode() + "合计" + "," * (len(HEADERS) - 1) + "\n"


def admit_and_profile(home: Path) -> float:
    """Return the peak of this process's memory in GB after the file was admitted, profiled and judged."""
    batch = open_batch(home, NIGHT)
    _admit(batch, "benchmark")
    if not check_table(build_profile(batch), "profile").passed:
        raise RuntimeError(f"the generated report's profile is refused. Mend draw_report in {__file__}.")
    return _peak_memory()


def _peak_memory() -> float:
    """Return this process's own peak in GB; ``getrusage`` would count what its parent held when it was started."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) * 1024 / 1e9
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _names(stem: str, n: int) -> pa.Array:
    return pa.array([f"{stem}{i:05d}" for i in range(n)])


def _measure(name: str, content: str, encoding: str, *, is_plain: bool = True) -> Figure:
    with TemporaryDirectory() as folder:
        path = _put(Path(folder), content, encoding)
        batch, versions = open_batch(Path(folder), NIGHT), count()
        options = csv.ReadOptions(encoding=encoding)
        admit: Callable[[], None] = lambda: _admit(batch, f"benchmark {next(versions)}")  # noqa: E731
        ours, theirs = medians_in_turn(admit, lambda: csv.read_csv(path, options), REPEATS)
        size = path.stat().st_size / 1e6
    transcoded = "" if encoding == "utf-8" else f" with transcoding from {encoding}"
    peer = f"bare pyarrow.csv parse{transcoded}, {theirs:.3f} s"
    told = f"{ours:.2f} s, {N_ROWS / ours:,.0f} rows/s, {N_ROWS:,} rows, {len(HEADERS)} columns, {size:.0f} MB"
    if not is_plain:
        told += "; text in quotes, gaps as --, a totals row"
    return Figure(name, ours / theirs, "times the peer", peer, told, BARS[encoding] if is_plain else None)


def _measure_memory(content: str) -> Figure:
    with TemporaryDirectory() as folder:
        path = _put(Path(folder), content, "utf-8")
        peak, size = in_own_process(partial(admit_and_profile, Path(folder))), path.stat().st_size / 1e9
    told = "the same file admitted, its profile made and judged by Great Expectations, in a process of its own"
    return Figure("ingest_peak_memory", peak, "GB", f"the file itself, {size:.2f} GB", told, MEMORY_BAR)


def _put(home: Path, content: str, encoding: str) -> Path:
    path = home / "inbox" / NIGHT.isoformat() / "关键词报表.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode(encoding))
    return path


def _admit(batch: Batch, version: str) -> None:
    """Admit the home's one file as if it were seen for the first time."""
    (file,) = batch.inputs.files
    (table,) = admit_file(batch, version, file)
    if (table.status, table.rows, table.quarantined_rows) != ("read", N_ROWS, 0):
        raise RuntimeError(f"the generated report was not read whole: {table}. Mend draw_report in {__file__}.")
