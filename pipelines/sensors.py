"""What starts a night when people bring the files: the inbox. The clock is in ``pipelines.schedules``."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from assets.arrival import night_is_ready
from configs.loader import load_settings
from pipelines.jobs import NIGHTLY


def inbox_sensor(root: Path) -> dg.SensorDefinition:
    """Return the sensor that starts the open night once the required platforms have arrived, or at the deadline."""

    @dg.sensor(
        job=NIGHTLY,
        name="inbox",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts the night when every required report lies in the inbox, or when the deadline has come.",
    )
    def inbox() -> dg.SensorResult | dg.SkipReason:
        settings = load_settings(root)
        now = datetime.now(ZoneInfo(settings.shop.time_zone))
        night = (now - timedelta(days=1)).date()
        readiness = night_is_ready(root, night, settings, now)
        if not readiness.is_ready:
            return dg.SkipReason(readiness.reason)
        request = dg.RunRequest(run_key=f"night-{night.isoformat()}", partition_key=night.isoformat())
        return dg.SensorResult(run_requests=[request], cursor=night.isoformat())

    return inbox
