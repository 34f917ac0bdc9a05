"""Admits one source file: read, check rows, keep the good ones as facts and the bad ones in quarantine, lose nothing.

A file that was admitted before, by the same code and configuration, is not read again: its summary is kept beside the facts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from assets.batch import Batch, code_hash
from assets.confirmation import why_unconfirmed
from assets.expectations.rows import describe_bad_rows, judge_rows, quarantine_table
from assets.identity import with_coded_items
from assets.platforms.coded import CodedTable
from assets.platforms.errors import UnreadableFileError
from assets.platforms.labels import file_label
from assets.platforms.reader import ReadTable, read_source
from assets.warehouse.facts import FactSource, drop_facts, seal_source, sealed_details, write_facts
from assets.warehouse.inputs import InputFile
from assets.warehouse.secrets import pseudonym_key

FILE_COLUMNS = [
    "file", "sha256", "as_of", "platform", "account", "kind", "report", "status", "first_date", "last_date", "rows",
    "quarantined_rows", "totals_hold", "message",
]  # fmt: skip


@dataclass(frozen=True)
class Admitted:
    """What became of one table of one file; dates are ISO text, empty where the kind has none."""

    platform: str
    account: str
    kind: str
    report: str
    status: str  # read, quarantined (the whole table), refused (the whole file)
    first_date: str = ""
    last_date: str = ""
    rows: int = 0
    quarantined_rows: int = 0
    totals_hold: bool = False
    message: str = ""


def admit_files(batch: Batch, say: Callable[[str], None]) -> pd.DataFrame:
    """Return one row per file and table that the night sees, in the order of arrival."""
    files = [
        replace(one, name=file_label(one.name, one.sha256))  # no account name goes into a log
        for one in sorted(batch.inputs.files, key=lambda one: (one.as_of, one.sha256))
    ]
    with ThreadPoolExecutor(batch.settings.threads) as pool:
        admitted = list(pool.map(partial(admit_file, batch, reader_version(batch)), files))
    say(f"{len(files)} files seen by night {batch.night}, {sum(one.as_of == batch.night for one in files)} of them new")
    rows = [
        {"file": file.name, "sha256": file.sha256, "as_of": file.as_of, **asdict(one)}
        for file, found in zip(files, admitted, strict=True)
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=FILE_COLUMNS)
    for column in ("as_of", "first_date", "last_date"):
        frame[column] = pd.to_datetime(frame[column].replace("", None)).astype("datetime64[us]")
    return frame.astype({"rows": "Int64", "quarantined_rows": "Int64", "totals_hold": bool})


def admit_file(batch: Batch, version: str, file: InputFile) -> list[Admitted]:
    """Return what became of each table of one file; read it only if this version has not read it before."""
    known = sealed_details(batch.home, file.sha256, version)
    if known is not None:
        return [Admitted(**one) for one in known["tables"]]
    drop_facts(batch.home, file.sha256)
    found = _read(batch, version, file)
    seal_source(batch.home, file.sha256, version, {"tables": [asdict(one) for one in found]})
    return found


def reader_version(batch: Batch) -> str:
    """Return what decides how a file is read: code, platform files, the shop's account names, what it confirmed."""
    accounts = {name: use.account for name, use in sorted(batch.settings.platforms.items())}
    decided = [accounts, sorted(batch.settings.confirmed)]
    return f"{code_hash()[:16]}-{json.dumps(decided, sort_keys=True, ensure_ascii=True)}"


def _read(batch: Batch, version: str, file: InputFile) -> list[Admitted]:
    try:
        key = pseudonym_key(batch.home)
        path = batch.home.originals / file.sha256
        source = read_source(path, batch.platforms, name=file.name, key=key, sha256=file.sha256)
    except UnreadableFileError as error:
        return [Admitted(error.platform, "", error.kind, "", "refused", message=str(error))]
    return [_admit_table(batch, version, file, table) for table in _told_apart(source.tables)]


def _told_apart(tables: Iterable[ReadTable]) -> Iterator[ReadTable]:
    """Give the second and every further part of one report in one file a number, so that none lies over another."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for table in tables:
        name = (table.platform, table.report, table.kind)
        seen[name] += 1
        yield replace(table, report=f"{table.report}-{seen[name]}") if seen[name] > 1 else table


def _admit_table(batch: Batch, version: str, file: InputFile, table: ReadTable) -> Admitted:
    untrusted = why_unconfirmed(table, batch)
    if untrusted:
        return Admitted(table.platform, "", table.kind, table.report, "refused", message=untrusted)
    rows = with_coded_items(table.rows, table.kind, batch)
    verdict = judge_rows(rows, table.kind, file.as_of)
    bad = verdict.with_reasons(rows.keep(verdict.is_bad).to_pandas())
    unparsed = len(table.quarantine)
    n_bad = len(bad) + unparsed
    n_all = len(rows) + unparsed
    mismatch = [one for one in table.totals if not one.holds]
    too_many = n_all > 0 and n_bad / n_all > batch.guardrails.max_failed_share
    if n_bad:
        _quarantine(batch, file, table, quarantine_table(bad, file.name))
    status = "quarantined" if mismatch or too_many else "read"
    good = rows.keep(verdict.is_good)
    if status == "read":
        source = FactSource(file.sha256, table.platform, table.report, table.kind, scope=table.scope)
        write_facts(batch.home, source, good, version)
    notes = [*map(str, table.messages), *describe_bad_rows(bad)]
    if verdict.is_repeated.any():
        notes.append(f"{int(verdict.is_repeated.sum())} rows repeat an earlier row exactly and count once.")
    if too_many:
        limit = batch.guardrails.max_failed_share
        notes.insert(0, f"{n_bad} of {n_all} rows failed, the limit is {limit:.0%}: nothing of {file.name} is used.")
    return Admitted(
        table.platform, _only(rows, "account"), table.kind, table.report, status, *_dates(rows),
        rows=len(good), quarantined_rows=n_bad, totals_hold=bool(mismatch), message=" | ".join(notes),
    )  # fmt: skip


def _quarantine(batch: Batch, file: InputFile, table: ReadTable, bad: pd.DataFrame) -> Path:
    folder = batch.home.quarantine / file.as_of.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join([file.sha256[:16], table.platform, table.report, table.kind])  # one file may hold several tables
    target = folder / f"{name}.csv"
    pd.concat([table.quarantine, bad], ignore_index=True).to_csv(target, index=False, encoding="utf-8-sig")
    return target


def _only(rows: CodedTable, column: str) -> str:
    values = rows[column].used_words().drop_null().unique() if column in rows else []
    return str(values[0]) if len(values) == 1 else ""


def _dates(rows: CodedTable) -> tuple[str, str]:
    names = ("report_date",) if "report_date" in rows else ("period_start", "period_end")
    if names[0] not in rows:
        return "", ""
    ends = [pc.min_max(rows[name].used_words()) for name in names]
    return _iso(ends[0]["min"].as_py()), _iso(ends[-1]["max"].as_py())


def _iso(day: datetime | None) -> str:
    return "" if day is None else day.date().isoformat()
