"""Fills a home with a simulated shop: its settings and the exports of every night. The screen is ``simulator.cli``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from simulator.export_baidu import ACCOUNT as BAIDU_ACCOUNT
from simulator.options import PROFILES, USD_RATE, MarketOptions
from simulator.scoring import expected_money
from simulator.shop import SimulatedMarket
from simulator.state import check_same_market, save_market

ACCOUNTS = {"baidu_search": BAIDU_ACCOUNT}  # the one export that names its account


@dataclass(frozen=True)
class DemoResult:
    """What was written."""

    home: Path
    first_night: date
    last_night: date
    files: int
    size_bytes: int
    has_new_settings: bool
    daily_cost: float
    daily_profit: float


def fill_home(home: Path, options: MarketOptions, on_night: Callable[[date], None] | None = None) -> DemoResult:
    """Write ``inbox/<night>/`` for every night, ``settings.yaml`` and ``calendar.yaml`` where missing, and the state.

    Raises
    ------
    SimulatorError
        If the home already holds another simulated market, or one that bid files have changed.
    """
    check_same_market(home, options)
    market = SimulatedMarket(options)
    files: list[Path] = []
    for step in range(options.days):
        night = options.first_night + timedelta(days=step)
        files += market.export(night, home / "inbox" / night.isoformat())
        if on_night is not None:
            on_night(night)
    score = market.score()
    is_new = _write_once(home / "settings.yaml", demo_settings(market))
    _write_once(home / "calendar.yaml", DEMO_CALENDAR)
    save_market(market, home)
    return DemoResult(
        home=home,
        first_night=options.first_night,
        last_night=options.last_night,
        files=len(files),
        size_bytes=sum(path.stat().st_size for path in files),
        has_new_settings=is_new,
        daily_cost=score.cost,
        daily_profit=score.profit,
    )


def demo_settings(market: SimulatedMarket) -> dict[str, object]:
    """Return the settings of the simulated shop: schedule off, dated dollar rate, its platforms and its budget."""
    money = expected_money(market.world, market.world.today)
    total = round(sum(part.cost for part in money.values()), -2)
    return {
        "shop": {"name": "山野集 (simulated)", "time_zone": "Asia/Shanghai", "currency": "CNY"},
        "platforms": {name: {"is_enabled": True, "account": ACCOUNTS.get(name, "main")} for name in PROFILES},
        "budget": {"daily_total": float(total), "mode": "flexible"},
        "fx": [{"currency": "USD", "from_date": date(2025, 1, 1), "rate": USD_RATE}],
        "is_schedule_on": False,
    }


DEMO_CALENDAR: dict[str, object] = {
    "events": [
        {
            "name": "618",
            "start": "06-01",
            "end": "06-20",
            "factor": 1.4,
            "platforms": [name for name, profile in PROFILES.items() if profile.language == "zh"],
        }
    ]
}


def _write_once(path: Path, content: dict[str, object]) -> bool:
    """Write a YAML file unless the home already has its own; return whether it was written."""
    if path.exists():
        return False
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return True
