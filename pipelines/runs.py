"""Runs the jobs of one home in this process, as ``dagster dev`` would: same definitions, same storage, same lease.

What a run's outcome looks like on screen is in ``pipelines.report``; commands and their options are in ``pipelines.cli``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
from dagster._utils.error import SerializableErrorInfo

from assets.steps import HELD_TAG
from assets.warehouse.home import open_home
from pipelines.assembly import build_definitions
from pipelines.messages import TOLD_TAG
from pipelines.resources import keep_libraries_quiet

DAGSTER_YAML = """# Storage is SQLite in this folder. See docs/production.md for PostgreSQL.
telemetry:
  enabled: false
nux:
  enabled: false
run_retries:
  enabled: true
  max_retries: 0
"""


@dataclass(frozen=True)
class RunOutcome:
    """How one run ended."""

    night: date
    run_id: str
    succeeded: bool
    held: tuple[str, ...] = ()
    error: str = ""

    @property
    def exit_status(self) -> int:
        """0 done, 1 failed, 3 done with a platform held."""
        if not self.succeeded:
            return 1
        return 3 if self.held else 0


def open_instance(root: Path) -> dg.DagsterInstance:
    """Return the home's own Dagster instance; its settings file is written when it is missing."""
    home = open_home(root)
    keep_libraries_quiet(home.root)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        settings.write_text(DAGSTER_YAML, encoding="utf-8")
    return dg.DagsterInstance.from_config(str(home.dagster))


def run_job(
    root: Path, job: str, night: date, *, refresh: bool = False, say: Callable[[str, str], None] | None = None
) -> RunOutcome:
    """Run ``job`` for one night and return how it ended; ``say`` hears (step, message) as the run goes on."""
    definitions = build_definitions(root, refresh=refresh, loggers={"console": _listener(say)})
    with open_instance(root) as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=night.isoformat(),
            raise_on_error=False,
            run_config={"loggers": {"console": {}}},
            tags={TOLD_TAG: "command line"},
        )
        run = instance.get_run_by_id(result.run_id)
        held = tuple(filter(None, run.tags.get(HELD_TAG, "").split(","))) if run else ()
        return RunOutcome(night, result.run_id, result.success, held, "" if result.success else _first_error(result))


def _first_error(result: dg.ExecuteInProcessResult) -> str:
    """Return what a person needs first: the gate that failed, else the first failed step's own words."""
    for check in result.get_asset_check_evaluations():
        if check.blocking and not check.passed:
            return f"{check.asset_key.to_user_string()}: {check.check_name} failed: {check.description}"
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data.description if failure.user_failure_data else None
            return f"{event.step_key}: {told or _own_words(failure.error) or 'failed'}"
    failures = [event for event in result.all_events if event.is_failure]
    words = [_own_words(event.job_failure_data.error) or event.message for event in failures]
    return next(filter(None, words), "the run failed before its first step")


def _own_words(error: SerializableErrorInfo | None) -> str:
    """Return name and message of the first error in the chain that is not a wrapper of Dagster's."""
    while error is not None and (error.cls_name or "").startswith("Dagster") and error.cause is not None:
        error = error.cause
    if error is None:
        return ""
    return f"{error.cls_name}: {error.message.strip().partition(': ')[2]}"


def _listener(say: Callable[[str, str], None] | None) -> dg.LoggerDefinition:
    @dg.logger(None, description="Hands steps and messages of a run to the command line.")
    def listen(_: dg.InitLoggerContext) -> logging.Logger:
        heard = logging.Logger("bidwright.run", level=logging.DEBUG if say else logging.CRITICAL)
        if say is not None:
            heard.addHandler(_Handler(say))
        return heard

    return listen


class _Handler(logging.Handler):
    """Passes step starts, successes and a stage's own messages on."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        super().__init__()
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {})
        step, event = str(meta.get("step_key") or ""), meta.get("dagster_event")
        if event is None:
            if record.levelno >= logging.INFO:
                self.say(step, str(meta.get("orig_message", record.getMessage())))
        elif event.event_type_value in {"STEP_START", "STEP_SUCCESS", "STEP_SKIPPED", "STEP_FAILURE"}:
            self.say(step, event.event_type_value)
