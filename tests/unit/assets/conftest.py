"""An empty night, to which tests add facts and settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.batch import Batch
from tests.unit.assets.made_up import make_batch


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    return make_batch(tmp_path / "home")
