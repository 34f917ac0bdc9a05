"""Every table of a night passes a gate that says more than which columns it has."""

import ast
from pathlib import Path

import pytest

from configs.expectations_schema import Suite, load_expectations

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SUITES = load_expectations().suites


def night_tables() -> set[str]:
    """Return the functions that ``night_table`` makes assets of."""
    return {
        node.name
        for path in ASSETS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(getattr(getattr(one, "func", None), "id", "") == "night_table" for one in node.decorator_list)
    }


def rules_of(suite: Suite) -> set[str]:
    """Return what a suite asks beside its columns."""
    told = suite.model_dump(exclude_defaults=True)
    return set(told) - {"required", "remedy"}


def test_night_tables_and_suites_have_the_same_names():
    assert night_tables() == set(SUITES)


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_suite_asks_more_than_columns(name):
    assert SUITES[name].required
    assert rules_of(SUITES[name])


def test_a_suite_of_columns_alone_would_be_found():
    assert rules_of(Suite(required=("item",), remedy="Export again.")) == set()
