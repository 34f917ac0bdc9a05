"""Pacing: a month's or a promotion's money becomes tonight's total, from what was spent and what the coming days are like.

Here belong the spans of days with their money, what was spent of it, and the days' factors. The optimum over days is
``optimizers.pacing``; the stage is ``assets.coming_days``.
"""

from __future__ import annotations

import difflib
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from assets.account_days import account_days, combine_days
from assets.arrays import floats
from assets.batch import Batch
from assets.calendar_days import event_holds, outage_days
from assets.day_factors import DayFactors
from assets.maturity_curves import seen_versions
from assets.money import from_micros, fx_rates
from assets.performance import DailyParts, learn_shared
from assets.warehouse import window
from configs.schema import Calendar
from optimizers.errors import InvalidInputError
from optimizers.pacing import Days

MONTH = "month"  # name of a calendar month's span
MAX_EVENT_DAYS = 120  # one phase of a promotion; a longer one is a season, which the day factors learn
LAST_DAYS = 7  # a platform that reports late is taken to have spent its mean of so many days on those not told yet


@dataclass(frozen=True)
class PaceSpan:
    """Days that share money: first and last day, the money for all of them, and where that is set."""

    name: str
    first: date
    last: date
    money: float
    key: str


def pace_spans(batch: Batch) -> list[PaceSpan]:
    """Return the month and the promotions whose money pays for tomorrow or for a day of the month that is left.

    Raises InvalidInputError where a promotion is not in the calendar.
    """
    rule, tomorrow = batch.settings.pacing, batch.night + timedelta(days=1)
    _refuse_unknown(rule.events, batch.calendar)
    spans = []
    if rule.month_total is not None:
        end = tomorrow.replace(day=monthrange(tomorrow.year, tomorrow.month)[1])
        spans.append(PaceSpan(MONTH, tomorrow.replace(day=1), end, rule.month_total, "pacing.month_total"))
    until = spans[0].last if spans else tomorrow
    for name, money in sorted(rule.events.items()):
        run = event_run(name, tomorrow, until, batch.calendar)
        if run is not None:
            spans.append(PaceSpan(name, *run, money, f"pacing.events.{name}"))
    return spans


def event_run(name: str, tomorrow: date, until: date, calendar: Calendar) -> tuple[date, date] | None:
    """Return first and last day of the event's next run of days that has begun by ``until``; None without one."""
    event = next(one for one in calendar.events if one.name == name)
    days = pd.date_range(tomorrow - timedelta(days=MAX_EVENT_DAYS), until + timedelta(days=MAX_EVENT_DAYS))
    held = event_holds(event, pd.DatetimeIndex(days), calendar)
    coming = np.flatnonzero(held & (days >= pd.Timestamp(tomorrow)) & (days <= pd.Timestamp(until)))
    if not coming.size:
        return None
    first = last = int(coming[0])
    while first > 0 and held[first - 1]:
        first -= 1
    while last + 1 < len(held) and held[last + 1]:
        last += 1
    return days[first].date(), days[last].date()


def coming_dates(spans: list[PaceSpan], batch: Batch) -> pd.DatetimeIndex:
    """Return every day from tomorrow on that some span pays for."""
    tomorrow = batch.night + timedelta(days=1)
    found = {day for one in spans for day in pd.date_range(max(one.first, tomorrow), one.last)}
    return pd.DatetimeIndex(sorted(found))


def days_known(first: date, batch: Batch) -> pd.DataFrame:
    """Return what platforms and accounts did day by day from ``first`` and over the window, outages too: they cost money."""
    n_days = max((batch.night - first).days + 1, batch.settings.window.days)
    span = batch.settings.window.model_copy(update={"days": n_days})
    wide = replace(batch, settings=batch.settings.model_copy(update={"window": span}), calendar=Calendar())
    return combine_days(account_days(part) for part in DailyParts(wide))


def learn_factors(days: pd.DataFrame, batch: Batch) -> DayFactors:
    """Return the day factors that the night's own estimates rest on: of the window, without outages."""
    start = pd.Timestamp(batch.night + timedelta(days=1 - batch.settings.window.days))
    is_out = outage_days(days["platform"], days["report_date"], batch.calendar)
    return learn_shared(days[(days["report_date"] >= start) & ~is_out], seen_versions(batch), batch).factors


def missing_days(days: pd.DataFrame, first: date, batch: Batch) -> list[str]:
    """Return platform and day of every day since ``first`` that should have been told by now and was not.

    A platform counts from its first day that is known; one of which no day is known is missing as a whole.
    """
    found = []
    for name, use in batch.uses.items():
        told = days.loc[days["platform"] == name, "report_date"]
        if told.empty:
            found.append(name)
            continue
        last = pd.Timestamp(batch.night - timedelta(days=use.report_lag_days))
        wanted = pd.date_range(max(pd.Timestamp(first), told.min()), last)
        found += [f"{name} {day.date()}" for day in wanted.difference(pd.DatetimeIndex(told.unique()))]
    return found


def spent_since(days: pd.DataFrame, first: date, batch: Batch) -> float:
    """Return what ads cost from ``first`` to tonight and what posts of these days were paid, in shop money.

    Days that a platform may still tell later count as its mean of the last days that it told.
    """
    since = pd.Timestamp(first)
    spent = float(days.loc[days["report_date"] >= since, "cost"].sum()) + _post_fees(first, batch)
    for name, use in batch.uses.items():
        by_day = days[days["platform"] == name].groupby("report_date")["cost"].sum()
        if by_day.empty:
            continue
        late = pd.date_range(pd.Timestamp(batch.night - timedelta(days=use.report_lag_days - 1)), batch.night)
        n_untold = len(late[late >= since].difference(pd.DatetimeIndex(by_day.index)))
        spent += n_untold * float(by_day.tail(LAST_DAYS).mean())
    return spent


def coming_factors(dates: pd.DatetimeIndex, items: pd.DataFrame, factors: DayFactors) -> tuple[np.ndarray, np.ndarray]:
    """Return clicks of each date against tomorrow's and conversions a click against a usual day's, shape (n_days,) each.

    Platforms count by what they usually cost; the plan's clicks are tomorrow's already, its values are those of a usual day.
    """
    cost = items.groupby("platform", sort=True)["usual_cost"].sum()
    weight = cost.to_numpy(dtype=np.float64)
    weight = weight / weight.sum() if weight.sum() > 0 else np.full(len(weight), 1.0 / max(len(weight), 1))
    clicks, cvr = np.zeros(len(dates)), np.zeros(len(dates))
    for name, share in zip(cost.index, weight, strict=True):
        platform, day = pd.Series([name] * len(dates), dtype="str"), pd.Series(dates)
        own = factors.of(platform, day, "clicks")
        clicks += share * own / own[0]
        cvr += share * factors.of(platform, day, "cvr")
    return clicks, cvr


def spend_log_sd(items: pd.DataFrame) -> float:
    """Return how unsure a day's spend is, as a log standard deviation: platforms' own shocks of a day, independent."""
    rows = items.assign(weight=items["usual_cost"], shock=items["usual_cost"] * floats(items, "day_log_sd"))
    by_platform = rows.groupby("platform", sort=True)[["weight", "shock"]].sum()
    total = float(by_platform["weight"].sum())
    return float(np.sqrt((by_platform["shock"] ** 2).sum())) / total if total > 0 else 0.0


def day_limits(clicks: np.ndarray, cvr: np.ndarray, fixed_cost: float, batch: Batch) -> Days:
    """Return the coming days for what may move: ``fixed_cost`` is spent anyhow, more on busier days."""
    rule = batch.settings.pacing
    most = np.inf if rule.max_day is None else rule.max_day
    least, most_left = (np.maximum(money - fixed_cost * clicks, 0.0) for money in (rule.min_day, most))
    return Days(clicks, cvr, least, most_left)


def _post_fees(first: date, batch: Batch) -> float:
    """Return the fees of posts from ``first`` to tonight; they are in no ad report."""
    posts = window.latest_state(batch.home, batch.inputs, "kol_posts")
    posts = posts[posts["post_date"].between(pd.Timestamp(first), pd.Timestamp(batch.night))]
    settings = batch.settings
    rate = fx_rates(posts["currency"], posts["post_date"], settings.fx, settings.shop.currency)
    return float((from_micros(posts["fee"]) * rate).sum())


def _refuse_unknown(names: Iterable[str], calendar: Calendar) -> None:
    known = [event.name for event in calendar.events]
    lost = sorted(set(names) - set(known))
    if lost:
        near = difflib.get_close_matches(lost[0], known, n=3, cutoff=0.0)
        raise InvalidInputError(
            "cannot pace promotions", ", ".join(lost[:5]), f"events of the calendar, e.g. {', '.join(near)}", lost,
            "Mend the names under pacing.events in settings.yaml, or add the event to calendar.yaml.",
        )  # fmt: skip
