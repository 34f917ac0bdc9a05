"""Recognises a report by its header: which known report a row of cells is the header of, and which column is which.

Only the set of headers counts, never order, file name or line. Two reports that fit equally well are refused, for a
guess would put money into the wrong column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.grid import Grid
from configs.platform_schema import ColumnSpec, Platform, ReportSpec

_WRAPPER = re.compile(r'^="?(.*?)"?$', re.DOTALL)
_SPACES = re.compile(r"\s+")
_MIN_NEAREST_SHARE = 0.5
_SHOWN = 5


@dataclass(frozen=True)
class Match:
    """A grid that is a known report: where its header is and at which position each canonical column stands."""

    platform: Platform
    spec: ReportSpec
    line: int
    headers: tuple[str, ...]
    columns: dict[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]

    def position(self, header: str) -> int | None:
        """Return the position of a header, or None."""
        wanted = normalise_header(header)
        return next((at for at, name in enumerate(self.headers) if normalise_header(name) == wanted), None)

    @property
    def n_known(self) -> int:
        """Return how many of the file's headers this report explains."""
        return len([name for name in self.headers if name]) - len(self.unknown)


@lru_cache(maxsize=50_000)
def normalise_header(header: str) -> str:
    """Return a header as it is compared: NFKC, unwrapped from ``="..."``, single spaces, no case."""
    text = unicodedata.normalize("NFKC", header.lstrip("\ufeff")).strip()
    if text.startswith("="):
        text = _WRAPPER.sub(r"\1", text)
    return _SPACES.sub(" ", text).strip().casefold()


def recognise(grid: Grid, platforms: Mapping[str, Platform]) -> Match | None:
    """Return the report that ``grid`` is, or None when its header is unknown.

    Raises
    ------
    UnreadableFileError
        If two reports fit equally well, or a needed header stands twice.
    """
    known = _known_headers(platforms)
    for line, cells in grid.preview():
        if sum(normalise_header(cell) in known for cell in cells) < 1:
            continue
        matches = [match for spec in _specs(platforms, grid) if (match := _match(spec, line, cells))]
        if matches:
            return _only_best(matches, grid)
    return None


def unknown_file(grid: Grid, platforms: Mapping[str, Platform]) -> UnreadableFileError:
    """Return the error for a table that is no known report: the nearest one, and what differs."""
    nearest = _nearest(grid, platforms)
    if nearest is None:
        return UnreadableFileError(
            Message(
                code="unknown_file",
                text="no row looks like the header of a known report.",
                file=grid.label,
                limit=", ".join(sorted(platforms)),
                remedy="Export a report that docs/templates.md lists, or describe this one in configs/platforms.",
            )
        )
    platform, spec, line, missing, extra = nearest
    text = f"the header in line {line} is nearest to {platform.name}/{spec.name}, but has no column {_listed(missing)}"
    text += f" and has {_listed(extra)} instead." if extra else "."
    return UnreadableFileError(
        Message(
            code="missing_column",
            text=text,
            file=grid.label,
            line=line,
            column=missing[0] if missing else "",
            value=_listed(extra),
            limit=_listed(missing),
            remedy="Export the report again with these columns, or add the new names to "
            f"configs/platforms/{platform.name}.yaml.",
        ),
        platform.name,
        spec.kinds[0],
    )


def _specs(platforms: Mapping[str, Platform], grid: Grid) -> list[tuple[Platform, ReportSpec]]:
    return [
        (platform, spec)
        for _, platform in sorted(platforms.items())
        for spec in platform.reports
        if not (grid.sheet and spec.sheets and grid.sheet not in spec.sheets)
    ]


def _known_headers(platforms: Mapping[str, Platform]) -> frozenset[str]:
    """Headers that any report requires, spelt out; a header row holds at least one of them."""
    return frozenset(
        normalise_header(header)
        for platform in platforms.values()
        for spec in platform.reports
        for column in spec.columns.values()
        if column.required and not column.pattern
        for header in column.headers
    )


def _match(candidate: tuple[Platform, ReportSpec], line: int, cells: list[str]) -> Match | None:
    platform, spec = candidate
    names = [normalise_header(cell) for cell in cells]
    present = set(names)
    if any(normalise_header(header) in present for header in spec.forbidden_headers):
        return None
    columns: dict[str, tuple[int, ...]] = {}
    for canonical, column in spec.columns.items():
        found = _positions(column, names)
        if found:
            columns[canonical] = found
        elif column.required:
            return None
    used = {at for places in columns.values() for at in places}
    used |= {at for at, name in enumerate(names) if name in {normalise_header(one) for one in _row_headers(spec)}}
    ignored = tuple(cells[at] for at in range(len(cells)) if at not in used and _is_ignored(spec, names[at]))
    unknown = tuple(cells[at] for at in range(len(cells)) if at not in used and names[at] and cells[at] not in ignored)
    return Match(platform, spec, line, tuple(cells), columns, unknown, tuple(filter(None, ignored)))


def _row_headers(spec: ReportSpec) -> Iterable[str]:
    return (*spec.keep_rows, *spec.segments, *((spec.row_span,) if spec.row_span else ()))


def _positions(column: ColumnSpec, names: list[str]) -> tuple[int, ...]:
    """Return where the column stands: the first of its headers that is there, or all of them when they coalesce."""
    found: list[int] = []
    for header in column.headers:
        if column.pattern:
            places = [at for at, name in enumerate(names) if re.fullmatch(header, name, re.IGNORECASE)]
        else:
            wanted = normalise_header(header)
            places = [at for at, name in enumerate(names) if name == wanted]
        if places and not column.coalesce:
            return tuple(places)
        found.extend(at for at in places if at not in found)
    return tuple(found)


def _is_ignored(spec: ReportSpec, name: str) -> bool:
    return (
        not name
        or name in {normalise_header(header) for header in spec.ignored_headers}
        or any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in spec.ignored_patterns)
    )


def _only_best(matches: list[Match], grid: Grid) -> Match:
    most = max(match.n_known for match in matches)
    best = [match for match in matches if match.n_known == most]
    names = [f"{match.platform.name}/{match.spec.name}" for match in best]
    if len(best) > 1:
        raise UnreadableFileError(
            Message(
                code="ambiguous_file",
                text=f"the header in line {best[0].line} fits {' and '.join(names)} equally well.",
                file=grid.label,
                line=best[0].line,
                value=", ".join(names),
                limit="one report",
                remedy="Export it with more columns, so that only one report fits.",
            )
        )
    _refuse_repeated(best[0], grid)
    return best[0]


def _refuse_repeated(match: Match, grid: Grid) -> None:
    for canonical, places in match.columns.items():
        if len(places) > 1 and not match.spec.columns[canonical].coalesce:
            header = match.headers[places[0]]
            raise UnreadableFileError(
                Message(
                    code="repeated_column",
                    text=f"{len(places)} columns could be {canonical}: "
                    f"{_listed(tuple(match.headers[at] for at in places))}.",
                    file=grid.label,
                    line=match.line,
                    column=header,
                    value=str(len(places)),
                    limit="one column",
                    remedy="Delete the columns that are not meant and put the file in again.",
                ),
                match.platform.name,
                match.spec.kinds[0],
            )


def _nearest(
    grid: Grid, platforms: Mapping[str, Platform]
) -> tuple[Platform, ReportSpec, int, tuple[str, ...], tuple[str, ...]] | None:
    best: tuple[float, Platform, ReportSpec, int, list[str]] | None = None
    for line, cells in grid.preview():
        names = [normalise_header(cell) for cell in cells]
        for platform, spec in _specs(platforms, grid):
            share = _covered_share(spec, names)
            if share >= _MIN_NEAREST_SHARE and (best is None or share > best[0]):
                best = (share, platform, spec, line, cells)
    if best is None:
        return None
    _, platform, spec, line, cells = best
    names = [normalise_header(cell) for cell in cells]
    missing = tuple(
        column.headers[0] for column in spec.columns.values() if column.required and not _positions(column, names)
    )
    known = {at for column in spec.columns.values() for at in _positions(column, names)}
    extra = tuple(
        cells[at] for at in range(len(cells)) if names[at] and at not in known and not _is_ignored(spec, names[at])
    )
    return platform, spec, line, missing, extra


def _covered_share(spec: ReportSpec, names: list[str]) -> float:
    required = [column for column in spec.columns.values() if column.required]
    found = sum(bool(_positions(column, names)) for column in required)
    return found / max(len(required), 1) if found > 1 or len(required) == 1 else 0.0


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name.strip()) for name in names[:_SHOWN]) + more
