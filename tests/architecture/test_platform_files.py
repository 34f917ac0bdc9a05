"""A platform is one YAML file, one sample per report and golden files: nothing less, and nothing in Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.platforms.reader import read_source
from configs.loader import CONFIG_FOLDER, load_platforms

TESTS = Path(__file__).parents[1]
PLATFORMS = load_platforms()
REPORTS = [(name, report.name) for name, platform in PLATFORMS.items() for report in platform.reports]
EVIDENCE = re.compile(r"\b(FILE|DOC|CODE|MEM)\b")


def samples_of(platform: str) -> list[Path]:
    return sorted(path for path in (TESTS / "samples" / platform).glob("*") if path.is_file())


@pytest.mark.parametrize("name", [name for name, one in PLATFORMS.items() if one.reports])
def test_every_report_of_a_platform_has_a_sample_that_is_read_as_it(name):
    read = {(one.platform, one.report) for path in samples_of(name) for one in read_source(path, PLATFORMS).tables}
    assert read == {pair for pair in REPORTS if pair[0] == name}


@pytest.mark.parametrize("name", list(PLATFORMS))
def test_what_may_be_edited_has_a_file_that_carries_it_and_golden_files_show_it(name):
    platform = PLATFORMS[name]
    carried = {lever for spec in platform.bid_files for lever in spec.levers}
    assert {rule.lever for rule in platform.rulebook.levers} == carried
    golden = [path.name for path in (TESTS / "golden" / name).glob("*")]
    for spec in platform.bid_files:
        assert any(one.startswith(f"{name}_{spec.name}_") for one in golden), spec.name
        assert any(one.startswith(f"undo_{name}_{spec.name}_") for one in golden), spec.name


@pytest.mark.parametrize("name", [name for name, one in PLATFORMS.items() if not one.bid_files])
def test_a_platform_where_nothing_is_bought_says_so(name):
    assert PLATFORMS[name].is_market or PLATFORMS[name].is_template


@pytest.mark.parametrize("name", list(PLATFORMS))
def test_a_platform_file_says_in_its_first_lines_what_it_is_and_how_well_it_is_known(name):
    head = (CONFIG_FOLDER / "platforms" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[:4]
    told = " ".join(line for line in head if line.startswith("#"))
    assert EVIDENCE.search(told), f"{name}: say in a comment on top what it is and whether it is FILE, DOC, CODE or MEM"


def test_samples_and_golden_files_belong_to_a_platform():
    folders = {path.name for room in ("samples", "golden") for path in (TESTS / room).iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} <= set(PLATFORMS)
