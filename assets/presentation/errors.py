"""What presentation refuses: input that would print a wrong or an empty picture. The facts are attributes."""

from __future__ import annotations

from collections.abc import Sequence


class PresentationError(ValueError):
    """The review of a night cannot be written."""


class MissingColumnsError(PresentationError):
    """A frame lacks columns that people must see."""

    def __init__(self, frame_name: str, missing: Sequence[str], present: Sequence[str]) -> None:
        self.frame_name = frame_name
        self.missing = tuple(missing)
        super().__init__(
            f"cannot show {frame_name}: {len(missing)} of its columns are missing (it has {len(present)}; all are "
            f"needed): {', '.join(missing[:5])}. Add them where {frame_name} is built; docs/architecture.md lists them."
        )


class UnknownReasonError(PresentationError):
    """Rows carry reason codes that have no sentence."""

    def __init__(self, codes: Sequence[str], n_rows: int, n_known: int) -> None:
        self.codes = tuple(codes)
        self.n_rows = n_rows
        super().__init__(
            f"cannot explain {n_rows:,} rows: {len(codes)} reason codes are not among the {n_known} known ones: "
            f"{', '.join(repr(code) for code in codes[:5])}. Add their sentences to configs/reasons.yaml."
        )


class SummaryError(PresentationError):
    """The night's summary lacks facts or holds numbers that are not finite."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"cannot show the night's summary: {len(faults)} faults (none is allowed): {'; '.join(faults[:5])}. "
            "Mend them where the summary is built; NightSummary in assets/presentation/summary.py says what it holds."
        )
