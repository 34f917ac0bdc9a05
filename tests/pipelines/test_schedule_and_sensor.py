"""When a night starts by itself: by the clock of the shop, or once its reports lie in the inbox."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.arrival import night_is_ready
from assets.warehouse.home import open_home
from assets.warehouse.state import mark_published
from configs.loader import load_settings
from configs.schema import Settings
from pipelines.assembly import build_definitions
from pipelines.schedules import nightly_schedule
from pipelines.sensors import inbox_sensor
from tests.pipelines.small_home import NIGHT

SAMPLES = Path(__file__).parents[1] / "samples"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def scheduled(settings: Settings, at: datetime) -> dg.RunRequest:
    context = dg.build_schedule_context(scheduled_execution_time=at)
    return nightly_schedule(settings)(context)


@pytest.mark.parametrize(
    "at",
    [datetime(2025, 6, 25, 2, 30, tzinfo=SHANGHAI), datetime(2025, 6, 24, 18, 30, tzinfo=UTC)],
    ids=["shop_time", "the_same_instant_in_utc"],
)
def test_at_half_past_two_in_shanghai_the_night_that_just_ended_starts(at):
    request = scheduled(Settings(), at)
    assert (request.partition_key, request.run_key) == ("2025-06-24", "night-2025-06-24")


def test_a_shop_in_new_york_gets_its_own_night():
    settings = Settings.model_validate({"shop": {"time_zone": "America/New_York"}})
    at = datetime(2025, 6, 25, 2, 30, tzinfo=ZoneInfo("America/New_York"))
    assert scheduled(settings, at).partition_key == "2025-06-24"


def test_the_schedule_keeps_shop_time_and_is_off_where_the_shop_says_so(fresh_home):
    schedule = build_definitions(fresh_home).resolve_schedule_def("every_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Asia/Shanghai")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert nightly_schedule(Settings()).default_status is dg.DefaultScheduleStatus.RUNNING


def ready_at(home: Path, at: datetime):
    return night_is_ready(home, NIGHT, load_settings(home), at)


MORNING = datetime(2025, 6, 25, 8, 0, tzinfo=SHANGHAI)
DEADLINE = datetime(2025, 6, 25, 9, 30, tzinfo=SHANGHAI)


def test_a_night_starts_as_soon_as_all_required_platforms_have_arrived(fresh_home):
    readiness = ready_at(fresh_home, MORNING)
    assert readiness.is_ready
    assert readiness.reason == f"all required reports of {NIGHT} have arrived"


def test_a_late_platform_is_waited_for_until_the_deadline(fresh_home):
    for report in (fresh_home / "inbox" / NIGHT.isoformat()).glob("Sponsored*"):
        report.unlink()
    for report in (fresh_home / "inbox" / NIGHT.isoformat()).glob("bulk*"):
        report.unlink()
    before = ready_at(fresh_home, DEADLINE - timedelta(minutes=1))
    assert (before.is_ready, before.reason) == (False, f"night {NIGHT} waits for amazon_sp until 09:30")
    after = ready_at(fresh_home, DEADLINE)
    assert (after.is_ready, after.reason) == (True, "deadline 09:30 has come without amazon_sp")


def test_a_bulk_sheet_is_not_the_report_that_is_waited_for(fresh_home):
    for report in (fresh_home / "inbox" / NIGHT.isoformat()).glob("Sponsored*"):
        report.unlink()
    assert not ready_at(fresh_home, MORNING).is_ready


def test_a_night_without_any_file_does_not_start_at_the_deadline(tmp_path):
    assert not ready_at(tmp_path / "home", DEADLINE).is_ready


def test_a_published_night_is_not_started_again(fresh_home):
    mark_published(open_home(fresh_home), NIGHT, 1, ["amazon_sp"])
    assert not ready_at(fresh_home, MORNING).is_ready


def evaluate(home: Path) -> dg.SensorResult | dg.SkipReason:
    return inbox_sensor(home)(dg.build_sensor_context())


def test_the_sensor_skips_with_the_reason_and_asks_for_the_night_once_it_is_ready(tmp_path):
    home = open_home(tmp_path / "home")
    platforms = {name: {"is_enabled": name == "baidu_search"} for name in load_settings().platforms}
    (home.root / "settings.yaml").write_text(f"platforms: {platforms}\n".replace("'", '"').lower())
    waiting = evaluate(home.root)
    assert isinstance(waiting, dg.SkipReason)
    assert "waits for baidu_search until 09:30" in waiting.skip_message
    shutil.copy(SAMPLES / "baidu_search" / "keyword_export.csv", home.inbox)
    (request,) = evaluate(home.root).run_requests
    assert date.fromisoformat(request.partition_key) in {
        (datetime.now(SHANGHAI) - timedelta(days=back)).date() for back in (1, 2)
    }
    assert request.run_key == f"night-{request.partition_key}"
