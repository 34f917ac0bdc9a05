"""What is reported: the schema of results.json, and that a missed bar is told as missed."""

import io
import json
import math

import pytest
from rich.console import Console

from benchmarks.figures import Bar, Figure, as_table, write_results
from benchmarks.run import RESULTS

KEYS = ["bar", "holds", "name", "note", "peer", "unit", "value"]


def figure(value=1.0, bar=None):
    return Figure("speed", value, "times faster", "a peer, 2 ms", "ours 1 ms", bar)


@pytest.mark.parametrize(
    ("value", "bar", "holds"),
    [
        pytest.param(199.0, Bar(200.0), False, id="too slow"),
        pytest.param(200.0, Bar(200.0), True, id="just fast enough"),
        pytest.param(13.8, Bar(3.0, is_most=True), False, id="too many times the peer"),
        pytest.param(3.0, Bar(3.0, is_most=True), True, id="just few enough"),
        pytest.param(math.nan, Bar(3.0, is_most=True), False, id="missing is not few"),
        pytest.param(math.nan, Bar(200.0), False, id="missing is not many"),
        pytest.param(5.0, None, None, id="no bar"),
    ],
)
def test_a_bar_holds_only_when_the_number_reaches_it(value, bar, holds):
    assert figure(value, bar).holds is holds
    assert figure(value, bar).as_json()["holds"] is holds


def test_results_hold_every_figure_with_sorted_keys_and_the_machine_and_leave_other_benchmarks_alone(tmp_path):
    target = tmp_path / "results.json"
    write_results(target, {"other": [figure(2.0)]}, "4 cores")
    write_results(target, {"ingest": [figure(13.8, Bar(3.0, is_most=True)), figure(math.inf)]}, "2 cores")
    content = json.loads(target.read_text(encoding="utf-8"))
    assert list(content) == ["ingest", "other"]
    assert [one["machine"] for one in content.values()] == ["2 cores", "4 cores"]
    found = content["ingest"]["figures"]
    assert [list(one) for one in found] == [KEYS, KEYS]
    assert found[0] == {
        "name": "speed", "value": 13.8, "unit": "times faster", "bar": "<= 3", "peer": "a peer, 2 ms",
        "holds": False, "note": "ours 1 ms",
    }  # fmt: skip
    assert found[1]["value"] is None


def test_a_missed_bar_is_printed_as_a_plain_no():
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(as_table([figure(13.8, Bar(3.0, is_most=True)), figure(2.0, Bar(3.0, is_most=True))], "a note"))
    rows = [line for line in console.export_text().splitlines() if "speed" in line]
    assert [("NO" in row, "yes" in row) for row in rows] == [(True, False), (False, True)]


def test_the_measured_results_in_the_repository_follow_the_schema_and_name_a_peer():
    content = json.loads(RESULTS.read_text(encoding="utf-8"))
    figures = [one for part in content.values() for one in part["figures"]]
    names = [one["name"] for one in figures]
    assert len(names) == len(set(names)) > 8
    for one in figures:
        assert list(one) == KEYS
        assert one["peer"]
        assert isinstance(one["value"], float)
        assert (one["holds"] is None) == (one["bar"] is None)
        if one["bar"] is not None:
            assert one["holds"] is holds(one["bar"], one["value"])


def holds(bar: str, value: float) -> bool:
    """Return whether a written bar is met: ``<= 3``, ``>= 200`` or ``0.77 to 0.83``."""
    if " to " in bar:
        low, high = map(float, bar.split(" to "))
        return low <= value <= high
    sign, limit = bar.split()
    return Bar(float(limit), is_most=sign == "<=").is_met_by(value)
