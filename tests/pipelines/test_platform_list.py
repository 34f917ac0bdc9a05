"""`bidwright platforms` and docs/platforms.md say the same, and all of it comes from the platform files."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from configs.loader import load_platforms
from pipelines.cli import app

DOCS = Path(__file__).parents[2] / "docs"


def run(*options: str) -> str:
    done = CliRunner().invoke(app, ["platforms", *options])
    assert done.exit_code == 0
    return done.stdout


def test_every_platform_is_listed_with_all_its_reports_and_files():
    found = {one["platform"]: one for one in json.loads(run("--json"))["platforms"]}
    assert list(found) == list(load_platforms())
    for name, platform in load_platforms().items():
        assert [each["report"] for each in found[name]["reports"]] == [spec.name for spec in platform.reports]
        assert [each["file"] for each in found[name]["files"]] == [spec.name for spec in platform.bid_files]


def test_the_page_in_docs_is_the_one_that_the_platform_files_give():
    page = (DOCS / "platforms.md").read_text(encoding="utf-8")
    assert page == run("--markdown"), "write it anew: bidwright platforms --markdown > docs/platforms.md"


def test_people_see_a_table():
    assert "amazon" in run().lower()
