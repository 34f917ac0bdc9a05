"""The house's rules that no linter knows: sizes, names, empty packages, platforms as data."""

import ast
import re
from pathlib import Path

import pytest

from configs.loader import load_platforms

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pipelines", "assets", "optimizers", "configs", "simulator", "benchmarks", "tests")
PRODUCT = ("pipelines", "assets", "optimizers", "configs")
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 300, 40, 7  # seven only where `noqa: PLR0913` says why
BANNED_NAMES = {"utils", "helpers", "common", "manager"}
OPEN_ENVIRONMENT = {Path("pipelines/resources.py")}

FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
IDS = [str(path.relative_to(ROOT)) for path in FILES]


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(node, text_lines):
    """Lines of a function without its docstring, comments and blank lines."""
    body = node.body
    first = body[0]
    is_doc = isinstance(first, ast.Expr) and isinstance(getattr(first, "value", None), ast.Constant)
    skipped = set(range(first.lineno, first.end_lineno + 1)) if is_doc and isinstance(first.value.value, str) else set()
    inner = range(node.lineno, node.end_lineno + 1)
    return sum(
        1
        for number in inner
        if number not in skipped
        and text_lines[number - 1].strip()
        and not text_lines[number - 1].strip().startswith("#")
    )


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_has_one_idea_and_fits_on_six_screens(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_function_is_longer_than_forty_code_lines(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    too_long = {node.name: code_lines(node, lines) for node in functions(path)}
    assert {name: n for name, n in too_long.items() if n > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", [path for path in FILES if "tests" not in path.parts], ids=lambda path: path.name)
def test_no_function_takes_more_parameters_than_a_reader_can_hold(path):
    counts = {
        node.name: len([one for one in (*node.args.args, *node.args.kwonlyargs) if one.arg not in {"self", "cls"}])
        for node in functions(path)
    }
    assert {name: n for name, n in counts.items() if n > MAX_PARAMETERS} == {}


def test_no_module_is_called_by_a_name_that_says_nothing():
    assert [path for path in FILES if path.stem in BANNED_NAMES or path.parent.name in BANNED_NAMES] == []


def test_packages_are_empty_and_tests_are_no_packages():
    packages = [path for path in FILES if path.name == "__init__.py"]
    assert [path for path in packages if path.read_text(encoding="utf-8")] == []
    assert [path for path in packages if path.is_relative_to(ROOT / "tests")] == []


def test_every_module_says_what_it_is_for():
    silent = [
        path
        for path in FILES
        if path.name != "__init__.py"
        and "tests" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_platform_is_named_in_product_code():
    names = [name for name in load_platforms() if name not in {"templates", "kol"}]
    assert len(names) >= 5
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    named = {
        str(path.relative_to(ROOT)): match.group(0)
        for room in PRODUCT
        for path in sorted((ROOT / room).rglob("*.py"))
        if (match := pattern.search(path.read_text(encoding="utf-8")))
    }
    assert named == {}


def test_only_the_resources_read_the_environment():
    readers = {
        path.relative_to(ROOT)
        for room in PRODUCT
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv|environ\[", path.read_text(encoding="utf-8"))
    }
    assert readers == OPEN_ENVIRONMENT


def test_the_lock_file_has_hashes_and_names_no_registry():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") > 500
    assert not re.search(r"https?://|index-url", text)


def test_every_platform_rule_says_where_it_was_read():
    for platform in load_platforms().values():
        for rule in platform.rulebook.levers:
            assert rule.source.source.strip(), f"{platform.name} {rule.lever}"
