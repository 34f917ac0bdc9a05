"""The two gates: the table gate, which stops the run, and the platform gate, which holds one platform.

Here belongs the deciding. Rules and numbers are in ``configs/expectations.yaml``; what a verdict stops is wired in
``pipelines`` and the stages.
"""

from __future__ import annotations

import pandas as pd

from assets.expectations.holds import Background, judge_platforms
from assets.expectations.suites import run_great_expectations
from assets.expectations.table_rules import SCHEMA_RULES, failure_of, rules_of
from assets.expectations.verdicts import Failure, GateVerdict
from configs.expectations_schema import Suite, load_expectations

__all__ = ["Background", "Failure", "GateVerdict", "check_table", "judge_platforms"]


def check_table(frame: pd.DataFrame, suite: str) -> GateVerdict:
    """Return whether ``frame`` meets its suite.

    Great Expectations looks at tables up to 100,000 rows whole; of larger ones at the schema, beside vectorised rules.

    Nothing passes by accident: an unknown suite, and anything that raises inside, is a failed verdict.
    """
    expectations = load_expectations()
    rules = expectations.suites.get(suite)
    if rules is None:
        known = ", ".join(expectations.suites)
        return _refused(
            Failure("suite_exists", suite, "no such suite", f"one of {known}; add it in configs/expectations.yaml")
        )
    try:
        return _verdict(frame, rules, expectations.finite_limit, expectations.whole_table_rows)
    except Exception as error:  # noqa: BLE001 - the gate fails closed whatever broke in it
        return _refused(Failure("suite_runs", suite, f"{type(error).__name__}: {error}", "must run to its end"))


def _verdict(frame: pd.DataFrame, suite: Suite, finite_limit: float, whole_table_rows: int) -> GateVerdict:
    rules = rules_of(suite, frame, finite_limit)
    if len(frame) <= whole_table_rows:
        failures = run_great_expectations(frame, rules)
    else:
        schema = tuple(rule for rule in rules if rule.expectation in SCHEMA_RULES)
        values = [failure_of(rule, frame) for rule in rules if rule.expectation not in SCHEMA_RULES]
        failures = (*run_great_expectations(frame, schema), *(one for one in values if one is not None))
    return GateVerdict(not failures, failures, len(rules), suite.remedy if failures else "")


def _refused(failure: Failure) -> GateVerdict:
    return GateVerdict(passed=False, failures=(failure,), n_expectations=1)
