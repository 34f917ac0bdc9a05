"""When a night starts by itself: the clock. Arrival of files is in ``pipelines.sensors``."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from configs.schema import Settings
from pipelines.jobs import NIGHTLY


def nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule that starts night D on the morning of D+1, at the shop's own time."""
    zone = ZoneInfo(settings.shop.time_zone)

    @dg.schedule(
        job=NIGHTLY,
        cron_schedule=settings.schedule,
        execution_timezone=settings.shop.time_zone,
        name="every_night",
        default_status=dg.DefaultScheduleStatus.RUNNING
        if settings.is_schedule_on
        else dg.DefaultScheduleStatus.STOPPED,
        description="02:30 shop time: advise from everything known about yesterday.",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = (context.scheduled_execution_time.astimezone(zone) - timedelta(days=1)).date().isoformat()
        return dg.RunRequest(run_key=f"night-{night}", partition_key=night)

    return every_night
