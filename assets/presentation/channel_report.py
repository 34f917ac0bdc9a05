"""Shows a study of channels as one markdown page: what each channel brought, what to spend, the proof, the curves.

Here belong words, tables and the picture; every number comes from ``assets.channels``. matplotlib is imported inside the
function because it is slow to import.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.presentation.charts import data_uri

if TYPE_CHECKING:
    from assets.channels import ChannelStudy

LEVEL = 0.8
N_POINTS = 80
MOST_PANELS = 6  # curves side by side; a shop's largest channels come first
_CURVE, _PLAN, _TODAY = "#1f6feb", "#1a7f4b", "#57606a"
BINDING = {
    "price": "the next unit brings one unit",
    "node_max:total": "the budget",
    "max_change": "the most it ever spent",
    "min_change": "nothing to gain",
}


def report_markdown(study: ChannelStudy) -> str:
    """Return the page: facts, contributions, plan, proof, cautions and the chart as a ``data:`` URI."""
    parts = [
        "# Channels",
        _describe_data(study),
        "## What each channel brought",
        _contribution_table(study),
        "## What to spend",
        _plan_table(study),
        _proof(study),
        "## How sure this is",
        "\n".join(f"* {one}" for one in cautions(study)),
        "## Curves",
        f"![curves]({data_uri(curve_chart(study))})",
    ]
    return "\n\n".join(parts) + "\n"


def cautions(study: ChannelStudy) -> list[str]:
    """Return what a reader must know before money is moved."""
    fit, names = study.fit, study.fit.names
    tested = {names[test.channel] for test in study.experiments}
    untested = [name for name in names if name not in tested]
    found = [
        f"Intervals hold {LEVEL:.0%} of what is believed. Autocorrelation of the noise: {fit.autocorrelation.mean():.2f}.",
    ]
    if not fit.is_settled:
        found.append(f"**The draws have not settled** (R-hat {fit.r_hat:.2f} > 1.1): do not act on these numbers.")
    if untested:
        found.append(
            f"No lift test: {', '.join(untested)}. If demand itself moves their spend, their numbers are too high; a holdout "
            "of some weeks tells."
        )
    low, mean, high = fit.interval(LEVEL)
    wide = [name for name, width in zip(names, (high - low) / mean, strict=True) if width > 1]
    if wide:
        found.append(f"Hardly known (the interval is wider than the estimate): {', '.join(wide)}.")
    return found


def curve_chart(study: ChannelStudy) -> bytes:
    """Return the curves with their intervals, today's spend and the plan, as PNG bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    usual = study.table.usual_spend
    shown = np.argsort(-usual, kind="stable")[:MOST_PANELS]
    n_columns = min(len(shown), 3)
    n_rows = -(-len(shown) // n_columns)
    figure = Figure(figsize=(3.2 * n_columns, 2.5 * n_rows), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for panel, channel in zip(panels, shown, strict=False):
        _draw_curve(panel, study, int(channel), float(usual[channel]))
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _draw_curve(panel: Any, study: ChannelStudy, channel: int, usual: float) -> None:
    curves, planned = study.curves, float(study.plan.cost[channel])
    spend = np.linspace(0.0, float(curves.max_cost[channel]), N_POINTS)
    values = np.array([curves.draw_values(np.full(curves.n_items, one))[channel] for one in spend])
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    panel.fill_between(spend, low, high, color=_CURVE, alpha=0.18, linewidth=0)
    panel.plot(spend, values.mean(axis=1), color=_CURVE, linewidth=1.6)
    panel.axvline(usual, color=_TODAY, linewidth=1.0, linestyle=":", label="today")
    panel.axvline(planned, color=_PLAN, linewidth=1.2, label="plan")
    panel.set_title(study.fit.names[channel], fontsize=9.5, loc="left")
    panel.tick_params(labelsize=7.5)
    panel.legend(fontsize=7.5, frameon=False, loc="lower right")
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _describe_data(study: ChannelStudy) -> str:
    data, dates = study.table.data, study.table.dates
    unit = "days" if data.is_daily else "weeks"
    return (
        f"{len(dates)} {unit if data.day[1] - data.day[0] in (1, 7) else 'periods'}, {dates[0]:%Y-%m-%d} to "
        f"{dates[-1]:%Y-%m-%d}; {len(data.names)} channels, {data.controls.shape[1]} controls, "
        f"{len(study.experiments)} lift tests. Sales {data.sales.sum():,.0f}, spend {data.spend.sum():,.0f}."
    )


def _contribution_table(study: ChannelStudy) -> str:
    fit, data = study.fit, study.table.data
    spend, (low, mean, high) = data.spend.sum(axis=0), fit.interval(LEVEL)
    kept = fit.retention.mean(axis=0)
    rows = [
        (
            name, f"{spend[i]:,.0f}", f"{mean[i]:,.0f} ({low[i]:,.0f} to {high[i]:,.0f})",
            f"{mean[i] / data.sales.sum():.1%}",
            f"{mean[i] / spend[i]:,.2f} ({low[i] / spend[i]:,.2f} to {high[i] / spend[i]:,.2f})", f"{kept[i]:.2f}",
        )
        for i, name in enumerate(fit.names)
    ]  # fmt: skip
    return _table(("channel", "spend", "sales brought", "of sales", "ROAS", "carried over"), rows)


def _plan_table(study: ChannelStudy) -> str:
    plan, usual = study.plan, study.table.usual_spend
    value = "margin" if study.wish.margin < 1 else "sales"
    rows = [
        (
            name, f"{usual[i]:,.2f}", f"{plan.cost[i]:,.2f}",
            f"{plan.value[i]:,.2f} ({plan.value_low[i]:,.2f} to {plan.value_high[i]:,.2f})",
            f"{plan.marginal[i]:,.2f}", BINDING.get(str(plan.binding[i]), str(plan.binding[i])),
        )
        for i, name in enumerate(study.fit.names)
    ]  # fmt: skip
    total = f"{plan.total_value:,.2f} ({plan.total_low:,.2f} to {plan.total_high:,.2f})"
    price = f"{plan.node_price[0]:,.2f}"
    rows.append(("total", f"{usual.sum():,.2f}", f"{plan.total_cost:,.2f}", total, price, ""))
    return _table(("channel", "today", "plan", f"{value} expected", "next 1 returns", "stopped by"), rows)


def _proof(study: ChannelStudy) -> str:
    plan = study.plan
    goal = "value less cost" if study.wish.mode == "flexible" else "value"
    today = study.curves.value(np.minimum(study.table.usual_spend, study.curves.max_cost)).sum()
    return (
        f"A period, of {study.budget:,.2f} at most. On these curves no plan within the limits has more {goal} than "
        f"{plan.dual_bound:,.2f}; this one is within {plan.solver_gap:.0e} of it. Today's split is expected to bring "
        f"{today:,.2f}."
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 2), "---:"), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
