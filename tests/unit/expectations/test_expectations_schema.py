from __future__ import annotations

import pytest
import yaml

from configs.expectations_schema import DEFAULT_PATH, load_expectations
from configs.loader import ConfigError, read_yaml


def changed(tmp_path, change):
    content = read_yaml(DEFAULT_PATH)
    change(content)
    path = tmp_path / "expectations.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_every_suite_has_a_row_count_and_every_range_a_finite_end():
    for name, suite in load_expectations().suites.items():
        assert suite.max_rows < float("inf"), name
        assert all(abs(end) < float("inf") for ends in suite.between.values() for end in ends), name


BROKEN = [
    ("an_unknown_key", lambda content: content["rows"].update(magic=1), r"rows\.magic: Extra inputs"),
    (
        "a_range_upside_down",
        lambda content: content["rows"]["numbers"].update(clicks={"min": 5, "max": 1}),
        "min 5 must be below max 1",
    ),
    (
        "a_pattern_that_does_not_compile",
        lambda content: content["rows"]["patterns"].update(currency="["),
        "currency does not compile",
    ),
    (
        "a_key_that_is_not_required",
        lambda content: content["suites"]["kol_plan"].update(unique=["ghost"]),
        "'ghost'.*not in required",
    ),
    ("an_infinite_bound", lambda content: content.update(finite_limit=float("inf")), "finite_limit"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_refused_for(tmp_path, change, words):
    with pytest.raises(ConfigError, match=rf"(?s)expectations\.yaml is not valid.*{words}.*Mend these keys"):
        load_expectations(changed(tmp_path, change))


def test_more_than_five_mistakes_are_counted(tmp_path):
    def spoil(content):
        content["rows"]["numbers"] = {f"c{at}": {"min": 2, "max": 1} for at in range(7)}

    with pytest.raises(ConfigError, match="and 2 more"):
        load_expectations(changed(tmp_path, spoil))
