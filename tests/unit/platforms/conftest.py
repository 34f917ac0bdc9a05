"""Fixtures to read made-up files: content in, ``SourceRead`` out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assets.platforms.reader import ReadTable, SourceRead, read_source
from configs.loader import load_platforms

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def samples() -> Path:
    return SAMPLES


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., SourceRead]:
    def read_content(content: str | bytes, encoding: str = "utf-8", name: str = "report.csv") -> SourceRead:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_source(path, load_platforms())

    return read_content


@pytest.fixture
def read_one(read: Callable[..., SourceRead]) -> Callable[..., ReadTable]:
    def read_table(content: str | bytes, encoding: str = "utf-8", name: str = "report.csv") -> ReadTable:
        (table,) = read(content, encoding, name).tables
        return table

    return read_table
