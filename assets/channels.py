"""The channel-level mode: one table of spend and sales per day or week in, curves and a plan out.

Here belong the reading of the table and of lift tests into arrays, and the study that fits, plans and sums up. The maths is
``optimizers.channel_fit`` and ``optimizers.channel_plan``; how it is shown ``assets.presentation.channel_report``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from optimizers.channel_curves import ChannelCurves, curves_of_fit
from optimizers.channel_data import ChannelData
from optimizers.channel_fit import FULL_EFFORT, ChannelFit, Effort, fit_channels
from optimizers.channel_model import Experiment
from optimizers.channel_plan import ChannelPlan, plan_channels
from optimizers.errors import InvalidInputError
from optimizers.tree import PriceTree
from optimizers.types import FloatArray

USUAL_DAYS = 91  # what a channel usually spends is its mean over the last quarter: a whole season, and still of today
EXPERIMENT_COLUMNS = ("channel", "start", "end", "extra_spend", "lift", "error")
DATE_NAMES = ("date", "date_week", "report_date", "week", "day", "日期")
SALES_NAMES = ("sales", "revenue", "gmv", "销售额", "成交金额")
MOST_WORDS = 20  # a column with more different words than this is no event but an identifier
WHAT = "cannot read the table of channels"


@dataclass(frozen=True)
class ChannelColumns:
    """Which column of the table is what; ``controls`` may hold words, which become one yes-or-no column each."""

    date: str
    sales: str
    channels: tuple[str, ...]
    controls: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChannelTable:
    """The table as arrays, and the first day of each period."""

    data: ChannelData
    dates: pd.DatetimeIndex

    @property
    def usual_spend(self) -> FloatArray:
        """Return what each channel spends a period today, shape (n_channels,)."""
        n_periods = max(1, round(USUAL_DAYS / float(self.data.day[1] - self.data.day[0])))
        return np.asarray(self.data.spend[-n_periods:].mean(axis=0))


@dataclass(frozen=True)
class PlanWish:
    """What the plan is asked for: money a period; ``budget`` None is today's spend, ``margin`` the profit share of sales."""

    budget: float | None = None
    margin: float = 1.0
    mode: Literal["flexible", "fixed"] = "flexible"


@dataclass(frozen=True)
class ChannelStudy:
    """All that is known of the channels, and what to spend."""

    table: ChannelTable
    experiments: tuple[Experiment, ...]
    fit: ChannelFit
    curves: ChannelCurves
    plan: ChannelPlan
    wish: PlanWish
    budget: float


def study_channels(
    table: ChannelTable, experiments: tuple[Experiment, ...], wish: PlanWish, effort: Effort = FULL_EFFORT
) -> ChannelStudy:
    """Fit the curves and find the plan; no channel is planned above the most it has spent in a period.

    Raises InvalidInputError where the data or wishes cannot be computed with, InfeasibleBudgetError where limits clash.
    """
    data = table.data
    budget = float(table.usual_spend.sum()) if wish.budget is None else wish.budget
    if not (np.isfinite(budget) and budget > 0 and 0 < wish.margin <= 1):
        seen, limit = f"budget {budget:g}, margin {wish.margin:g}", "a budget above 0, a margin in (0, 1]"
        raise InvalidInputError("cannot plan channels", seen, limit, (), "Mend --budget or --margin.")
    fit = fit_channels(data, experiments, effort=effort)
    n_channels = len(data.names)
    most = data.spend.max(axis=0)  # nobody has seen what more would do
    curves = curves_of_fit(fit, np.zeros(n_channels, dtype=np.int64), wish.margin, np.zeros(n_channels), most)
    tree = PriceTree(np.array([-1]), np.zeros(1), np.array([budget]), ("total",))
    return ChannelStudy(table, experiments, fit, curves, plan_channels(curves, tree, wish.mode), wish, budget)


def read_table(path: Path, columns: ChannelColumns) -> ChannelTable:
    """Return the csv at ``path`` as arrays, rows in the order of their dates whatever their order in the file."""
    frame = _read_csv(path)
    wanted = (columns.date, columns.sales, *columns.channels, *columns.controls)
    _refuse_missing(WHAT, path, frame, wanted)
    dates = _read_dates(WHAT, path, frame[columns.date])
    order = np.argsort(dates.to_numpy(), kind="stable")
    frame, dates = frame.iloc[order], dates[order]
    numbers = np.column_stack([_read_numbers(path, frame[name]) for name in (columns.sales, *columns.channels)])
    controls = [_read_control(path, frame[name]) for name in columns.controls]
    day = (dates - dates[0]).days.to_numpy(dtype=np.float64) if len(dates) else np.zeros(0)
    table = np.column_stack([np.zeros((len(frame), 0)), *controls])
    return ChannelTable(ChannelData(day, numbers[:, 0], numbers[:, 1:], table, columns.channels), dates)


def find_columns(path: Path, channels: tuple[str, ...], controls: tuple[str, ...]) -> ChannelColumns:
    """Return the columns of a table whose dates and sales go by one of the usual names."""
    present = _read_csv(path).columns
    found = []
    for names in (DATE_NAMES, SALES_NAMES):
        here = [name for name in names if name in present]
        if len(here) != 1:
            limit = f"exactly one of {', '.join(names)}"
            raise InvalidInputError(
                WHAT, f"{len(here)} such columns", limit, here or list(present), f"Rename in {path.name}."
            )
        found.append(here[0])
    return ChannelColumns(found[0], found[1], channels, controls)


def read_experiments(path: Path, table: ChannelTable) -> tuple[Experiment, ...]:
    """Return the lift tests of a csv with the columns ``channel, start, end, extra_spend, lift, error``.

    A test covers the periods that begin from ``start`` to ``end``; money is in total over them.
    """
    what, frame = "cannot read the lift tests", _read_csv(path)
    _refuse_missing(what, path, frame, EXPERIMENT_COLUMNS)
    start, end = (_read_dates(what, path, frame[name]) for name in ("start", "end"))
    known = {name: place for place, name in enumerate(table.data.names)}
    names = frame["channel"].astype(str).tolist()
    first = np.searchsorted(table.dates.to_numpy(), start.to_numpy(), side="left")
    last = np.searchsorted(table.dates.to_numpy(), end.to_numpy(), side="right") - 1
    money = [_read_numbers(path, frame[name]) for name in ("extra_spend", "lift", "error")]
    tests = tuple(
        Experiment(known.get(names[row], -1), int(first[row]), int(last[row]), *(float(one[row]) for one in money))
        for row in range(len(frame))
    )
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise InvalidInputError(what, f"{len(unknown)} unknown channels", list(known), unknown, f"Mend {path.name}.")
    for test in tests:
        table.data.refuse_experiment(test)
    return tests


def _read_csv(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return frame


def _refuse_missing(what: str, path: Path, frame: pd.DataFrame, wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        limit = f"columns of {path.name}: {', '.join(map(str, frame.columns))}"
        raise InvalidInputError(what, f"{len(missing)} missing columns", limit, missing, "Name columns of the file.")
    if len(set(wanted)) < len(wanted):
        twice = sorted({name for name in wanted if list(wanted).count(name) > 1})
        raise InvalidInputError(what, "a column used twice", "one use each", twice, "Name each column once.")


def _read_dates(what: str, path: Path, cells: pd.Series) -> pd.DatetimeIndex:
    dates = pd.to_datetime(cells, format="ISO8601", errors="coerce")
    bad = np.flatnonzero(dates.isna().to_numpy())
    if bad.size:
        offenders = [f"row {row + 2}: {cells.iloc[row]!r}" for row in bad]
        remedy = f"Write these dates of {path.name} as YYYY-MM-DD."
        raise InvalidInputError(what, f"{bad.size} bad dates", "dates as YYYY-MM-DD", offenders, remedy)
    return pd.DatetimeIndex(dates)


def _read_numbers(path: Path, cells: pd.Series) -> FloatArray:
    """Return the cells as numbers; an empty cell is not a zero and is refused like a word."""
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        offenders = [f"{cells.name} row {list(cells.index)[int(row)] + 2}: {cells.iloc[row]!r}" for row in bad]
        remedy = f"Mend these cells of {path.name}; write 0 where nothing was spent or sold."
        raise InvalidInputError(WHAT, f"{bad.size} cells that are no number", "plain numbers", offenders, remedy)
    return numbers


def _read_control(path: Path, cells: pd.Series) -> FloatArray:
    """Return a control as columns: itself where it is numbers, else one column a word except the most frequent."""
    numbers = pd.to_numeric(cells, errors="coerce")
    if not numbers.isna().any():
        return numbers.to_numpy(dtype=np.float64)[:, None]
    words = cells.value_counts().sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    if len(words) > MOST_WORDS:
        limit = f"numbers, or at most {MOST_WORDS} words"
        seen = f"{len(words)} different words"
        raise InvalidInputError(WHAT, seen, limit, [f"{cells.name} in {path.name}"], "Leave this control out.")
    return np.column_stack(
        [np.zeros((len(cells), 0)), *[(cells == word).to_numpy(dtype=np.float64) for word in words[1:]]]
    )
