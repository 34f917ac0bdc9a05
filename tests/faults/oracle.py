"""Judges a reading of a mutant by what is known of the mutation: an empty string, or what is wrong in one sentence."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

from assets.platforms.kinds import ADDITIVE_COLUMNS
from tests.faults.documents import Document, documents
from tests.faults.mutant import Effect, Mutant
from tests.faults.reading import Outcome, Row, newest_day, read

PERIOD = {"report_date", "period_start", "period_end", "account", "currency"}
DERIVED = PERIOD | {"is_closed_bid"}  # told by another column where its own is missing
OF_LEVEL = {"level", "entity_type", "daily_budget", "is_closed_bid", "status"}
CENT, SIGMAS = 0.01, 4.0  # how far sums of rounded cells may lie from a rounded sum


def rounding(n_rows: int) -> float:
    """Return what the rounding of so many cells and of their sum explains: each is off by up to half a cent, evenly."""
    return CENT / 2 + min(n_rows * CENT / 2, SIGMAS * CENT * (n_rows / 12) ** 0.5)


@lru_cache(maxsize=256)
def original(name: str) -> tuple[Document, Outcome]:
    """Return a sample and how it is read."""
    (document,) = [one for one in documents() if one.name == name]
    first = read(document.to_bytes(), newest_day(Outcome()))
    outcome = read(document.to_bytes(), newest_day(first))
    if not outcome.rows:
        raise LookupError(f"no row of {name} is read as it is, so that its mutants would prove nothing")
    return document, outcome


def night_of(name: str) -> Any:
    return newest_day(original(name)[1])


def judge(mutant: Mutant, outcome: Outcome) -> str:
    """Return what is wrong with the reading, empty when it is right."""
    document, before = original(mutant.sample)
    if outcome.crash:
        return f"crashed: {outcome.crash}"
    if outcome.refusal is not None:
        return _judge_refusal(mutant.effect, outcome)
    if mutant.effect.verdict == "refused":
        return f"it was read, {len(outcome.rows)} rows"
    if mutant.effect.verdict == "same":
        return _judge_same(mutant, before, outcome)
    found = _Damage(document, before, outcome, mutant.effect)
    return found.strange_rows() or found.lost_rows() or found.unseen_digit()


def _judge_refusal(effect: Effect, outcome: Outcome) -> str:
    refusal = outcome.refusal
    assert refusal is not None
    if not (refusal.code and refusal.file.startswith("any") and refusal.remedy):
        return f"a refusal without code, file or remedy: {refusal!r}"
    if effect.verdict == "same" and not effect.may_refuse:
        return f"it says the same and is refused: {refusal}"
    return ""


def _judge_same(mutant: Mutant, before: Outcome, outcome: Outcome) -> str:
    old, new = ({(row.table, row.values) for row in one.rows} for one in (before, outcome))
    if old != new:
        return f"it says the same and is read differently: {_difference(old - new, new - old)}"
    return ""


def _difference(lost: set[Any], won: set[Any]) -> str:
    if lost and won:
        one, other = min(lost, key=str), min(won, key=str)
        pairs = [(a, b) for a, b in zip(one[1], other[1], strict=False) if a != b]
        return f"{len(lost)} rows lost, {len(won)} new, for example {one[0]} {pairs[:4]}"
    return f"{len(lost)} rows lost, {len(won)} new, for example {str([*lost, *won][:1])[:400]}"


class _Damage:
    """Compares a damaged file's facts with the original's, row by row."""

    def __init__(self, document: Document, before: Outcome, after: Outcome, effect: Effect) -> None:
        self.document, self.before, self.after, self.effect = document, before, after, effect
        self.by_line: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in before.rows:
            self.by_line[row.table[2], row.line].append(row)
        here = {self._line_before(line) for line in effect.lines}
        self.touched = here if effect.lines_before is None else effect.lines_before
        self.known = {(row.table[2], row.values) for row in before.rows}

    def strange_rows(self) -> str:
        """A row that the original did not have must be a touched one, and differ in the touched cells only."""
        for row in self.after.rows:
            if (row.table[2], row.values) in self.known or self._is_part_of_a_sum(row):
                continue
            candidates = self.by_line[row.table[2], self._line_before(row.line)]
            if not candidates and self._may_be_new(row):
                candidates = [one for one in self.before.rows if one.table == row.table]
            if not candidates and self._line_before(row.line) not in self.before.aside:
                return f"line {row.line} was no data and became data: {_shown(row)}"
            wrong = min((self._wrong(row, one) for one in candidates), key=len, default=[])
            if wrong and not self._is_spliced(row, wrong):
                return f"line {row.line} has {wrong[:4]} (column, before, now)"
        return ""

    def _may_be_new(self, row: Row) -> bool:
        """Whether a row may come from a line that gave none: half of a split row, or a thing whose state was damaged."""
        is_own = row.line in self.effect.lines and (self.effect.is_splice or row.table[2] == "entities")
        return is_own or self._is_unsegmented()

    def _is_unsegmented(self) -> bool:
        """Whether a header that splits a spend into parts is gone, so that its parts stand alone."""
        names = {self.document.header[at] for at in self.effect.header_cells if at < len(self.document.header)}
        return self.effect.is_header_lost or bool(self.document.match.spec.segments and names)

    def _is_part_of_a_sum(self, row: Row) -> bool:
        """Whether the row adds up segments (hours, devices), one of which was touched: its sum may differ."""
        spec = self.document.match.spec
        if not any(self.document.match.position(header) is not None for header in spec.segments):
            return False
        sums = {*ADDITIVE_COLUMNS, "product_id"}  # a sum over several products has none
        named = [(name, value) for name, value in row.values if name not in sums]
        same = [one for one in self.before.rows if [part for part in one.values if part[0] not in sums] == named]
        is_touched = bool(self.effect.lines) and (bool(same) or row.line in self.effect.lines)
        return is_touched or self._is_unsegmented()

    def _is_spliced(self, row: Row, wrong: list[tuple[str, Any, Any]]) -> bool:
        """Whether two rows were joined inside a cell: every other value still stands in its column."""
        if not self.effect.is_splice or row.line not in self.effect.lines:
            return False
        others = [one.as_dict() for one in self.before.rows if one.table == row.table]
        cells = {name for name, _, now in wrong if now not in {one.get(name) for one in others}}
        return any(cells <= self.document.canonical(at) for at in range(len(self.document.header)))

    def lost_rows(self) -> str:
        """A row may be missing only where it was touched, or is set aside."""
        if self.document.match.spec.segments or self.effect.is_header_lost:
            return ""
        there = {(row.table[2], self._line_before(row.line)) for row in self.after.rows}
        there_anywhere = {(row.table[2], row.values) for row in self.after.rows}
        aside = {self._line_before(line) for line in self.after.aside}
        for row in self.before.rows:
            is_there = (row.table[2], row.line) in there or (row.table[2], row.values) in there_anywhere
            if not is_there and row.line not in aside | self.touched:
                return f"line {row.line} was not touched and is missing"
        return ""

    def unseen_digit(self) -> str:
        """Where a totals row holds a column's sum, a changed digit in it must be seen."""
        if self.effect.number_at is None or self.after.status == "totals_mismatch":
            return ""
        for name in self.document.canonical(self.effect.number_at):
            for (kind, column), was in self.before.controls.items():
                now = self.after.controls.get((kind, column), was)
                is_same_file = not self.after.aside
                if column == name and is_same_file and abs(now - was) > rounding(len(self.document.rows)):
                    return f"{column} adds up to {now} instead of {was} and the totals row did not tell"
        return ""

    def _wrong(self, row: Row, was: Row) -> list[tuple[str, Any, Any]]:
        """Return the columns in which a row differs and may not."""
        old, new = was.as_dict(), row.as_dict()
        wrong = []
        for name in sorted({*old, *new}):
            before, now = old.get(name), new.get(name)
            if before != now and not self._may_differ(name, row.line, now):
                wrong.append((name, before, now))
        return wrong

    def _may_differ(self, name: str, line: int, now: Any) -> bool:
        effect, document = self.effect, self.document
        if effect.is_above_touched and name in PERIOD:
            return True
        heads = range(len(document.header)) if effect.is_header_lost else effect.header_cells
        is_headed = effect.is_header_lost or any(
            name in document.canonical(at) for at in heads if at < len(document.header)
        )
        if is_headed and (
            now is None or isinstance(now, str) or now in document.match.spec.constants.values() or name in DERIVED
        ):
            return True
        if "entities" in document.match.spec.kinds and effect.lines and (now is None or name in OF_LEVEL):
            return True  # a campaign's row is made from the first of its keywords that is left
        if line not in effect.lines:
            return False
        if effect.cells is None:  # a name may have moved: nobody can tell a name from a name
            return now is None or isinstance(now, str) or effect.is_untold
        return any(name in document.canonical(at) for at in effect.cells)

    def _line_before(self, line: int) -> int:
        return line - self.effect.moved_by if line > self.effect.moved_after else line


def _shown(row: Row) -> str:
    return str({name: value for name, value in row.values if value is not None})[:300]
