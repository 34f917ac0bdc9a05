"""How a stage becomes a Dagster asset: one decorator for partition, storage, table gate, retries and metadata.

Here belongs what every stage shares with the orchestrator. What a stage computes is in its own file; what runs when is in
``pipelines``.
"""

from __future__ import annotations

import errno
import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import dagster as dg
import pandas as pd

warnings.filterwarnings("ignore", category=dg.PreviewWarning)

# The newest partition is today's date in UTC: a shop east of Greenwich runs night D before UTC has left D.
NIGHTS = dg.DailyPartitionsDefinition("2019-01-01", end_offset=1)
GATE = "table_gate"
TABLES_KEY = "tables"
RETRY = dg.RetryPolicy(max_retries=2, delay=2.0, backoff=dg.Backoff.EXPONENTIAL)
RUN_RETRY_TAG = "dagster/max_retries"
HELD_TAG = "bidwright/held"
TRANSIENT_ERRNO = frozenset({
    errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ECONNRESET, errno.ENETUNREACH,
})  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What a stage returns: its table, and what a person sees of it in the catalogue."""

    frame: pd.DataFrame
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[dg.AssetCheckResult, ...] = ()


def as_table(frame: pd.DataFrame) -> dg.TableMetadataValue:
    """Return a small table that the catalogue shows as it is, without a click; keep it to 25 rows of short columns."""
    records = [
        dg.TableRecord({str(name): "" if pd.isna(cell) else str(cell) for name, cell in row.items()})
        for row in frame.to_dict("records")
    ]
    schema = dg.TableSchema(columns=[dg.TableColumn(str(name), "string") for name in frame.columns])
    return dg.MetadataValue.table(records, schema)


def is_transient(error: BaseException) -> bool:
    """Tell whether the same step may succeed when it is simply tried again."""
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    return isinstance(error, OSError) and error.errno in TRANSIENT_ERRNO


def fail_permanently(context: dg.AssetExecutionContext, error: Exception) -> dg.Failure:
    """Return the failure that neither the step nor the run-retry daemon will try again."""
    forbid_run_retries(context)
    return dg.Failure(description=f"{type(error).__name__}: {error}", allow_retries=False)


def forbid_run_retries(context: dg.AssetExecutionContext) -> None:
    """Tell the run-retry daemon that this run would fail again."""
    context.instance.add_run_tags(context.run_id, {RUN_RETRY_TAG: "0"})


def tag_held(context: dg.AssetExecutionContext, platforms: Iterable[str]) -> None:
    """Name platforms that are held tonight in the run's tags, beside those that other steps named."""
    run = context.instance.get_run_by_id(context.run_id)
    known = run.tags.get(HELD_TAG, "") if run else ""
    held = sorted({*filter(None, known.split(",")), *platforms})
    if held:
        context.instance.add_run_tags(context.run_id, {HELD_TAG: ",".join(held)})


def night_table(
    *, group: str, checks: tuple[dg.AssetCheckSpec, ...] = (), deps: tuple[str, ...] = ()
) -> Callable[[Callable[..., Step]], dg.AssetsDefinition]:
    """Make a stage function an asset: one table a night, kept with a receipt, behind a blocking table gate."""

    def decorate(compute: Callable[..., Step]) -> dg.AssetsDefinition:
        name = compute.__name__

        @functools.wraps(compute)
        def run(context: dg.AssetExecutionContext, **inputs: Any) -> Iterator[Any]:
            yield from _outcome(context, name, lambda: compute(context, **inputs))

        hints = get_type_hints(
            compute, include_extras=True
        )  # Dagster reads real types, not the text that annotations are kept as
        parameters = [one.replace(annotation=hints[key]) for key, one in inspect.signature(compute).parameters.items()]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        gate = dg.AssetCheckSpec(GATE, asset=name, blocking=True, partitions_def=NIGHTS, description=GATE_TEXT)
        return dg.asset(
            name=name, description=inspect.cleandoc(compute.__doc__ or ""), partitions_def=NIGHTS, io_manager_key=TABLES_KEY,
            group_name=group, check_specs=[gate, *checks], retry_policy=RETRY, deps=list(deps), output_required=True,
        )(run)  # fmt: skip

    return decorate


GATE_TEXT = "Blocking: schema, emptiness, keys and bounds of the table. When it fails, the run stops here."


def _outcome(context: dg.AssetExecutionContext, name: str, compute: Callable[[], Step]) -> Iterator[Any]:
    from assets.expectations.gates import check_table  # noqa: PLC0415 - Great Expectations takes seconds to import

    step = run_guarded(context, compute)
    verdict = check_table(step.frame, name)
    yield dg.Output(step.frame, metadata={**step.metadata, "rows": len(step.frame), GATE: verdict.passed})
    if not verdict.passed:
        forbid_run_retries(context)  # the same inputs would fail again
    yield dg.AssetCheckResult(
        check_name=GATE, passed=verdict.passed, severity=dg.AssetCheckSeverity.ERROR,
        description=None if verdict.passed else verdict.told, metadata={"expectations": verdict.n_expectations},
    )  # fmt: skip
    yield from step.checks


def run_guarded(context: dg.AssetExecutionContext, compute: Callable[[], Any]) -> Any:
    """Run a stage; pass transient errors on to the retry policy and make every other one permanent."""
    try:
        return compute()
    except dg.Failure:
        raise
    except Exception as error:
        if is_transient(error):
            raise
        raise fail_permanently(context, error) from error
