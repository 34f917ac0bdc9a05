"""What one night leaves for the next: named payloads per night, and the list of published nights.

Frozen inputs lie in the same folders but belong to ``inputs``; facts and tables can be rebuilt and are not state.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from assets.warehouse.documents import hash_file, read_document, write_document
from assets.warehouse.home import Home

RESERVED = "inputs"


def night_folder(home: Home, night: date) -> Path:
    """Return where the state of ``night`` lies."""
    return home.state / "nights" / night.isoformat()


def write_state(home: Home, night: date, name: str, payload: dict[str, Any]) -> None:
    """Keep ``payload`` as what ``night`` knows under ``name``; a re-run writes over it."""
    if not name.isidentifier() or name.startswith(RESERVED):
        raise ValueError(f"a state's name must be a plain word other than {RESERVED}..., not {name!r}; rename it")
    write_document(night_folder(home, night) / f"{name}.json", payload)


def read_state(home: Home, night: date, name: str) -> dict[str, Any] | None:
    """Return what ``night`` itself knows under ``name``, or None."""
    return read_document(night_folder(home, night) / f"{name}.json")


def numbered_states(home: Home, night: date, prefix: str) -> list[tuple[int, dict[str, Any]]]:
    """Return (number, payload) of every state of ``night`` that is called ``prefix`` and a number, in order."""
    found = []
    for path in night_folder(home, night).glob(f"{prefix}*.json"):
        number = path.stem.removeprefix(prefix)
        content = read_document(path) if number.isdigit() else None
        if content is not None:
            found.append((int(number), content))
    return sorted(found, key=lambda one: one[0])


def latest_state_before(home: Home, name: str, night: date) -> dict[str, Any] | None:
    """Return the newest payload of ``name`` from a night before ``night``, or None; gaps between nights are legal."""
    path = _latest_path(home, name, night)
    return None if path is None else read_document(path)


def state_digests(home: Home, night: date) -> dict[str, str]:
    """Return, for every name of state, the sha256 of what ``night`` would read."""
    names = {path.stem for path in (home.state / "nights").glob("*/*.json") if not path.stem.startswith(RESERVED)}
    found = {name: _latest_path(home, name, night) for name in sorted(names)}
    return {name: hash_file(path) for name, path in found.items() if path is not None}


def mark_published(home: Home, night: date, revision: int, platforms: Iterable[str]) -> None:
    """Add to the list of published nights; platforms published earlier on that night stay listed."""
    path = home.state / "published.json"
    content = read_document(path)
    nights = {} if content is None else content
    nights.setdefault(night.isoformat(), {}).update(dict.fromkeys(platforms, revision))
    write_document(path, nights)


def published_nights(home: Home) -> dict[date, dict[str, int]]:
    """Return each published night with the revision of each of its platforms, oldest night first."""
    content = read_document(home.state / "published.json")
    nights: dict[date, dict[str, int]] = (
        {} if content is None else {date.fromisoformat(key): content[key] for key in content}
    )
    for manifest in home.outbox.glob("*/*/manifest.json"):
        night = as_night(manifest.parent.parent.name)
        if night is not None:
            nights.setdefault(night, {})
    return dict(sorted(nights.items()))


def is_published(home: Home, night: date) -> bool:
    """Return whether anything of ``night`` has been published."""
    return night in published_nights(home)


def is_approved(home: Home, night: date) -> bool:
    """Return whether a person has approved what ``night`` recommends (kept as its state ``approval``)."""
    content = read_document(night_folder(home, night) / "approval.json")
    return content is not None and content.get("approved") is True


def newest_night(home: Home) -> date | None:
    """Return the newest night that has tables or was published, or None."""
    with_tables = nights_in(home.warehouse / "tables")
    return max([*with_tables, *published_nights(home)], default=None)


def nights_in(folder: Path) -> list[date]:
    """Return the nights that have a folder of their own in ``folder``, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(night for path in folder.iterdir() if path.is_dir() and (night := as_night(path.name)) is not None)


def as_night(name: str) -> date | None:
    """Return the night that a folder is named after, or None for any other name."""
    if len(name) != len("2000-01-01"):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _latest_path(home: Home, name: str, night: date) -> Path | None:
    for one in reversed(nights_in(home.state / "nights")):
        path = night_folder(home, one) / f"{name}.json"
        if one < night and path.exists():
            return path
    return None
