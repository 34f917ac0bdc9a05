"""Errors of the optimisers: each says what was refused, the value seen, the limit, who caused it and what to do.

Here belong exception classes whose facts are attributes. Deciding *when* to refuse belongs to the module that computes.
"""

from __future__ import annotations

from collections.abc import Sequence

SHOWN_OFFENDERS = 5


class OptimizerError(ValueError):
    """Base of all refusals by the optimisers; the message is printed from its five parts.

    Parameters
    ----------
    what : str
        What was refused, e.g. ``"cannot pool rates"``.
    value : object
        The value seen; numbers are printed with thousands separators.
    limit : object
        The limit that ``value`` breaks, or what was expected.
    offenders : sequence of str
        Who caused it; the first five are printed, all are kept.
    remedy : str
        What to do, and in which file.

    Examples
    --------
    >>> raise OptimizerError("cannot pool rates", -1.0, ">= 0", ["clicks[3]"], "Mend the clicks.")
    Traceback (most recent call last):
    optimizers.errors.OptimizerError: cannot pool rates: saw -1.00, limit >= 0. Offenders: clicks[3]. Mend the clicks.
    """

    def __init__(
        self, what: str, value: object, limit: object, offenders: Sequence[str] = (), remedy: str = ""
    ) -> None:
        self.what = what
        self.value = value
        self.limit = limit
        self.offenders = tuple(offenders)
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        parts = [f"{self.what}: saw {_shown(self.value)}, limit {_shown(self.limit)}."]
        if self.offenders:
            more = len(self.offenders) - SHOWN_OFFENDERS
            tail = f" and {more} more" if more > 0 else ""
            parts.append(f"Offenders: {', '.join(self.offenders[:SHOWN_OFFENDERS])}{tail}.")
        if self.remedy:
            parts.append(self.remedy)
        return " ".join(parts)


class InvalidInputError(OptimizerError):
    """An input is not what the function can compute with: NaN, infinite, negative, empty, or of the wrong shape."""


class InfeasibleBudgetError(OptimizerError):
    """No allocation meets every bound; ``missing`` is the money by which ``value`` misses ``limit``.

    ``limits`` are the nodes' limits that contradict each other as (node, column of the tree), for callers that name
    where each is set.
    """

    value: float
    limit: float

    def __init__(
        self,
        what: str,
        value: float,
        limit: float,
        offenders: Sequence[str] = (),
        remedy: str = "",
        limits: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(what, value, limit, offenders, remedy)
        self.limits = tuple(limits)

    @property
    def missing(self) -> float:
        """Return the distance between the money seen and its limit, >= 0, in the currency of both."""
        return abs(float(self.limit) - float(self.value))


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.2f}" if value == 0 or abs(value) >= 1 else f"{value:.4g}"
