"""One table rule, and its vectorised evaluation for tables that are too large for Great Expectations.

Here belongs the flat list that a suite of ``configs/expectations.yaml`` becomes; both engines read the same list, so
they agree. Running Great Expectations is in ``assets.expectations.suites``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from assets.expectations.predicates import Mask, as_numbers
from assets.expectations.verdicts import MAX_EXAMPLES, Failure
from configs.expectations_schema import Suite

Expectation = Literal["row_count", "column_exists", "not_null", "unique", "between", "in_set", "ordered"]
SCHEMA_RULES = ("row_count", "column_exists")


@dataclass(frozen=True)
class TableRule:
    """One expectation of a table: ``low`` and ``high`` for row_count and between, ``values`` for in_set."""

    expectation: Expectation
    columns: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    values: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The rule's columns as one text."""
        return ", ".join(self.columns)

    @property
    def limit(self) -> str:
        """What the rule allows, as one text."""
        if self.expectation in {"row_count", "between"}:
            return f"{self.low:g} to {self.high:g}"
        if self.expectation == "in_set":
            return ", ".join(self.values)
        return {"column_exists": "must exist", "not_null": "no missing value", "unique": "each key once"}.get(
            self.expectation, "may not fall from left to right"
        )


def rules_of(suite: Suite, frame: pd.DataFrame, finite_limit: float) -> tuple[TableRule, ...]:
    """Return the suite as a flat list for ``frame``: rules on absent columns wait, unlisted floats must be finite."""
    rules = [TableRule("row_count", low=suite.min_rows, high=suite.max_rows)]
    rules += [TableRule("column_exists", (name,)) for name in suite.required]
    here = set(frame.columns)
    rules += [TableRule("not_null", (name,)) for name in suite.not_null if name in here]
    if suite.unique and set(suite.unique) <= here:
        rules.append(TableRule("unique", suite.unique))
    rules += [TableRule("between", (name,), low, high) for name, (low, high) in suite.between.items() if name in here]
    rules += [TableRule("in_set", (name,), values=values) for name, values in suite.in_set.items() if name in here]
    for chain in suite.ordered:
        rules += [TableRule("ordered", pair) for pair in pairwise(name for name in chain if name in here)]
    known = {*suite.between, *suite.may_be_infinite}
    floats = [name for name in frame.columns if name not in known and pd.api.types.is_float_dtype(frame[name].dtype)]
    rules += [TableRule("between", (str(name),), -finite_limit, finite_limit) for name in floats]
    return tuple(rules)


def failure_of(rule: TableRule, frame: pd.DataFrame) -> Failure | None:
    """Return how ``frame`` breaks ``rule``, or None; missing values break `not_null` only."""
    if rule.expectation == "row_count":
        fits = rule.low <= len(frame) <= rule.high
        return None if fits else Failure("row_count", "", f"{len(frame)} rows", rule.limit)
    if rule.expectation == "column_exists":
        return None if rule.columns[0] in frame else Failure("column_exists", rule.column, "absent", rule.limit)
    wrong = _wrong_rows(rule, frame)
    n_wrong = int(wrong.sum())
    if not n_wrong:
        return None
    return failure_from_values(
        rule, n_wrong, frame.loc[wrong, list(rule.columns)].head(MAX_EXAMPLES).to_numpy().tolist()
    )


def failure_from_values(rule: TableRule, n_wrong: int, values: list[list[object]]) -> Failure:
    """Return the failure of a value rule with up to five of the values that broke it."""
    examples = tuple(" / ".join(str(part) for part in one) for one in values[:MAX_EXAMPLES])
    return Failure(rule.expectation, rule.column, f"{n_wrong} unexpected rows", rule.limit, n_wrong, examples)


def _wrong_rows(rule: TableRule, frame: pd.DataFrame) -> Mask:
    first = frame[rule.columns[0]]
    if rule.expectation == "not_null":
        return first.isna().to_numpy(dtype=bool)
    if rule.expectation == "unique":
        key = frame[list(rule.columns)]
        whole = ~key.isna().all(axis=1)
        return (key.duplicated(keep=False) & whole).to_numpy(dtype=bool)
    if rule.expectation == "in_set":
        return (first.notna() & ~first.isin(rule.values)).to_numpy(dtype=bool)
    values = as_numbers(first)
    if rule.expectation == "between":
        return (values < rule.low) | (values > rule.high)
    after = as_numbers(frame[rule.columns[1]])
    return ~np.isnan(values) & ~np.isnan(after) & (after < values)
