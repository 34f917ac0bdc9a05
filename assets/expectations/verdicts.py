"""What a table gate says: passed or not, and each failure with its numbers."""

from __future__ import annotations

from dataclasses import dataclass

MAX_EXAMPLES = 5
MAX_SHOWN = 5


@dataclass(frozen=True)
class Failure:
    """One expectation that a table does not meet. ``column`` names several joined by commas where it needs them."""

    expectation: str
    column: str
    observed: str
    limit: str
    n_unexpected: int = 0
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the failure as one line."""
        shown = f", e.g. {', '.join(self.examples)}" if self.examples else ""
        return f"{f'{self.expectation} {self.column}'.rstrip()}: {self.observed} (limit {self.limit}){shown}"


@dataclass(frozen=True)
class GateVerdict:
    """Whether a table may pass its gate; failures stand in the order of the suite."""

    passed: bool
    failures: tuple[Failure, ...]
    n_expectations: int
    remedy: str = ""

    @property
    def told(self) -> str:
        """The first failures as one text with what to do, empty when the table passed."""
        return "; ".join(str(one) for one in self.failures[:MAX_SHOWN]) + (f". {self.remedy}" if self.remedy else "")
