"""Whether the open night may start: the required platforms have files, or the deadline has come.

Reads the inbox's arrivals only; starting a run is the work of ``pipelines.sensors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
    missing = sorted(_required(settings) - _platforms_in(home.originals, [one.sha256 for one in here]))
    if not missing:
        return Readiness(True, f"all required reports of {night} have arrived")
    deadline = datetime.combine(night + timedelta(days=1), time.fromisoformat(settings.deadline), now.tzinfo)
    if here and now >= deadline:
        return Readiness(True, f"deadline {settings.deadline} has come without {', '.join(missing)}")
    return Readiness(False, f"night {night} waits for {', '.join(missing)} until {settings.deadline}")


def _required(settings: Settings) -> set[str]:
    return {name for name, use in settings.platforms.items() if use.is_enabled and use.required}


def _platforms_in(folder: Path, hashes: list[str]) -> set[str]:
    found: set[str] = set()
    for sha256 in hashes:
        try:
            found.update(table.platform for table in read_source(folder / sha256, load_platforms()).tables)
        except UnreadableFileError:
            continue  # the night itself reports it; here it only does not count as arrived
    return found
