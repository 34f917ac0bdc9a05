"""A first description of an unknown report: which of its headers other reports know, and what the cells look like.

It is a start for a person, not a decision: whoever keeps it checks every line against the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from assets.platforms.grid import Grid
from assets.platforms.header import normalise_header
from assets.platforms.kinds import KIND_COLUMNS
from assets.platforms.nearest import header_row, nearest_report
from configs.platform_schema import Platform

KINDS = ("search_terms", "keyword_daily", "placement_daily")
NEEDED = {
    "search_terms": ("search_term", "cost"),
    "keyword_daily": ("keyword", "cost"),
    "placement_daily": ("campaign", "cost"),
}
DRAFT_TYPES = {"text": "text", "date": "date", "count": "count", "money": "money", "number": "number", "share": "share"}
_SAMPLE_ROWS = 40
_LOOKS: tuple[tuple[str, str], ...] = (
    ("date", r"\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?([ T].*)?|[A-Z][a-z]{2,8} \d{1,2}, \d{4}"),
    ("id", r'(="?)?\d{9,20}"?'),
    ("share", r"[<>]?\s*[\d.,]+%"),
    ("count", r"\d{1,3}(,\d{3})+|\d+"),
    ("money", r"[¥￥$€£₹]?\s*-?[\d.,]+\s*元?"),
)


def draft_platform(grid: Grid, platforms: Mapping[str, Platform], name: str, today: date) -> str:
    """Return a starter YAML for the table, which the schema accepts; headers that nobody knows stand under ignored."""
    nearest = nearest_report(grid, platforms)
    line, headers = (nearest.line, nearest.headers) if nearest is not None else header_row(grid)
    cells = _columns_below(grid, line, len(headers))
    known = _known_names(platforms)
    meant = {at: known.get(normalise_header(header)) for at, header in enumerate(headers)}
    kind = _kind(set(filter(None, meant.values())))
    columns: dict[str, Any] = {}
    ignored = []
    for at, header in enumerate(headers):
        column = meant[at]
        if not header.strip():
            continue
        if column is None or column not in KIND_COLUMNS[kind] or column in columns:
            ignored.append(header.strip())
            continue
        columns[column] = _column(header.strip(), column, kind, cells[at])
    report = {
        "name": "report",
        "kinds": [kind],
        "source": {"evidence": "FILE", "source": f"own export, header in line {line}", "checked_on": today},
        "date_from": "column" if "report_date" in columns else "preamble",
        "columns": columns,
        "ignored_headers": ignored,
    }
    told = "" if nearest is None else f"# nearest known: {nearest.platform.name}/{nearest.spec.name}\n"
    content = {
        "name": name,
        "title": {"zh": name, "en": name},
        "item_key": {"keyword": ["campaign", "ad_group", "keyword"], "placement": ["campaign"]},
        "reports": [report],
    }
    shown = {header: cells[at][:2] for at, header in enumerate(headers) if header.strip() in ignored}
    hints = "".join(f"# {header.strip()}: {', '.join(map(repr, seen))}\n" for header, seen in shown.items() if seen)
    body = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    return f"# A draft: check every line against the file, then save it as configs/platforms/{name}.yaml\n{told}{hints}{body}"


def _columns_below(grid: Grid, line: int, width: int) -> list[list[str]]:
    """Return the first filled cells under each header."""
    rows = [cells for at, cells in grid.preview() if at > line][:_SAMPLE_ROWS]
    return [[row[at].strip() for row in rows if at < len(row) and row[at].strip()] for at in range(width)]


def _known_names(platforms: Mapping[str, Platform]) -> dict[str, str]:
    """Return for every header that any report knows the column that most of them read it as."""
    votes: dict[str, Counter[str]] = {}
    for _, platform in sorted(platforms.items()):
        for spec in platform.reports:
            for name, column in spec.columns.items():
                for header in column.headers if not column.pattern else ():
                    votes.setdefault(normalise_header(header), Counter())[name] += 1
    return {header: min(counts, key=lambda name: (-counts[name], name)) for header, counts in votes.items()}


def _kind(columns: set[str]) -> str:
    return next((kind for kind in KINDS if NEEDED[kind][0] in columns), KINDS[-1])


def _column(header: str, column: str, kind: str, cells: list[str]) -> dict[str, Any]:
    told = DRAFT_TYPES.get(KIND_COLUMNS[kind][column], "text")
    looks = _looks_like(cells)
    is_id = told == "text" and (column.endswith("_id") or looks == "id")
    cell_type = "id" if is_id else "match_type" if column == "match_type" else "flag" if column == "is_added" else told
    needed = {"required": True} if column in NEEDED[kind] else {}
    return {"headers": [header], "type": cell_type, **needed}


def _looks_like(cells: list[str]) -> str:
    return next((kind for kind, form in _LOOKS if cells and all(re.fullmatch(form, cell) for cell in cells)), "text")
