"""Draws what more or less money would bring: value over cost, with today, the plan, and where the next money just breaks even.

Here belongs drawing to PNG bytes only; the points come from ``assets.plan_told``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from assets.presentation.charts import DPIS, Layout, chinese_font, short_money, smallest_png
from assets.presentation.wording import Language

MIN_POINTS = 3
_CURVE, _PLAN, _NOW, _QUIET = "#1f6feb", "#1a7f4b", "#8a94a3", "#999999"
_TEXTS: dict[Language, dict[str, str]] = {
    "zh": {"x": "花费 / 天", "y": "带来的价值 / 天", "plan": "计划", "now": "现在的花费", "even": "价值 = 花费"},
    "en": {"x": "cost / day", "y": "value / day", "plan": "plan", "now": "cost now", "even": "value = cost"},
}


def curve_chart(
    proof: Mapping[str, Any], currency: str, language: Language = "zh", layout: Layout = "wide"
) -> bytes | None:
    """Return the picture as PNG bytes, None where too few totals could be planned to draw a line.

    The same bytes for the same input and fonts; Chinese falls back to English where no Chinese font is installed.
    """
    points = np.array(proof.get("curve", []), dtype=np.float64).reshape(-1, 2)
    if len(points) < MIN_POINTS:
        return None
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    font = chinese_font()
    shown: Language = language if font is not None else "en"
    family = ["DejaVu Sans"] if font is None else ["DejaVu Sans", font]
    with rc_context({"font.family": family, "font.size": 10.0, "axes.unicode_minus": False}):
        return smallest_png(_draw(points, proof, currency, shown, layout), DPIS[layout])


def _draw(points: np.ndarray, proof: Mapping[str, Any], currency: str, language: Language, layout: Layout) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    texts, (cost, value) = _TEXTS[language], points.T
    figure = Figure(figsize=(3.9, 3.1) if layout == "tall" else (9.0, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(cost, value, color=_CURVE, linewidth=2.0, marker="o", markersize=3.5)
    shown = cost[cost <= value.max()]
    if len(shown) > 1:
        axes.plot(shown, shown, color=_QUIET, linewidth=1.0, linestyle="--", label=texts["even"])
    axes.axvline(proof["cost_now"], color=_NOW, linewidth=1.2, linestyle=":", label=texts["now"])
    axes.plot([proof["cost"]], [proof["value"]], "o", color=_PLAN, markersize=9, label=texts["plan"])
    axes.annotate(
        short_money(proof["value"], currency, language), (proof["cost"], proof["value"]), xytext=(-8, 8),
        textcoords="offset points", ha="right", fontsize=9, color=_PLAN,
    )  # fmt: skip
    money = FuncFormatter(lambda amount, _: short_money(amount, currency, language))
    for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        axis.set_major_locator(MaxNLocator(4 if layout == "tall" else 6))
        axis.set_major_formatter(money)
        axis.set_label_text(texts[name], color="#555555")
    axes.set_ylim(bottom=min(0.0, float(value.min())), top=1.12 * float(value.max()))
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
