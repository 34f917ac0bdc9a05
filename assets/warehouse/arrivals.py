"""Which files have arrived, and for which night: the inbox by content hash, each original kept once.

A file in ``inbox/<night>/`` is for that night; a loose file gets the open night when its bytes are first seen, never an
older one. What a night then uses is frozen by ``inputs``; what the files hold is read by ``assets.platforms``.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assets.platforms.labels import file_label
from assets.warehouse.documents import CHUNK, read_document, write_document
from assets.warehouse.home import Home
from assets.warehouse.lease import lock_file
from assets.warehouse.state import as_night, nights_in

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download")
NOT_REPORTS = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Arrival:
    """One content that has arrived. ``error`` says why a file could not be read; it then has no hash."""

    file: str  # first of its names, relative to the inbox
    sha256: str
    as_of: date
    names: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class _Sighting:
    """One file of the inbox in this scan."""

    name: str
    sha256: str
    error: str

    @property
    def night(self) -> date | None:
        """The night whose folder the file lies in, None for a loose file."""
        first, _, rest = self.name.partition("/")
        return as_night(first) if rest else None


def record_arrivals(home: Home, night: date) -> tuple[Arrival, ...]:
    """Return everything that has arrived so far, ordered by hash; new loose files are for the open night.

    The open night is ``night``, or the newest night whose inputs have been frozen when that is later: re-running an
    old night cannot slip new files under it. The same bytes again keep their earliest night. Files that cannot be
    read come back with ``error`` and are tried again next time.
    """
    with lock_file(home.state / "arrivals.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        open_night = max([night, *nights_in(home.state / "nights")])
        sightings = _keep_originals(home)
        known = _known(home)
        for sha256, names, as_of in _merge(known, sightings, open_night):
            known[sha256] = {"night": as_of.isoformat(), "names": names}
        _write_if_changed(home.state / "arrivals.json", known)
    unread = [Arrival(one.name, "", one.night or open_night, (one.name,), one.error) for one in sightings if one.error]
    return (*sorted(unread, key=lambda one: one.file), *_as_arrivals(known))


def known_arrivals(home: Home) -> tuple[Arrival, ...]:
    """Return what has been recorded so far, ordered by hash, without looking into the inbox."""
    return _as_arrivals(_known(home))


def _known(home: Home) -> dict[str, Any]:
    content = read_document(home.state / "arrivals.json")
    return {} if content is None else content


def _as_arrivals(known: dict[str, Any]) -> tuple[Arrival, ...]:
    return tuple(
        Arrival(entry["names"][0], sha256, date.fromisoformat(entry["night"]), tuple(entry["names"]))
        for sha256, entry in sorted(known.items())
    )


def _merge(
    known: dict[str, Any], sightings: Sequence[_Sighting], open_night: date
) -> Iterator[tuple[str, list[str], date]]:
    """Yield hash, all names and night of each content seen: the earliest of known, folder and loose one."""
    seen: defaultdict[str, list[_Sighting]] = defaultdict(list)
    for one in sightings:
        if not one.error:
            seen[one.sha256].append(one)
    for sha256, group in seen.items():
        entry = known.get(sha256)
        names = {one.name for one in group}
        nights = {one.night for one in group if one.night is not None}
        if entry is not None:
            nights.add(date.fromisoformat(entry["night"]))
        old_names = set() if entry is None else set(entry["names"])
        if any(one.night is None and one.name not in old_names for one in group):
            nights.add(open_night)
        yield sha256, sorted(names | old_names), min(nights)


def _keep_originals(home: Home) -> list[_Sighting]:
    """Hash every file of the inbox and keep a copy of each content; files that did not change are not read again."""
    cache_path = home.warehouse / "arrivals_cache.json"
    content = read_document(cache_path)
    cache = {} if content is None else content
    fresh: dict[str, Any] = {}
    sightings = []
    for path, refusal in _scan(home.inbox):
        key = path.relative_to(home.inbox).as_posix()  # with undecodable bytes escaped; `name` is fit for people
        name = os.fsencode(key).decode("utf-8", "replace")
        try:
            if refusal is not None:
                raise refusal
            fresh[key] = _keep(home, path, cache.get(key))
            sightings.append(_Sighting(name, fresh[key][-1], ""))
        except OSError as error:
            sightings.append(_Sighting(name, "", _reason(name, error)))
    _write_if_changed(cache_path, fresh)
    return sightings


def _keep(home: Home, path: Path, cached: list[Any] | None) -> list[Any]:
    """Keep a copy of the file; return size, times and hash, by which it is known next time."""
    info = path.stat()
    mark = [info.st_size, info.st_mtime_ns, info.st_ctime_ns]
    if cached is not None and cached[:-1] == mark and (home.originals / cached[-1]).exists():
        return cached
    return [*mark, _copy(path, home.originals)]


def _copy(path: Path, originals: Path) -> str:
    """Copy the file while hashing it, so that the kept bytes are the hashed ones."""
    digest = hashlib.sha256()
    incoming = originals / f".incoming-{os.getpid()}.tmp"  # only one scan runs at a time, see the lock
    try:
        with path.open("rb") as stream, incoming.open("wb") as copy:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
        incoming.replace(originals / digest.hexdigest())
    finally:
        incoming.unlink(missing_ok=True)
    return digest.hexdigest()


def _scan(folder: Path) -> Iterator[tuple[Path, OSError | None]]:
    """Yield every report file below ``folder``, and every folder that cannot be listed with the refusal."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        yield folder, error
        return
    for entry in entries:
        if _is_ignored(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _scan(Path(entry.path))
        elif entry.is_file():
            yield Path(entry.path), None


def _is_ignored(name: str) -> bool:
    lower = name.lower()
    return name.startswith((".", "~$")) or lower.endswith(UNFINISHED) or lower in NOT_REPORTS


def _reason(name: str, error: OSError) -> str:
    return (
        f"cannot read {file_label(name)}: {error.strerror}; it must be readable by user id {os.geteuid()}. "
        f"Give this user read permission (chmod u+r, u+rx for a folder) and run again."
    )


def _write_if_changed(path: Path, content: dict[str, Any]) -> None:
    if read_document(path) != content:
        write_document(path, content)
