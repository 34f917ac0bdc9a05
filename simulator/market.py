"""What a market is to the rest of the project: it exports reports, takes bid files back and can be scored.

Here belong the protocol and its result objects. A concrete market with known truth is ``simulator.shop``; anyone can
plug in another by offering these three methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, runtime_checkable


class SimulatorError(ValueError):
    """The simulated market refuses a request; the message says what, why and what to do."""


@dataclass(frozen=True)
class Rejection:
    """One row of a bid file that the market did not take, and why; line 0 is the whole file."""

    file: str
    line: int
    value: str
    reason: str


@dataclass(frozen=True)
class ApplyReport:
    """What became of uploaded bid files: changes taken, by kind, and rows refused."""

    applied: int
    rejected: tuple[Rejection, ...] = ()
    by_kind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MarketScore:
    """Expected money per usual day on the truth, in the shop currency.

    ``profit`` is that of the present bids, ``profit_before`` that of the bids before the first upload (doing nothing),
    ``profit_oracle`` what knowing the truth would have earned in one night from there under the same caps and budgets.
    """

    profit: float
    profit_before: float
    profit_oracle: float
    cost: float
    profit_by_platform: Mapping[str, float] = field(default_factory=dict)

    @property
    def gain_share(self) -> float | None:
        """Share of the oracle's gain that was realised; None when there was nothing to gain."""
        room = self.profit_oracle - self.profit_before
        return (self.profit - self.profit_before) / room if room > 1e-9 else None


@runtime_checkable
class Market(Protocol):
    """A place where ads are bought: real-format reports out, real-format bid files in."""

    def export(self, night: date, folder: Path) -> tuple[Path, ...]:
        """Live through every day up to ``night`` and write that night's report files into ``folder``.

        Nights come in order; exporting a past night again gives the same bytes. Returns the files in writing order.
        """
        ...

    def apply(self, files: Sequence[Path]) -> ApplyReport:
        """Take bid files in each platform's upload format; they act from the day after the last exported night."""
        ...

    def score(self) -> MarketScore:
        """Return the expected money of the present bids on the truth; the same state gives the same score."""
        ...
