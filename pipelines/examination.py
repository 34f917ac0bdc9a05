"""``bidwright doctor``: whether this machine and home can run a night, each fault with its remedy."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from assets.warehouse import state
from assets.warehouse.arrivals import record_arrivals
from assets.warehouse.errors import HomeError
from assets.warehouse.home import Home, open_home
from assets.warehouse.lease import hold_lease
from configs.loader import ConfigError, load_calendar, load_guardrails, load_platforms, load_settings
from pipelines.commands import resolve_night
from pipelines.output import guarded, print_json
from pipelines.resources import home_root

LIBRARIES = ("dagster", "pandas", "scipy", "statsmodels", "pyarrow", "great-expectations", "duckdb")
MIN_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    is_good: bool
    told: str


@guarded
def examine(home: Path | None, json_output: bool) -> int:
    """Print every finding; exit status 1 if one of them would stop a night."""
    root = home_root(home)
    settings = _configuration(root)
    findings = [_python(), *_libraries(), settings, *(_home(root) if settings.is_good else [])]
    if json_output:
        print_json(
            {
                "home": str(root),
                "is_good": all(one.is_good for one in findings),
                "findings": [asdict(one) for one in findings],
            }
        )
    else:
        for one in findings:
            sys.stdout.write(f"{'ok  ' if one.is_good else 'FAIL'}  {one.name}: {one.told}\n")
    return 0 if all(one.is_good for one in findings) else 1


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), f"{version} (3.11 or newer is needed)")


def _libraries() -> list[Finding]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(Finding(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed; run `make setup`"))
    return found


def _configuration(root: Path) -> Finding:
    try:
        settings = load_settings(root)
        load_guardrails(root), load_calendar(root)
        known = load_platforms()
    except ConfigError as error:
        return Finding("settings", False, str(error))
    enabled = [name for name, use in settings.platforms.items() if use.is_enabled]
    unknown = sorted(set(enabled) - set(known))
    told = f"{len(enabled)} platforms enabled, shop currency {settings.shop.currency}"
    if unknown:
        told = f"no platform file for {', '.join(unknown)}; add configs/platforms/<name>.yaml or disable them"
    return Finding("settings", not unknown, told)


def _home(root: Path) -> list[Finding]:
    try:
        home = open_home(root)
    except HomeError as error:
        return [Finding("home", False, str(error))]
    free = shutil.disk_usage(home.root).free
    space = Finding("disk", free >= MIN_FREE_BYTES, f"{free / 1e9:,.1f} GB free (1 GB or more is needed)")
    return [Finding("home", True, str(home.root)), space, _lease(home), _inbox(home)]


def _lease(home: Home) -> Finding:
    try:
        with hold_lease(home, owner="doctor", wait_seconds=0):
            return Finding("lease", True, "free")
    except RuntimeError as error:
        return Finding("lease", True, f"in use: {error}")


def _inbox(home: Home) -> Finding:
    arrivals = record_arrivals(home, resolve_night(home.root, ""))
    unread = [one.error for one in arrivals if one.error]
    newest = state.newest_night(home)
    told = f"{len(arrivals)} files known, newest computed night {newest or 'none'}"
    return Finding("inbox", not unread, "; ".join(unread[:3]) if unread else told)
