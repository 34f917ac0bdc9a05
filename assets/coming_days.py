"""What each coming day may spend where a month or a promotion has money of its own: tonight's total follows from it.

Without such money the table is empty and ``budget.daily_total`` counts. When days are missing or nothing has a value, the
last total is kept and said so; when the money is gone, tonight's total is nothing, so that bids fall as far as caps let.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.pacing import (
    MONTH,
    PaceSpan,
    coming_dates,
    coming_factors,
    day_limits,
    days_known,
    learn_factors,
    missing_days,
    pace_spans,
    spend_log_sd,
    spent_since,
)
from assets.plan_problem import PlanProblem, build_problem
from assets.steps import Step, as_table, night_table
from assets.warehouse import state
from optimizers.allocation import AllocationProblem
from optimizers.day_curve import DayCurve, curve_through
from optimizers.errors import InfeasibleBudgetError, InvalidInputError
from optimizers.kol_ads import TreeAds
from optimizers.pacing import DayPlan, Days, Span, hold_back, plan_days
from optimizers.results import Sentence

PACING = "pacing"
COLUMNS = [
    "plan_date",
    "spans",
    "clicks_factor",
    "cvr_factor",
    "planned_cost",
    "expected_value",
    "price",
    "is_held",
    "note_zh",
    "note_en",
]
N_PLANS = 12  # solved plans behind the value of a day's money; between them the price is straight
ENDLESS = 1e15  # more money than any plan could use
SHOWN_DAYS = 25


@night_table(group="3_decide")
def coming_days(
    context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches], pruned_items: pd.DataFrame
) -> Step:
    """One row per coming day of a month or promotion with money of its own: factors, planned spend, expected value.

    Built from what the span's days cost so far, the day factors, and the plan's value of money. The first row is tomorrow; its
    spend is tonight's total. Empty where no span has money. Holds the last total when days of the span are missing.
    """
    batch = batches.open(context.partition_time_window.start.date())
    frame, metadata = pace_days(pruned_items, batch)
    if len(frame):
        state.write_state(batch.home, batch.night, PACING, {"total": float(frame["planned_cost"].iloc[0])})
    return Step(frame, metadata)


def paced(batch: Batch, days: pd.DataFrame) -> Batch:
    """Return the night with tomorrow's share of the span's money as its daily total; without spans, the night as it is."""
    if days.empty:
        return batch
    budget = batch.settings.budget.model_copy(update={"daily_total": float(days["planned_cost"].iloc[0])})
    return replace(batch, settings=batch.settings.model_copy(update={"budget": budget}))


def pace_words(days: pd.DataFrame, currency: str) -> Sentence | None:
    """Return what tomorrow may spend of money for several days, or why the last total is kept; None without such money."""
    if days.empty:
        return None
    first, n_later = days.iloc[0], len(days) - 1
    if first["note_zh"]:
        return Sentence(en=str(first["note_en"]), zh=str(first["note_zh"]))
    tomorrow, later = (
        f"{amount:,.2f} {currency}" for amount in (first["planned_cost"], days["planned_cost"][1:].sum())
    )
    names = str(first["spans"]).split(", ")
    chinese = "、".join("本月" if name == MONTH else name for name in names)
    return Sentence(
        en=f"Money for several days ({', '.join(names)}): tomorrow {tomorrow}, the {n_later} days after it {later}.",
        zh=f"分天花的钱（{chinese}）：明天 {tomorrow}，之后 {n_later} 天共 {later}。",
    )


def pace_days(items: pd.DataFrame, batch: Batch) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the coming days as a table, and what a person sees of them."""
    spans = pace_spans(batch)
    if not spans:
        return empty_days(), {}
    first = min(one.first for one in spans)
    known = days_known(first, batch)
    missing = missing_days(known, first, batch)
    plan = build_problem(items, batch)
    if missing or plan.problem is None:
        return _hold(_why_held(missing), items, batch)
    try:
        curve = value_of_money(plan.problem)
    except (InvalidInputError, InfeasibleBudgetError) as error:
        return _hold(Sentence(en=str(error), zh=f"没有可用的花费—价值曲线（{error}）"), items, batch)
    dates = coming_dates(spans, batch)
    clicks, cvr = coming_factors(dates, items, learn_factors(known, batch))
    left = {one.name: one.money - spent_since(known, one.first, batch) for one in spans}
    days = day_limits(clicks, cvr, plan.fixed_cost, batch)
    try:
        found = plan_days(curve, days, _money_left(spans, left, dates, days, plan, items), _base_price(batch))
    except InfeasibleBudgetError as error:
        return _even(error, spans, left, dates, batch)
    frame = _day_rows(dates, spans, days, found, plan.fixed_cost)
    return frame, _metadata(frame, spans, left, found)


def value_of_money(problem: AllocationProblem) -> DayCurve:
    """Return what the next money of a day brings, from plans between the least and the most that tonight's caps let spend."""
    ads = TreeAds(problem, 1)
    points = [ads.at(ENDLESS)]
    for budget in np.linspace(ads.least, max(points[0].cost, ads.least), N_PLANS + 1)[1:-1]:
        with suppress(InfeasibleBudgetError):  # floors that so little money cannot meet
            points.append(ads.at(budget))
    cost, value, slope = (np.array([getattr(one, name) for one in points]) for name in ("cost", "value", "slope"))
    return curve_through(cost, value, slope + problem.base_price)


def empty_days() -> pd.DataFrame:
    """Return the table without a row, with its types."""
    types = {"plan_date": "datetime64[us]", "spans": "str", "note_zh": "str", "note_en": "str", "is_held": "bool"}
    return pd.DataFrame({name: pd.Series(dtype=types.get(name, "float64")) for name in COLUMNS})


def _money_left(
    spans: list[PaceSpan], left: dict[str, float], dates: pd.DatetimeIndex, days: Days, plan: PlanProblem, items: pd.DataFrame
) -> list[Span]:  # fmt: skip
    """Return each span's money for what may move, less what the last day may overspend and what is spent anyhow."""
    found = []
    for one in spans:
        member = _is_day_of(one, dates)
        money = left[one.name]
        if money > 0:
            money -= hold_back(money, int(member.sum()), spend_log_sd(items))
        found.append(Span(one.key, member, money - plan.fixed_cost * float(days.clicks[member].sum())))
    return found


def _day_rows(
    dates: pd.DatetimeIndex, spans: list[PaceSpan], days: Days, found: DayPlan, fixed_cost: float
) -> pd.DataFrame:
    member = {one.name: _is_day_of(one, dates) for one in spans}
    rows = empty_days().reindex(range(len(dates)))
    rows["plan_date"] = dates.astype("datetime64[us]")
    rows["spans"] = [", ".join(name for name, mask in member.items() if mask[at]) for at in range(len(dates))]
    rows["clicks_factor"], rows["cvr_factor"] = days.clicks, days.cvr
    rows["planned_cost"] = found.spend + fixed_cost * days.clicks
    rows["expected_value"], rows["price"] = found.value, found.price
    return rows.assign(is_held=False, note_zh="", note_en="")


def _hold(why: Sentence, items: pd.DataFrame, batch: Batch) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return tomorrow alone with the last total: of the last night that was paced, else of the settings, else the usual one."""
    before = state.latest_state_before(batch.home, PACING, batch.night)
    daily = batch.settings.budget.daily_total
    usual = float(items["usual_cost"].sum()) if daily is None else daily
    total = usual if before is None else float(before["total"])
    note = Sentence(
        en=f"Pacing is held, the last daily total of {total:,.2f} is kept: {why.en}.",
        zh=f"预算节奏暂停，沿用上次的每日总额 {total:,.2f}：{why.zh}。",
    )
    return _one_day(total, note, is_held=True, batch=batch)


def _even(
    error: InfeasibleBudgetError, spans: list[PaceSpan], left: dict[str, float], dates: pd.DatetimeIndex, batch: Batch
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return tomorrow alone with an even share of the scarcest span's money; nothing where it is spent."""
    shares = [max(left[one.name], 0.0) / _is_day_of(one, dates).sum() for one in spans if _is_day_of(one, dates)[0]]
    total = float(min(shares, default=0.0))
    note = Sentence(
        en=f"The span's money does not reach, tomorrow's total is {total:,.2f}: {error}",
        zh=f"周期预算不够，明天的总额为 {total:,.2f}：{error}",
    )
    return _one_day(total, note, is_held=False, batch=batch)


def _one_day(total: float, note: Sentence, *, is_held: bool, batch: Batch) -> tuple[pd.DataFrame, dict[str, Any]]:
    tomorrow = pd.Series([pd.Timestamp(batch.night + timedelta(days=1))], dtype="datetime64[us]")
    rows = (
        empty_days()
        .reindex(range(1))
        .assign(plan_date=tomorrow, spans="", planned_cost=total, is_held=is_held, note_zh=note.zh, note_en=note.en)
    )
    return rows, {"00_note": f"{note.zh} / {note.en}"}


def _why_held(missing: list[str]) -> Sentence:
    if not missing:
        return Sentence(en="nothing may be moved tonight", zh="今晚没有可以调整的对象")
    more = f" (+{len(missing) - 5})" if len(missing) > 5 else ""
    shown = ", ".join(missing[:5]) + more
    return Sentence(
        en=f"these days have no report yet: {shown}; put them into the inbox",
        zh=f"缺少这些天的报表：{shown}；请放进收件箱",
    )


def _metadata(frame: pd.DataFrame, spans: list[PaceSpan], left: dict[str, float], found: DayPlan) -> dict[str, Any]:
    money = [
        f"- {one.key}: {left[one.name]:,.2f} / {one.money:,.2f} 剩余 left; 再多 1 值 the next 1 is worth {toll:.3f} more"
        for one, toll in zip(spans, found.span_price, strict=True)
    ]
    shown = frame.head(SHOWN_DAYS)
    table = pd.DataFrame({
        "日期 / date": shown["plan_date"].dt.strftime("%m-%d"), "点击 / clicks": shown["clicks_factor"].map("{:.2f}".format),
        "转化 / cvr": shown["cvr_factor"].map("{:.2f}".format), "花费 / cost": shown["planned_cost"].map("{:,.2f}".format),
        "价值 / value": shown["expected_value"].map("{:,.2f}".format), "价格 / price": shown["price"].map("{:.2f}".format),
    })  # fmt: skip
    return {
        "tonights_total": round(float(frame["planned_cost"].iloc[0]), 2), "dual_bound": found.bound, "gap": found.gap,
        "01_money": dg.MetadataValue.md("\n".join(money)), "02_days": as_table(table),
    }  # fmt: skip


def _is_day_of(span: PaceSpan, dates: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray((dates >= pd.Timestamp(span.first)) & (dates <= pd.Timestamp(span.last)))


def _base_price(batch: Batch) -> float:
    return 1.0 if batch.settings.budget.mode == "flexible" else 0.0
