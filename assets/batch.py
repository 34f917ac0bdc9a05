"""One night's frame: its home, frozen inputs, configuration and code version, opened once and handed to every stage.

Here belongs what all stages need to know about the night. No Dagster, no formulas.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from assets.warehouse import arrivals, inputs, tables
from assets.warehouse.arrivals import Arrival
from assets.warehouse.home import Home, open_home
from assets.warehouse.inputs import NightInputs
from assets.warehouse.tables import Stamp
from configs.loader import choose_bid_files, config_hash, load_calendar, load_guardrails, load_platforms, load_settings
from configs.platform_schema import Platform
from configs.schema import Calendar, Guardrails, PlatformUse, Settings

CODE_FOLDERS = ("assets", "optimizers", "configs")


@dataclass(frozen=True)
class Batch:
    """All that one night's stages may know."""

    home: Home
    night: date
    inputs: NightInputs
    settings: Settings
    guardrails: Guardrails
    calendar: Calendar
    platforms: dict[str, Platform]
    config_hash: str
    unread: tuple[Arrival, ...] = ()  # files of the inbox that this user may not read

    @property
    def uses(self) -> dict[str, PlatformUse]:
        """Platforms that the shop buys on, in name order."""
        return {name: use for name, use in sorted(self.settings.platforms.items()) if use.is_enabled}

    def account(self, platform: str) -> str:
        """Return the account name for rows whose export does not name one."""
        use = self.settings.platforms.get(platform)
        return "main" if use is None else use.account

    def table(self, name: str) -> pd.DataFrame:
        """Return one of tonight's tables."""
        return tables.read_table(self.home, self.night, self.inputs.revision, name)

    def stamp(self, verdicts: dict[str, bool]) -> Stamp:
        """Return what a receipt says about configuration, code and gates."""
        return Stamp(config_hash=self.config_hash, code_hash=code_hash(), verdicts=verdicts)


@dataclass
class Batches:
    """Opens nights of one home; a run opens its night once."""

    root: Path
    refresh: bool = False
    opened: dict[date, Batch] = field(default_factory=dict)

    def open(self, night: date) -> Batch:
        """Return the night's frame; the first call of a night records arrivals and freezes its inputs.

        ``refresh`` is meant for the night that is run, which is opened first, never for a newer one that is only shown.
        """
        if night not in self.opened:
            self.opened[night] = open_batch(self.root, night, refresh=self.refresh and not self.opened)
        return self.opened[night]


def open_batch(root: Path, night: date, *, refresh: bool = False) -> Batch:
    """Load configuration, record what has arrived, freeze the night's inputs."""
    home = open_home(root)
    settings, guardrails, calendar = load_settings(home.root), load_guardrails(home.root), load_calendar(home.root)
    platforms = choose_bid_files(load_platforms(), settings)
    fingerprint = config_hash(settings, guardrails, calendar, platforms)
    seen = arrivals.record_arrivals(home, night)
    frozen = inputs.freeze_inputs(home, night, fingerprint, refresh=refresh)
    unread = tuple(one for one in seen if one.error)
    return Batch(home, night, frozen, settings, guardrails, calendar, platforms, fingerprint, unread)


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return one sha256 over the code and data that decide a result."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
