"""Reads ``layouts/*.yaml``: the simulator's own knowledge of real export layouts.

It is kept apart from ``configs/platforms`` on purpose: a mistake there must not cancel against the same mistake here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "layouts"


@dataclass(frozen=True)
class Column:
    """One column of an export: ``source`` is a field name, ``=x`` the constant x, empty the null marker."""

    header: str
    source: str
    style: str


@dataclass(frozen=True)
class Layout:
    """One export file: encoding, separators, null marker, lines before the header, and columns in order."""

    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    blank: str = ""
    preamble: tuple[str, ...] = ()
    sheet: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the header texts in file order."""
        return tuple(column.header for column in self.columns)


@lru_cache(maxsize=64)
def load_layout(platform: str, report: str) -> Layout:
    """Return the layout of one report, e.g. ``load_layout("google_ads", "keyword_report")``."""
    content: dict[str, Any] = dict(_load_file(platform)[report])
    columns = tuple(Column(*entry) for entry in content.pop("columns"))
    preamble = tuple(content.pop("preamble", ()))
    return Layout(columns=columns, preamble=preamble, **content)


@lru_cache(maxsize=16)
def _load_file(platform: str) -> dict[str, Any]:
    content = yaml.safe_load((FOLDER / f"{platform}.yaml").read_text(encoding="utf-8"))
    return dict(content)
