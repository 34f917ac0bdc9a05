"""Whether the open night may start: the required platforms have files, or the deadline has come.

Reads the inbox's arrivals only; starting a run is the work of ``pipelines.sensors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from assets.platforms.errors import UnreadableFileError
from assets.platforms.reader import read_source
from assets.warehouse import arrivals, state
from assets.warehouse.home import open_home
from configs.loader import load_platforms
from configs.schema import Settings


@dataclass(frozen=True)
class Readiness:
    """May the night start, and why (not)."""

    is_ready: bool
    reason: str


def night_is_ready(root: Path, night: date, settings: Settings, now: datetime) -> Readiness:
    """Return whether ``night`` may start at ``now`` (shop time)."""
    home = open_home(root)
    if state.is_published(home, night):
        return Readiness(False, f"night {night} has been published already")
    here = [one for one in arrivals.record_arrivals(home, night) if one.as_of == night]
    lacking = _required(settings) - {one for file in here for one in reports_in(home.originals / file.sha256)}
    missing = sorted({platform for platform, _ in lacking})
    if not missing:
        return Readiness(True, f"all required reports of {night} have arrived")
    deadline = datetime.combine(night + timedelta(days=1), time.fromisoformat(settings.deadline), now.tzinfo)
    if here and now >= deadline:
        return Readiness(True, f"deadline {settings.deadline} has come without {', '.join(missing)}")
    return Readiness(False, f"night {night} waits for {', '.join(missing)} until {settings.deadline}")


def _required(settings: Settings) -> set[tuple[str, str]]:
    """Return platform and kind of every report that the night must have."""
    uses = {name: use for name, use in settings.platforms.items() if use.is_enabled}
    return {(name, kind) for name, use in uses.items() for kind in use.required}


@lru_cache(maxsize=1024)  # the sensor asks every minute, and an original never changes
def reports_in(original: Path) -> frozenset[tuple[str, str]]:
    """Return platform and kind of each report in a file; a file that cannot be read has none."""
    try:
        return frozenset((table.platform, table.kind) for table in read_source(original, load_platforms()).tables)
    except UnreadableFileError:
        return frozenset()  # the night itself reports it; here it only does not count as arrived
