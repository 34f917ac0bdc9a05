"""What goes wrong when bid files are written: one breach of a rule, and the refusal that lists them.

Here belong the facts and their wording. Finding breaches is in ``levers`` and ``bid_table``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_OFFENDERS = 5


class Breach(NamedTuple):
    """One rule that one row breaks; ``row`` is the row's index label in the caller's frame."""

    row: object
    item: str
    lever: str
    column: str
    reason: str
    value: str
    limit: str


class BidFileRefusedError(ValueError):
    """No bid file of a platform was written, because at least one row breaks a rule."""

    def __init__(self, platform: str, breaches: Sequence[Breach], remedy: str) -> None:
        self.platform = platform
        self.breaches = tuple(breaches)
        self.remedy = remedy
        shown = "; ".join(_sentence(breach) for breach in self.breaches[:MAX_OFFENDERS])
        more = len(self.breaches) - MAX_OFFENDERS
        tail = f"; and {more} more" if more > 0 else ""
        super().__init__(
            f"no bid file written for {platform}: {len(self.breaches)} breach(es) of its rules. {shown}{tail}. {remedy}"
        )


def _sentence(breach: Breach) -> str:
    limit = f" (limit {breach.limit})" if breach.limit else ""
    return f"{breach.item} {breach.lever}: {breach.column} {breach.value!r} {breach.reason}{limit}"
