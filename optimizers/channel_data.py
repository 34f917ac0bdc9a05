"""What the channel-level mode is fitted to: sales and spend per channel and period, checked once.

Here belongs the record and its refusals. The model itself is ``optimizers.channel_model``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizers.channel_model import Experiment
from optimizers.errors import InvalidInputError
from optimizers.types import FloatArray

LEAST_PERIODS = 30  # below it trend, season and one channel have as many unknowns as there are rows to learn from
SLACK = 1e-6  # relative: rounding of what was withheld
REMEDY = "Mend these cells of the file."


@dataclass(frozen=True)
class ChannelData:
    """Sales and spend of a shop, oldest period first. Money in one currency.

    Parameters
    ----------
    day : array of shape (n_periods,)
        First day of each period, in days from any fixed date; equal steps of 1 (daily) or more.
    sales : array of shape (n_periods,)
        All sales of the shop, advertised or not, >= 0.
    spend : array of shape (n_periods, n_channels)
        >= 0; a channel must have spent in some period and not the same in all.
    controls : array of shape (n_periods, n_controls)
        What else moves sales: price, holidays, stock; may have no column.
    names : tuple of str
        One a channel, all different.

    Raises
    ------
    InvalidInputError
        With every breach named: too few periods, missing or unequal steps, numbers that are not finite, negative
        money, no sales at all, channels that never or always spend the same.

    Examples
    --------
    >>> data = ChannelData(np.arange(3.0), np.ones(3), np.ones((3, 1)), np.zeros((3, 0)), ("search",))
    Traceback (most recent call last):
    optimizers.errors.InvalidInputError: cannot fit channels: saw 3 periods, limit at least 30. Export a longer time.
    """

    day: FloatArray
    sales: FloatArray
    spend: FloatArray
    controls: FloatArray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("day", "sales", "spend", "controls"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        self._refuse_shapes()
        self._refuse_numbers()
        self._refuse_times()
        self._refuse_silence()

    @property
    def is_daily(self) -> bool:
        """Return whether a period is a day."""
        return bool(self.day[1] - self.day[0] < 7)

    def first_periods(self, n_periods: int) -> ChannelData:
        """Return what was known after ``n_periods``."""
        return ChannelData(
            self.day[:n_periods], self.sales[:n_periods], self.spend[:n_periods], self.controls[:n_periods], self.names
        )

    def refuse_experiment(self, test: Experiment) -> None:
        """Raise InvalidInputError if the experiment does not fit the data."""
        numbers = np.array([test.extra_spend, test.lift, test.error])
        is_known = 0 <= test.channel < len(self.names) and 0 <= test.first <= test.last < len(self.sales)
        spent = self.spend[test.first : test.last + 1, test.channel].sum() if is_known else 0.0
        is_spend = test.extra_spend != 0 and test.extra_spend >= -spent * (1 + SLACK)
        if not is_known or not np.isfinite(numbers).all() or test.error <= 0 or not is_spend:
            name = self.names[test.channel] if 0 <= test.channel < len(self.names) else f"channel {test.channel}"
            limit = (
                f"a channel and periods of the data (0 to {len(self.sales) - 1}), extra spend not 0 and no more withheld "
                f"than was spent ({spent:,.2f}), error > 0"
            )
            remedy = "Mend the channel, the dates or the numbers in the file of experiments."
            raise InvalidInputError("cannot use the experiment", f"{test}", limit, [name], remedy)

    def _refuse_shapes(self) -> None:
        n_periods = len(self.sales)
        if n_periods < LEAST_PERIODS:
            what = f"at least {LEAST_PERIODS}"
            raise InvalidInputError("cannot fit channels", f"{n_periods} periods", what, (), "Export a longer time.")
        shapes = {"day": self.day.shape, "spend": self.spend.shape, "controls": self.controls.shape}
        expected = {"day": 1, "spend": 2, "controls": 2}
        is_bad = any(len(shape) != expected[name] or shape[0] != n_periods for name, shape in shapes.items())
        if is_bad or self.sales.ndim != 1 or not self.names or self.spend.shape[1] != len(self.names):
            offenders = [f"{name} {shape}" for name, shape in shapes.items()]
            limit = "one row a period, one name a channel, at least one channel"
            raise InvalidInputError("cannot fit channels", "unequal shapes", limit, offenders, "Align the columns.")
        if len(set(self.names)) < len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise InvalidInputError("cannot fit channels", "a name twice", "different names", twice, REMEDY)

    def _refuse_numbers(self) -> None:
        offenders = [f"sales[{row}]" for row in np.flatnonzero(~(np.isfinite(self.sales) & (self.sales >= 0)))]
        for row, column in np.argwhere(~(np.isfinite(self.spend) & (self.spend >= 0))):
            offenders.append(f"{self.names[column]}[{row}] = {self.spend[row, column]:g}")
        offenders += [f"control {column}[{row}]" for row, column in np.argwhere(~np.isfinite(self.controls))]
        if offenders:
            seen = f"{len(offenders)} bad numbers"
            limit = "finite numbers, sales and spend >= 0"
            raise InvalidInputError("cannot fit channels", seen, limit, offenders, REMEDY)

    def _refuse_times(self) -> None:
        steps = np.diff(self.day)
        usual = float(np.median(steps))
        wrong = np.flatnonzero(~(np.isfinite(steps) & (steps > 0) & (np.abs(steps - usual) < 1e-9)))
        if wrong.size:
            offenders = [f"period {row + 1} comes {steps[row]:g} days after the one before" for row in wrong]
            limit = f"one period every {usual:g} days"
            remedy = "Add the missing days or weeks (spend 0 where nothing was spent) and drop doubled ones."
            raise InvalidInputError("cannot fit channels", f"{wrong.size} uneven steps", limit, offenders, remedy)

    def _refuse_silence(self) -> None:
        if self.sales.max() <= self.sales.min():
            limit = "sales that differ between periods"
            seen = f"sales of {self.sales[0]:,.2f} in every period"
            raise InvalidInputError("cannot fit channels", seen, limit, ["sales"], "Check the column of sales.")
        flat = [self.names[i] for i in np.flatnonzero(self.spend.max(axis=0) <= self.spend.min(axis=0))]
        if flat:
            limit = "spend that differs between periods: what never changes cannot be told from the baseline"
            remedy = "Leave these channels out, or vary their spend for some weeks."
            raise InvalidInputError("cannot fit channels", f"{len(flat)} constant channels", limit, flat, remedy)
