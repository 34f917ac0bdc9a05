"""Draws the night's one picture: cost and value by platform before and after, and what the next money returns.

Here belongs drawing to PNG bytes only; the amounts come from ``summary.platform_money`` and the table ``budget_nodes``.
matplotlib is imported inside the functions because it is slow to import and most callers draw nothing.
"""

from __future__ import annotations

import base64
import io
import math
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from assets.presentation.summary import PLATFORM_MONEY, platform_money
from assets.presentation.wording import (
    BLANK,
    Language,
    currency_symbol,
    platform_title,
    read_numbers,
    read_texts,
    require_columns,
    shorten,
)

Layout = Literal["wide", "tall", "dialog"]
DPIS: dict[Layout, tuple[int, ...]] = {"wide": (160, 120, 90, 60), "tall": (160, 120, 90, 60), "dialog": (100, 80, 60)}
MAX_PNG_BYTES = 44_000  # 60 KB once it is a data: URI
MAX_PLATFORMS = 8
_CJK_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB",
    "SimHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "Arial Unicode MS", "Noto Sans CJK JP",
)  # fmt: skip
_BEFORE, _AFTER, _PRICE, _LINE = "#b8c1cc", "#1f6feb", "#1a7f4b", "#c0392b"
_TEXTS: dict[Language, dict[str, str]] = {
    "zh": {
        "cost": "花费 / 天", "value": "成交额 / 天", "price": "再花 {unit} 带回", "before": "现在", "after": "计划",
        "other": "其他平台", "none": "没有平台数据",
    },
    "en": {
        "cost": "cost / day", "value": "value / day", "price": "next {unit} returns", "before": "now", "after": "plan",
        "other": "other platforms", "none": "no platform data",
    },
}  # fmt: skip


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """Return an installed font that has Chinese signs, or None."""
    from matplotlib import font_manager  # noqa: PLC0415 - slow to import

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CJK_FONTS if name in installed), None)


def money_chart(
    recommendations: pd.DataFrame,
    nodes: pd.DataFrame,
    currency: str,
    language: Language = "zh",
    layout: Layout = "wide",
) -> bytes:
    """Return the chart as PNG bytes, the same bytes for the same input and fonts.

    Parameters
    ----------
    recommendations : DataFrame
        The night's rows; cost and value are added up by platform.
    nodes : DataFrame
        ``budget_nodes``; the price of the node named like a platform is what its next money returns.
    currency : str
        The shop currency.
    language : str
        ``zh`` falls back to English where no Chinese font is installed, so that no box is ever drawn.
    layout : str
        ``wide`` has the three panels side by side, ``tall`` below each other for a phone, ``dialog`` is wide but small
        enough for the Dagster UI's pop-up, which does not shrink pictures.

    Raises
    ------
    MissingColumnsError
        If ``recommendations`` or ``nodes`` lacks a column.
    """
    require_columns(nodes, ["name", "price"], "budget_nodes")
    money = platform_money(recommendations)
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    font = chinese_font()
    shown: Language = language if font is not None else "en"
    family = ["DejaVu Sans"] if font is None else ["DejaVu Sans", font]
    rows = _fold_small(money, nodes, shown, has_chinese=font is not None)
    with rc_context({"font.family": family, "font.size": 10.0, "axes.unicode_minus": False}):
        return smallest_png(_draw(rows, currency, shown, layout), DPIS[layout])


def data_uri(png: bytes) -> str:
    """Return the picture as a ``data:`` URI for markdown or HTML."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def node_prices(nodes: pd.DataFrame) -> dict[str, float]:
    """Return the price of each node by its name; NaN where it has none."""
    require_columns(nodes, ["name", "price"], "budget_nodes")
    return dict(zip(read_texts(nodes, "name"), read_numbers(nodes, "price").tolist(), strict=True))


def _fold_small(money: pd.DataFrame, nodes: pd.DataFrame, language: Language, *, has_chinese: bool) -> pd.DataFrame:
    """Return the largest platforms with label and price, the others added up in one row."""
    numbers = {name: np.nan_to_num(read_numbers(money, name)) for name in PLATFORM_MONEY[1:]}
    names, prices = read_texts(money, "platform", BLANK), node_prices(nodes)
    rows = pd.DataFrame({"label": _labels(names, language, has_chinese), **numbers})
    rows["price"] = [prices.get(name, math.nan) for name in names]
    rows = rows.sort_values(["cost_before", "label"], ascending=[False, True], ignore_index=True)
    if len(rows) <= MAX_PLATFORMS:
        return rows
    rest = rows.iloc[MAX_PLATFORMS - 1 :]
    other = {"label": _TEXTS[language]["other"], "price": math.nan, **rest[list(numbers)].sum().to_dict()}
    return pd.concat([rows.iloc[: MAX_PLATFORMS - 1], pd.DataFrame([other])], ignore_index=True)


def _labels(names: list[str], language: Language, has_chinese: bool) -> list[str]:
    titles = [shorten(platform_title(name, language), 20) for name in names]
    if has_chinese:
        return titles
    return [title.replace("…", "...") if title.isascii() or title.endswith("…") else f"#{index + 1}"
            for index, title in enumerate(titles)]  # fmt: skip


def _draw(rows: pd.DataFrame, currency: str, language: Language, layout: Layout) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    texts, n_rows = _TEXTS[language], max(len(rows), 1)
    panel = 0.75 + 0.46 * n_rows
    figure = Figure(figsize=(3.9, 3 * panel) if layout == "tall" else (9.0, panel + 0.25), layout="constrained")
    if rows.empty:
        figure.text(0.5, 0.5, texts["none"], ha="center", va="center")
        return figure
    is_wide = layout != "tall"
    panels = figure.subplots(
        ncols=3 if is_wide else 1, nrows=1 if is_wide else 3, sharey=is_wide, squeeze=False
    ).ravel()
    for axes, name in zip(panels, ("cost", "value"), strict=False):
        _money_panel(axes, rows, name, currency, language)
    _price_panel(panels[2], rows, currency, language)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower left", ncols=2, frameon=False, fontsize=9, handlelength=1.0)
    return figure


def _money_panel(axes: Any, rows: pd.DataFrame, name: str, currency: str, language: Language) -> None:
    texts, places = _TEXTS[language], np.arange(len(rows))
    for offset, when, colour in ((-0.19, "before", _BEFORE), (0.19, "after", _AFTER)):
        amounts = rows[f"{name}_{when}"].to_numpy()
        axes.barh(places + offset, amounts, height=0.36, color=colour, label=texts[when])
        for place, amount in zip(places + offset, amounts, strict=True):
            axes.annotate(
                short_money(amount, currency, language), (amount, place), xytext=(4, 0), textcoords="offset points",
                va="center", fontsize=8.5, color="#333333",
            )  # fmt: skip
    largest = float(rows[[f"{name}_before", f"{name}_after"]].to_numpy().max())
    _dress(axes, rows, texts[name], largest)


def _price_panel(axes: Any, rows: pd.DataFrame, currency: str, language: Language) -> None:
    unit = f"{currency_symbol(currency)}1"
    prices, places = rows["price"].to_numpy(), np.arange(len(rows))
    axes.barh(places, np.nan_to_num(prices), height=0.42, color=_PRICE)
    for place, price in zip(places, prices, strict=True):
        text = f"{currency_symbol(currency)}{price:.2f}" if math.isfinite(price) else BLANK
        axes.annotate(
            text, (price if math.isfinite(price) else 0.0, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8.5, color="#333333",
        )  # fmt: skip
    axes.axvline(1.0, color=_LINE, linewidth=1.0, linestyle="--")
    _dress(axes, rows, _TEXTS[language]["price"].format(unit=unit), max(1.0, float(np.nan_to_num(prices).max())))


def _dress(axes: Any, rows: pd.DataFrame, title: str, largest: float) -> None:
    axes.set_title(title, fontsize=10.5, loc="left")
    axes.set_yticks(np.arange(len(rows)), rows["label"].tolist())
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0.0, largest * 1.42 if largest > 0 else 1.0)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color("#999999")


def short_money(amount: float, currency: str, language: Language) -> str:
    """Return an amount in few signs, e.g. ``¥1.2万`` or ``$12.0k``."""
    symbol, size = currency_symbol(currency), abs(amount)
    units = ((1e8, "亿"), (1e4, "万")) if language == "zh" else ((1e6, "M"), (1e4, "k"))
    for limit, unit in units:
        if size >= limit:
            return f"{symbol}{amount / (1e3 if unit == 'k' else limit):,.2f}{unit}"
    return f"{symbol}{amount:,.0f}" if size >= 100 else f"{symbol}{amount:,.2f}"


def smallest_png(figure: Any, dpis: tuple[int, ...]) -> bytes:
    """Return the sharpest PNG of 64 colours that stays under the size limit; the coarsest one if none does."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    png, canvas = b"", FigureCanvasAgg(figure)
    for dpi in dpis:
        figure.set_dpi(dpi)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(64)
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", optimize=True)
        png = buffer.getvalue()
        if len(png) <= MAX_PNG_BYTES:
            break
    return png
