"""Every estimator says what it takes, gives and refuses, shows itself at work, names its source, and is held by properties."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ESTIMATORS = (
    "belief", "calibration", "capped", "conjugate", "correction", "day_curve", "demand", "discovery",
    "effective_counts", "effects", "elasticity", "explore", "floor", "focus", "forecast", "glm", "kinship",
    "kol_brand", "kol_timing", "kol_value", "landscape",
    "learning_choice", "learning_value", "maturity", "means", "metrics", "net_value",
    "outages", "pacing", "pausing", "presale", "present_bid", "priors", "probation", "response", "score",
    "seasonality", "shrinkage", "term_gain", "term_rates",
)  # fmt: skip
SECTIONS = ("Parameters", "Returns", "Raises", "Examples")
# a source that is named, a work with its year in parentheses, or the word that there is nothing to cite
SOURCE = re.compile(r"\bSource: |\([^()]*\b(?:18|19|20)\d\d\b|\b[Pp]lain\s+arithmetic\b")


def public_functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def lacks(function: ast.FunctionDef) -> list[str]:
    text = ast.get_docstring(function) or ""
    missing = [name for name in SECTIONS if not re.search(rf"^{name}\n-+$", text, re.MULTILINE)]
    return missing if SOURCE.search(text) else [*missing, "Source"]


def modules_held_by_properties() -> set[str]:
    """Modules of ours that a test of drawn examples imports."""
    held: set[str] = set()
    for path in (ROOT / "tests" / "property").glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^@given\(", text, re.MULTILINE):
            held.update(re.findall(r"^from optimizers\.(\w+) import", text, re.MULTILINE))
    return held


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_public_function_of_an_estimator_is_told_in_full_and_names_its_source(name):
    functions = public_functions(ROOT / "optimizers" / f"{name}.py")
    assert functions
    assert {one.name: lacks(one) for one in functions if lacks(one)} == {}


def test_every_estimator_is_held_by_properties():
    held = modules_held_by_properties()
    assert [name for name in ESTIMATORS if name not in held] == []


def test_every_estimator_that_the_page_of_estimates_names_is_on_the_list():
    page = (ROOT / "docs" / "estimates.md").read_text(encoding="utf-8")
    named = set(re.findall(r"optimizers/(\w+)\.py", page))
    assert len(named) > 5
    assert named <= set(ESTIMATORS)
