"""Runs Great Expectations on one frame: an in-memory context, no files, no network, no progress bars, no analytics.

Here belongs everything that knows the library; nothing else imports it, and it is imported on first use because that
takes seconds. What is expected is in ``configs/expectations.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pandas as pd

from assets.expectations.table_rules import TableRule, failure_from_values
from assets.expectations.verdicts import MAX_EXAMPLES, Failure

RAISED = "raised"  # the expectation could not be computed, which counts as not met
RULE_NUMBER = "rule_number"
RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": MAX_EXAMPLES}


def run_great_expectations(frame: pd.DataFrame, rules: tuple[TableRule, ...]) -> tuple[Failure, ...]:
    """Return how ``frame`` breaks ``rules``, in their order; an expectation that raises is a failure."""
    library, batches = _library()
    expectations = [_expectation(library, rule, number) for number, rule in enumerate(rules)]
    suite = library.ExpectationSuite(name="table", expectations=expectations)
    batch = batches.get_batch(batch_parameters={"dataframe": frame.reset_index(drop=True)})
    results = batch.validate(suite, result_format=RESULT_FORMAT).results
    by_number = {result.expectation_config.meta[RULE_NUMBER]: result for result in results}
    in_order = [(rule, by_number[number]) for number, rule in enumerate(rules)]
    return tuple(_failure(rule, result, len(frame)) for rule, result in in_order if not result.success)


@lru_cache(maxsize=1)
def _library() -> tuple[Any, Any]:
    """Return the library and the batch definition that every frame goes through, once a process."""
    import great_expectations as library  # noqa: PLC0415 - takes seconds, and many commands never need it
    from great_expectations.data_context.types import base  # noqa: PLC0415

    config = base.DataContextConfig(
        store_backend_defaults=base.InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = library.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return library, asset.add_batch_definition_whole_dataframe("whole")


def _expectation(library: Any, rule: TableRule, number: int) -> Any:
    known = library.expectations
    first = rule.columns[0] if rule.columns else ""
    build: dict[str, Callable[..., Any]] = {
        "row_count": lambda **kw: known.ExpectTableRowCountToBeBetween(
            min_value=int(rule.low), max_value=int(rule.high), **kw
        ),
        "column_exists": lambda **kw: known.ExpectColumnToExist(column=first, **kw),
        "not_null": lambda **kw: known.ExpectColumnValuesToNotBeNull(column=first, **kw),
        "unique": lambda **kw: _unique(known, rule, **kw),
        "between": lambda **kw: known.ExpectColumnValuesToBeBetween(
            column=first, min_value=rule.low, max_value=rule.high, **kw
        ),
        "in_set": lambda **kw: known.ExpectColumnValuesToBeInSet(column=first, value_set=list(rule.values), **kw),
        "ordered": lambda **kw: known.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=rule.columns[1], column_B=first, or_equal=True, ignore_row_if="either_value_is_missing", **kw
        ),
    }
    return build[rule.expectation](meta={RULE_NUMBER: number})


def _unique(known: Any, rule: TableRule, **kwargs: Any) -> Any:
    if len(rule.columns) == 1:
        return known.ExpectColumnValuesToBeUnique(column=rule.columns[0], **kwargs)
    return known.ExpectCompoundColumnsToBeUnique(column_list=list(rule.columns), **kwargs)


def _failure(rule: TableRule, result: Any, n_rows: int) -> Failure:
    found = result.result
    if "unexpected_count" in found:
        listed = [_parts(value) for value in found.get("partial_unexpected_list", [])]
        return failure_from_values(rule, int(found["unexpected_count"]), listed)
    if rule.expectation == "row_count":
        return Failure(rule.expectation, "", f"{n_rows} rows", rule.limit)
    if rule.expectation == "column_exists":
        return Failure(rule.expectation, rule.column, "absent", rule.limit)
    return Failure(rule.expectation, rule.column, f"{RAISED}: {_message(result.exception_info)}", rule.limit)


def _parts(value: Any) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, tuple | list) else [value]


def _message(info: Any) -> str:
    """Return the first exception message; the library nests it per metric where a metric raised."""
    nested = [info, *(one for one in info.values() if isinstance(one, dict))] if isinstance(info, dict) else []
    texts = [str(one["exception_message"]) for one in nested if one.get("exception_message")]
    return texts[0].splitlines()[0][:200] if texts else "the expectation gave no result"
