"""What a mutation makes: the bytes, and what is known of its effect. The oracle judges a reading by nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["same", "damaged", "refused"]


@dataclass(frozen=True)
class Effect:
    """What may come out.

    ``same``: the same facts (``may_refuse`` where a refusal is right, too). ``refused``: nothing but a refusal.
    ``damaged``: only the touched lines may read differently, and only in the touched cells; ``cells`` None says that
    the whole line is out of place: its numbers are read as before, or it is set aside. Lines are those of the mutant; those below
    ``moved_after`` stood ``moved_by`` lines higher in the original.
    """

    verdict: Verdict = "same"
    may_refuse: bool = False
    lines: frozenset[int] = frozenset()
    cells: frozenset[int] | None = frozenset()
    header_cells: frozenset[int] = frozenset()
    is_header_lost: bool = False  # the whole header line is damaged
    is_above_touched: bool = False
    lines_before: frozenset[int] | None = None  # the touched lines as the original counts them, where that differs
    moved_after: int = 0
    moved_by: int = 0
    number_at: int | None = None  # position of the one number whose digits were changed
    is_untold: bool = False  # numbers moved among columns that take them all, in a row of the right width
    is_splice: bool = False  # a piece that holds a line end is gone or came: two rows may be joined inside a cell


@dataclass(frozen=True)
class Mutant:
    """One file to read: where it comes from, how it was made, its bytes, and what is known of them."""

    seed: int
    mutation: str
    sample: str
    data: bytes = field(repr=False)
    effect: Effect

    @property
    def name(self) -> str:
        return f"{self.seed:05d} {self.mutation} of {self.sample}"
