"""An empty home, and short ways to drop files into its inbox and facts into its warehouse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from assets.warehouse.facts import FactSource, write_facts
from assets.warehouse.home import Home, open_home
from assets.warehouse.inputs import InputFile, NightInputs

NIGHT = date(2025, 3, 10)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def drop(home: Home) -> Callable[..., Path]:
    """Write a file into the inbox."""

    def write(name: str, content: str = "report") -> Path:
        path = home.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.fixture
def keyword_days() -> Callable[..., pd.DataFrame]:
    """Make keyword_daily rows: (day of March 2025, item, cost in micros, clicks)."""

    def make(*rows: tuple[int, str, int, int | None], platform: str = "google_ads") -> pd.DataFrame:
        return pd.DataFrame(
            {
                "platform": platform,
                "account": "main",
                "item": [row[1] for row in rows],
                "report_date": pd.to_datetime([f"2025-03-{row[0]:02d}" for row in rows]).astype("datetime64[us]"),
                "keyword": [row[1] for row in rows],
                "cost": pd.array([row[2] for row in rows], dtype="Int64"),
                "clicks": pd.array([row[3] for row in rows], dtype="Int64"),
                "line": pd.array(range(2, len(rows) + 2), dtype="Int64"),
            }
        )

    return make


@pytest.fixture
def store(home: Home) -> Callable[..., InputFile]:
    """Store a frame as the facts of one source file that arrived for day ``as_of`` of March 2025."""

    def write(
        frame: pd.DataFrame, as_of: int, name: str = "a", kind: str = "keyword_daily", scope: str = ""
    ) -> InputFile:
        sha256 = hashlib.sha256(f"{as_of}-{name}".encode()).hexdigest()
        write_facts(home, FactSource(sha256, "google_ads", "report", kind, scope), frame)
        return InputFile(sha256, f"{name}.csv", date(2025, 3, as_of))

    return write


@pytest.fixture
def seen_by() -> Callable[..., NightInputs]:
    """Make the frozen inputs of a night from the files that it sees."""

    def make(*files: InputFile, night: date = NIGHT) -> NightInputs:
        visible: Sequence[InputFile] = [one for one in files if one.as_of <= night]
        return NightInputs(night, 1, tuple(visible), "config")

    return make
