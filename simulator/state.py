"""Keeps a simulated market in ``<home>/simulator/state.json``: its options and every edit, from which it is replayed.

The truth itself is never written, neither here nor in the inbox: it follows from the options.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from simulator.market import SimulatorError
from simulator.options import MarketOptions
from simulator.shop import SimulatedMarket

VERSION = 1


def state_path(home: Path) -> Path:
    """Return where a home keeps its simulated market."""
    return home / "simulator" / "state.json"


def save_market(market: SimulatedMarket, home: Path) -> Path:
    """Write the market's options, edits and last day."""
    content = {
        "version": VERSION,
        "options": _plain(market.options),
        "last_lived": market.last_lived.isoformat(),
        "edits": [{"from": day.isoformat(), **edit} for day, edit in market.edits],
    }
    path = state_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def load_market(home: Path) -> SimulatedMarket:
    """Return the home's market as it was saved, by living through its days and edits again."""
    content = _read(state_path(home))
    market = SimulatedMarket(_options(content["options"]))
    for entry in content["edits"]:
        edit = dict(entry)
        market.replay_edit(date.fromisoformat(edit.pop("from")), edit)
    market.live_until(date.fromisoformat(content["last_lived"]))
    return market


def check_same_market(home: Path, options: MarketOptions) -> None:
    """Refuse to put another market, or a market that bid files have changed, into a home that already has one."""
    path = state_path(home)
    if not path.exists():
        return
    content = _read(path)
    if content["options"] != _plain(options):
        old = content["options"]
        raise SimulatorError(
            f"cannot simulate seed {options.seed}, {options.days} days in {home}: it already holds the market of "
            f"seed {old.get('seed')}, {old.get('days')} days. Choose another --home, or remove {home}."
        )
    if content["edits"]:
        raise SimulatorError(
            f"cannot simulate again in {home}: {len(content['edits'])} bid changes were already applied to its market. "
            f"Choose another --home, or remove {home}."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SimulatorError(
            f"cannot read the simulated market in {path}: {error}. Run bidwright simulate, or restore the file."
        ) from error
    if version != VERSION:
        raise SimulatorError(
            f"cannot read the simulated market in {path}: version {version}, this program writes version {VERSION}. "
            "Simulate again in another --home."
        )
    return dict(content)


def _plain(options: MarketOptions) -> dict[str, Any]:
    return {**asdict(options), "last_night": options.last_night.isoformat()}


def _options(content: dict[str, Any]) -> MarketOptions:
    return MarketOptions(**{**content, "last_night": date.fromisoformat(content["last_night"])})
