"""Tells people how the night went, through the channels in ``messages_to`` (apprise URLs: 钉钉, 飞书, 企业微信, Slack, mail).

The words are made in ``assets.presentation.messages``. A message that cannot be sent never fails a night.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg

from assets.batch import open_batch
from assets.overview import night_summary
from assets.presentation.messages import night_message
from assets.refusal import held_status
from configs.loader import load_settings
from pipelines.jobs import NIGHTLY

TOLD_TAG = "bidwright/told"  # the command line tells by itself; the sensors stay silent then


def tell_night(root: Path, night: date, error: str = "") -> bool:
    """Send how ``night`` went to every configured channel; False when there is none or one did not take it."""
    channels = load_settings(root).messages_to
    if not channels:
        return False
    import apprise  # noqa: PLC0415 - only shops that ask for messages pay for the import

    sender = apprise.Apprise()
    if not all(sender.add(channel) for channel in channels):
        return False
    return bool(sender.notify(body=night_text(root, night, error), title=f"Bidwright {night}"))


def night_text(root: Path, night: date, error: str = "") -> str:
    """Return the message: the plan in both languages, or why there is none."""
    if error:
        return f"{night} 夜间任务失败，未发布任何文件 / the night failed, nothing was published:\n{error}"
    batch = open_batch(root, night)
    status = held_status(batch)
    summary = night_summary(batch.table("recommendations"), batch)
    return "\n\n".join(night_message(summary, status, language) for language in ("zh", "en"))


def message_sensors(root: Path) -> list[dg.SensorDefinition]:
    """Return the sensors that tell about runs which the command line did not start."""

    @dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, monitored_jobs=[NIGHTLY], name="tell_success")
    def tell_success(context: dg.RunStatusSensorContext) -> Iterator[dg.SkipReason]:
        yield _told(root, context.dagster_run, "")

    @dg.run_status_sensor(run_status=dg.DagsterRunStatus.FAILURE, monitored_jobs=[NIGHTLY], name="tell_failure")
    def tell_failure(context: dg.RunStatusSensorContext) -> Iterator[dg.SkipReason]:
        yield _told(root, context.dagster_run, context.dagster_event.message or "the run failed")

    return [tell_success, tell_failure]


def _told(root: Path, run: dg.DagsterRun, error: str) -> dg.SkipReason:
    if TOLD_TAG in run.tags or "dagster/partition" not in run.tags:
        return dg.SkipReason("the command line told about this run itself")
    sent = tell_night(root, date.fromisoformat(run.tags["dagster/partition"]), error)
    return dg.SkipReason("message sent" if sent else "no channel in messages_to took the message")
