"""Reports whose columns nobody has seen in a real file stay off until the shop has looked at one of its own."""

from __future__ import annotations

from pathlib import Path

import yaml

from assets.batch import Batch
from assets.platforms.results import ReadTable
from assets.warehouse.documents import write_bytes
from configs.loader import CONFIRMED, read_yaml
from configs.platform_schema import Platform, ReportSpec
from configs.schema import Confirmed


def report_of(table: ReadTable, platform: Platform) -> ReportSpec:
    """Return the description that a table was read by; a second table of one report has a number behind its name."""
    return next(one for one in platform.reports if table.report == one.name or table.report.startswith(f"{one.name}-"))


def why_unconfirmed(table: ReadTable, batch: Batch) -> str:
    """Return why a table may not be used yet, empty when it may."""
    spec = report_of(table, batch.platforms[table.platform])
    name = f"{table.platform}/{spec.name}"
    if spec.source.evidence != "MEM" or name in batch.settings.confirmed:
        return ""
    return (
        f"{name} is described from memory only and is not used yet: {table.file} has {len(table.frame)} rows. Look at it "
        f"with `bidwright inspect FILE`; if its columns, days and sums are right, say so with `bidwright inspect FILE --confirm`."
    )


def confirm_report(home_root: Path, report: str, confirmed: Confirmed) -> Path:
    """Remember that a report's description was found right; return the file that says so."""
    path = home_root / CONFIRMED
    known = read_yaml(path) if path.exists() else {}
    known[report] = confirmed.model_dump(mode="json")
    write_bytes(path, yaml.safe_dump(known, allow_unicode=True, sort_keys=True).encode())
    return path
