"""Facts: one Parquet file per source file and report, sorted by bucket then day, with explicit types.

What a report's columns mean is in ``assets.platforms``; which facts count on a night is in ``window``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from assets.platforms.coded import CodedTable
from assets.platforms.kinds import KIND_COLUMNS
from assets.warehouse import columns
from assets.warehouse.coverage import cover, coverage_path, read_coverage, write_coverage
from assets.warehouse.documents import replacing
from assets.warehouse.errors import FactsError
from assets.warehouse.fact_file import items_path, write_sorted
from assets.warehouse.home import Home


@dataclass(frozen=True)
class FactSource:
    """Where facts come from: the file's hash, the report it was recognised as, and the part of it (``scope``)."""

    sha256: str
    platform: str
    report: str
    kind: str
    scope: str = ""

    @property
    def name(self) -> str:
        """Path of the facts below ``warehouse/facts``, without suffix."""
        part = f"-{_short_hash(self.scope)}" if self.scope else ""
        return f"{self.kind}/{self.sha256}-{re.sub(r'[^A-Za-z0-9_]+', '_', self.report)}{part}"


def facts_path(home: Home, name: str) -> Path:
    """Return where the facts of ``FactSource.name`` lie."""
    return home.warehouse / "facts" / f"{name}.parquet"


def write_facts(home: Home, source: FactSource, rows: pd.DataFrame | CodedTable, code_version: str = "") -> None:
    """Store one table of one source file and index it; the same again writes the same bytes.

    Facts of this file that another ``code_version`` (of reader and platform configuration) wrote are dropped first.
    Call ``seal_source`` after the file's last table.
    """
    if source.kind not in KIND_COLUMNS:
        raise FactsError(source.report, "kind", repr(source.kind), f"one of {', '.join(sorted(KIND_COLUMNS))}")
    present = list(rows.columns)
    table = columns.to_coded(rows, source.kind, source.report)
    _require(table, present, source)
    note = {"bidwright": json.dumps({**asdict(source), "code_version": code_version}, sort_keys=True)}
    target = facts_path(home, source.name)
    with ThreadPoolExecutor(1) as beside, replacing(target) as temporary:
        covered = beside.submit(cover, table, source.kind)
        write_sorted(table, temporary, items_path(target), note)
        days = covered.result()
    content = _begin(home, source.sha256, code_version)
    sources = {**content["sources"], source.name: {**asdict(source), "days": days}}
    write_coverage(home, source.sha256, {**content, "is_sealed": False, "sources": sources})


def seal_source(home: Home, sha256: str, code_version: str = "", details: Mapping[str, Any] | None = None) -> None:
    """State that all tables of a source file are stored (or that it has none), with what is worth telling about it."""
    content = _begin(home, sha256, code_version)
    write_coverage(home, sha256, {**content, "is_sealed": True, "details": {} if details is None else dict(details)})


def sealed_details(home: Home, sha256: str, code_version: str = "") -> dict[str, Any] | None:
    """Return what the file was sealed with, or None when this ``code_version`` has to read it."""
    content = read_coverage(home, sha256)
    if content is None or not content["is_sealed"] or content["code_version"] != code_version:
        return None
    return content["details"] if all(facts_path(home, name).exists() for name in content["sources"]) else None


def drop_facts(home: Home, sha256: str) -> None:
    """Forget what was stored of a source file; do this before reading a file anew."""
    content = read_coverage(home, sha256)
    if content is not None:
        coverage_path(home, sha256).unlink(missing_ok=True)
        for name in content["sources"]:
            for path in (facts_path(home, name), items_path(facts_path(home, name))):
                path.unlink(missing_ok=True)


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _require(table: CodedTable, present: list[str], source: FactSource) -> None:
    """Refuse facts that no window could place: without platform, account, or time."""
    for name in ("platform", "account", *columns.time_columns(source.kind, present)):
        if name not in present:
            raise FactsError(source.report, name, "nothing: the column is missing", "a value in every row")
        n_missing = int(table[name].is_missing().sum())
        if n_missing:
            raise FactsError(
                source.report, name, f"no value in {n_missing} of {len(table)} rows", "a value in every row"
            )


def _begin(home: Home, sha256: str, code_version: str) -> dict[str, Any]:
    """Return the file's entry in the index, emptied when other code wrote it."""
    content = read_coverage(home, sha256)
    if content is not None and content["code_version"] == code_version:
        return content
    drop_facts(home, sha256)
    return {"code_version": code_version, "is_sealed": False, "details": {}, "sources": {}}
