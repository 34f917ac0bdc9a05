"""Days on which tracking was probably lost: proposed to a person, with the line that takes them out, never acted upon.

What counts as improbable is in ``optimizers.outages``; leaving confirmed days out is ``calendar_days.outage_days``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.day_factors import DayFactors
from assets.maturity_curves import Maturity
from optimizers.outages import Silence, find_silences

OUTAGES = "outages"  # name of the state that keeps what was proposed
COLUMNS = {
    "platform": "str", "account": "str", "first_date": "str", "last_date": "str", "clicks": "float64",
    "conversions": "float64", "expected": "float64", "probability": "float64", "line": "str",
}  # fmt: skip


def propose_outages(days: pd.DataFrame, maturity: Maturity, factors: DayFactors) -> pd.DataFrame:
    """Return one row per platform, account and run of days with improbably few conversions (see ``COLUMNS``).

    ``days`` are sums of accounts and days without the outages that the calendar knows; ``line`` is what to paste into it.
    """
    usual = factors.of(days["platform"], days["report_date"], "clicks")
    factor = factors.of(days["platform"], days["report_date"], "cvr")
    ready = days.assign(
        account=days["account"].fillna(""),
        exposure=days["told_clicks"] * maturity.share(days) * factor,
        usual_clicks=days["clicks"] / usual,
    )
    ready["error"] = ready["exposure"] * maturity.log_sd(days)
    sums = ready.groupby(["platform", "account", "report_date"], sort=True)
    daily = sums[["clicks", "usual_clicks", "conversions", "exposure", "error"]].sum().reset_index("report_date")
    groups = daily.groupby(level=["platform", "account"], sort=True)
    series = [((str(platform), str(account)), _every_day(rows)) for (platform, account), rows in groups]
    found = [row for key, rows in series for row in _proposals(key, rows, len(series))]
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)


def outage_lines(proposed: pd.DataFrame) -> list[str]:
    """Return what a person reads of each proposal: the numbers, then the line to paste."""
    return [
        f"{row['platform']} ({row['account']}) {row['first_date']} to {row['last_date']}: {row['clicks']:,.0f} clicks, "
        f"{row['conversions']:,.0f} conversions where {row['expected']:,.0f} were expected; if tracking was lost, add to "
        f"`events` in calendar.yaml: `{row['line']}`"
        for row in proposed.to_dict("records")
    ]


def _every_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for every day from the first to the last; a day that was not told has no exposure."""
    own = rows.set_index("report_date")
    return own.reindex(pd.date_range(own.index.min(), own.index.max(), name="report_date"), fill_value=0.0)


def _proposals(key: tuple[str, str], rows: pd.DataFrame, n_series: int) -> list[tuple[object, ...]]:
    numbers = {name: rows[name].to_numpy(dtype=np.float64) for name in rows}
    error = np.divide(numbers["error"], numbers["exposure"], out=np.zeros(len(rows)), where=numbers["exposure"] > 0)
    found = find_silences(numbers["conversions"], numbers["exposure"], numbers["usual_clicks"], error, n_series)
    return [_proposal(key, rows, one) for one in found]


def _proposal(key: tuple[str, str], rows: pd.DataFrame, one: Silence) -> tuple[object, ...]:
    platform, account = key
    first, last = (rows.index[place].date().isoformat() for place in (one.first, one.last))
    clicks = float(rows["clicks"].iloc[one.first : one.last + 1].sum())
    line = (
        f'- {{name: outage {platform} {first}, start: "{first}", end: "{last}", kind: outage, platforms: [{platform}]}}'
    )
    return (platform, account, first, last, clicks, one.events, one.expected, one.probability, line)
