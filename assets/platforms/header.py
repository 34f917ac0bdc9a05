"""Recognises a report by its header: which known report a row of cells is the header of, and which column is which.

Only the set of headers counts, never order, file name or line. Two reports that fit equally well are refused, for a
guess would put money into the wrong column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from assets.platforms.errors import Message, UnreadableFileError
from assets.platforms.grid import Grid
from configs.platform_schema import ColumnSpec, Platform, ReportSpec

_WRAPPER = re.compile(r'^="?(.*?)"?$', re.DOTALL)
_SPACES = re.compile(r"\s+")
_SHOWN = 5
MAX_HEADERS = 1_000
MAX_HEADER_CHARACTERS = 100_000


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
    currency: str | None = None  # told by a header such as `Amount spent (USD)`

    def position(self, header: str) -> int | None:
        """Return the position of a header, or None."""
        wanted = normalise_header(header)
        return next((at for at, name in enumerate(self.headers) if normalise_header(name) == wanted), None)

    @property
    def used(self) -> tuple[tuple[str, str], ...]:
        """Return (header, our column) of every column that is read, in our order."""
        return tuple((self.headers[at].strip(), name) for name, places in self.columns.items() for at in places)

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
    for line, cells in header_rows(grid):
        if sum(normalise_header(cell) in known for cell in cells) < 1:
            continue
        matches = [match for spec in candidates(platforms, grid) if (match := _match(spec, line, cells))]
        if matches:
            best = _only_best(matches, grid)
            _refuse_forms(best, grid)
            return best
    return None


def header_rows(grid: Grid) -> Iterator[tuple[int, list[str]]]:
    """Yield the first rows, but none larger than any header: a million cells would be compared for minutes."""
    for line, cells in grid.preview():
        if len(cells) <= MAX_HEADERS and sum(map(len, cells)) <= MAX_HEADER_CHARACTERS:
            yield line, cells


def candidates(platforms: Mapping[str, Platform], grid: Grid) -> list[tuple[Platform, ReportSpec]]:
    """Return every report that a sheet of this name may hold."""
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
    if any(normalise_header(header) not in present for header in spec.required_headers):
        return None
    columns: dict[str, tuple[int, ...]] = {}
    for canonical, column in spec.columns.items():
        found = positions(column, names)
        if found:
            columns[canonical] = found
        elif column.required:
            return None
    used = {at for places in columns.values() for at in places}
    used |= {at for at, name in enumerate(names) if name in {normalise_header(one) for one in _row_headers(spec)}}
    ignored = tuple(cells[at] for at in range(len(cells)) if at not in used and is_ignored(spec, names[at]))
    unknown = tuple(cells[at] for at in range(len(cells)) if at not in used and names[at] and cells[at] not in ignored)
    currency = _header_currency(spec, columns, names)
    return Match(platform, spec, line, tuple(cells), columns, unknown, tuple(filter(None, ignored)), currency)


def _header_currency(spec: ReportSpec, columns: dict[str, tuple[int, ...]], names: list[str]) -> str | None:
    """Return the currency that the headers tell; two different ones refuse to be one."""
    told = set()
    for canonical, places in columns.items():
        column = spec.columns[canonical]
        for header in column.headers if column.pattern else ():
            found = [re.fullmatch(header, names[at], re.IGNORECASE) for at in places]
            told |= {one["currency"].upper() for one in found if one and one.groupdict().get("currency")}
    return told.pop() if len(told) == 1 else None


def _row_headers(spec: ReportSpec) -> Iterable[str]:
    return (*spec.required_headers, *spec.keep_rows, *spec.segments, *((spec.row_span,) if spec.row_span else ()))


def positions(column: ColumnSpec, names: list[str]) -> tuple[int, ...]:
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


def is_ignored(spec: ReportSpec, name: str) -> bool:
    """Return whether the report is known to have this column and nobody needs it."""
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


def _refuse_forms(match: Match, grid: Grid) -> None:
    """A known report in a form that cannot be used is refused with the reason that its description gives."""
    headers = match.spec.refused_headers
    reasons = [(name, f"a column {name!r}: {why}") for name, why in headers.items() if match.position(name) is not None]
    for line in grid.lines_above(match.line) if match.spec.refused_lines else ():
        found = [why for pattern, why in match.spec.refused_lines.items() if re.search(pattern, line)]
        reasons += [("", f"a line {line.strip()[:60]!r}: {why}") for why in found]
    if reasons:
        raise UnreadableFileError(
            Message(
                code="refused_column" if reasons[0][0] else "refused_line", text=f"it has {reasons[0][1]}.",
                file=grid.label, line=match.line, column=reasons[0][0], remedy="Export the report again without that.",
            ),
            match.platform.name,
            match.spec.kinds[0],
        )  # fmt: skip


def _refuse_repeated(match: Match, grid: Grid) -> None:
    for canonical, places in match.columns.items():
        if len(places) > 1 and not match.spec.columns[canonical].coalesce:
            header = match.headers[places[0]]
            raise UnreadableFileError(
                Message(
                    code="repeated_column",
                    text=f"{len(places)} columns could be {canonical}: "
                    f"{listed(tuple(match.headers[at] for at in places))}.",
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


def listed(names: tuple[str, ...]) -> str:
    """Return the first few names, quoted, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name.strip()) for name in names[:_SHOWN]) + more
