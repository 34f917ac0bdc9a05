"""What a night may know: frozen by its first run, so that every later run of that night reads the same.

The files are named by hash and lie in ``originals``; which file belongs to which night is decided by ``arrivals``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assets.warehouse.arrivals import known_arrivals
from assets.warehouse.documents import read_document, write_document
from assets.warehouse.errors import InputsFrozenError, MissingOriginalError
from assets.warehouse.home import Home
from assets.warehouse.state import night_folder, published_nights, state_digests


@dataclass(frozen=True)
class InputFile:
    """One file that a night sees."""

    sha256: str
    name: str  # relative to the inbox
    as_of: date


@dataclass(frozen=True)
class NightInputs:
    """All that a night may know. ``config_changed`` and ``state_changed`` compare this run with the frozen record."""

    night: date
    revision: int
    files: tuple[InputFile, ...]
    config_hash: str
    digests: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)  # overrides, exchange rates and whatever else decides
    config_changed: bool = False
    state_changed: tuple[str, ...] = ()


def freeze_inputs(
    home: Home, night: date, config_hash: str, *, refresh: bool = False, extra: Mapping[str, Any] | None = None
) -> NightInputs:
    """Return the inputs of ``night``: frozen now if this is its first run, else as its first run froze them.

    ``refresh`` takes them anew as the next revision and is refused once a later night has been published. A night
    that sees no file at all is not frozen: there is nothing to repeat, and files may still come.
    """
    frozen = read_inputs(home, night)
    if frozen is not None and not refresh:
        _require_originals(home, frozen)
        return _compare(frozen, config_hash, state_digests(home, night))
    later = [one for one in published_nights(home) if one > night]
    if frozen is not None and later:
        raise InputsFrozenError(night, later)
    files = tuple(InputFile(one.sha256, one.file, one.as_of) for one in known_arrivals(home) if one.as_of <= night)
    taken = NightInputs(
        night,
        1 if frozen is None else frozen.revision + 1,
        files,
        config_hash,
        state_digests(home, night),
        {} if extra is None else dict(extra),
    )
    _require_originals(home, taken)
    if files:
        _write(home, taken)
    return taken


def read_inputs(home: Home, night: date) -> NightInputs | None:
    """Return the frozen inputs of ``night``, or None when it has not run."""
    content = read_document(night_folder(home, night) / "inputs.json")
    if content is None:
        return None
    files = tuple(InputFile(one["sha256"], one["name"], date.fromisoformat(one["as_of"])) for one in content["files"])
    return NightInputs(
        night, content["revision"], files, content["config_hash"], content["digests"], content["extra"]
    )  # fmt: skip


def _write(home: Home, inputs: NightInputs) -> None:
    content = {
        "night": inputs.night.isoformat(),
        "revision": inputs.revision,
        "files": [{"sha256": one.sha256, "name": one.name, "as_of": one.as_of.isoformat()} for one in inputs.files],
        "config_hash": inputs.config_hash,
        "digests": dict(inputs.digests),
        "extra": dict(inputs.extra),
    }
    folder = night_folder(home, inputs.night)
    write_document(folder / f"inputs-r{inputs.revision}.json", content)  # earlier revisions stay readable
    write_document(folder / "inputs.json", content)


def _compare(frozen: NightInputs, config_hash: str, digests: Mapping[str, str]) -> NightInputs:
    names = sorted(set(frozen.digests) | set(digests))
    changed = tuple(name for name in names if frozen.digests.get(name) != digests.get(name))
    return NightInputs(
        frozen.night, frozen.revision, frozen.files, frozen.config_hash, frozen.digests, frozen.extra,
        config_changed=frozen.config_hash != config_hash, state_changed=changed,
    )  # fmt: skip


def _require_originals(home: Home, inputs: NightInputs) -> None:
    kept = {path.name for path in home.originals.iterdir()} if home.originals.is_dir() else set()
    missing = [one.name for one in inputs.files if one.sha256 not in kept]
    if missing:
        raise MissingOriginalError(inputs.night, missing)
