"""Why this plan, in words and short numbers: is it the best, what stops it, what other budgets would bring, what is unspent.

Here belong no HTML and no cells; page and workbook place the texts. The numbers are ``assets.plan_told.proof_document``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assets.presentation.charts import data_uri
from assets.presentation.curve_chart import curve_chart
from assets.presentation.wording import BLANK, LANGUAGES, Language, format_count, format_money, limit_words, node_title

BREAK_EVEN = 1.005  # a next unit that returns less is not worth spending, where unspent money is kept
SMALL = 0.001  # of the total: so little is left over by rounding alone


def proof_view(proof: Mapping[str, Any] | None, currency: str) -> dict[str, Any] | None:
    """Return lines, tables and pictures of the proof; None where the night has none."""
    if not proof or not proof.get("what_if"):
        return None
    lines = [{language: line(proof, currency, language) for language in LANGUAGES} for line in LINES]
    return {
        "lines": [*lines, *proof.get("notes", ())],
        "what_if": what_if_texts(proof, currency),
        "limits": limit_texts(proof, currency),
        "charts": _pictures(proof, currency),
    }


def best_words(proof: Mapping[str, Any], currency: str, language: Language) -> str:
    """Return how far the plan may be from the best one within the limits."""
    loss = format_money(proof["loss"], currency)
    if language == "zh":
        return f"这是最优吗：在所有限制之内，没有任何方案每天能比它多赚 {loss} 以上（含取整）。"
    return f"Is this the optimum: no plan within the limits earns more than {loss} a day beyond it, rounding included."


def regret_words(proof: Mapping[str, Any], currency: str, language: Language) -> str:
    """Return what unsure estimates cost the plan."""
    regret = proof.get("regret")
    if regret is None:
        return (
            "估计不准的代价：今晚没有算（设有 ROAS 下限，或对象太多）。" if language == "zh"
            else "The price of unsure estimates: not worked out tonight (there are ROAS floors, or too many items)."
        )  # fmt: skip
    mean, high = (format_money(regret[name], currency) for name in ("mean", "high"))
    if language == "zh":
        return f"估计不准的代价：平均每天少赚 {mean}，八成把握不超过 {high}。"
    return f"The price of unsure estimates: {mean} a day on average, at most {high} with 80 % probability."


def unspent_words(proof: Mapping[str, Any], currency: str, language: Language) -> str:
    """Return what of the total is not spent, and why."""
    left, is_zh = proof.get("left"), language == "zh"
    if left is None or left <= SMALL * max(proof["total"], 1e-9):
        return "没花完的钱：没有，总预算已分完。" if is_zh else "Unspent: nothing, the total is given out."
    amount, price = format_money(left, currency), proof["what_if"][0]["price"]
    if proof["mode"] == "flexible" and price is not None and price <= BREAK_EVEN:
        return (
            f"没花完的钱：{amount}，因为再花 1 带回不到 1，花了就亏。" if is_zh
            else f"Unspent: {amount}, because the next 1 returns less than 1."
        )  # fmt: skip
    return (
        f"没花完的钱：{amount}，因为还能赚的对象都到了今晚的上限（见下表）。" if is_zh
        else f"Unspent: {amount}, because all that would still earn is at tonight's limits (see the table below)."
    )  # fmt: skip


LINES: tuple[Callable[[Mapping[str, Any], str, Language], str], ...] = (best_words, regret_words, unspent_words)


def what_if_texts(proof: Mapping[str, Any], currency: str) -> list[dict[str, Any]]:
    """Return one row per changed budget: its name in both languages, cost, value, gain, what the next 1 returns, a note."""
    return [
        {
            "name": {language: _budget_name(row, language) for language in LANGUAGES},
            "cost": _money(row["cost"], currency), "value": _money(row["value"], currency),
            "gain": BLANK if row["gain"] is None else format_money(row["gain"], currency, is_signed=True),
            "price": BLANK if row["price"] is None else f"{row['price']:.2f}",
            "note": {language: _note(row, currency, language) for language in LANGUAGES},
        }
        for row in proof["what_if"]
    ]  # fmt: skip


def limit_texts(proof: Mapping[str, Any], currency: str) -> list[dict[str, Any]]:
    """Return one row per limit: its words in both languages, how many items it stops, what they spend."""
    return [
        {
            "words": {language: limit_words(row["limit"], language) for language in LANGUAGES},
            "items": format_count(row["items"]), "cost": _money(row["cost"], currency),
        }
        for row in proof["limits"]
    ]  # fmt: skip


def _budget_name(row: Mapping[str, Any], language: Language) -> str:
    if row["change"] == 0:
        return "今晚的计划" if language == "zh" else "tonight's plan"
    return f"{node_title(row['name'], language)} {row['change']:+.0%}"


def _note(row: Mapping[str, Any], currency: str, language: Language) -> str:
    if not row["offenders"]:
        return ""
    missing = format_money(row["missing"], currency)
    if language == "zh":
        return f"做不到：与今晚的其他限制差 {missing}"
    return f"cannot be met: {missing} apart from tonight's other limits"


def _money(amount: float | None, currency: str) -> str:
    return BLANK if amount is None else format_money(amount, currency)


def _pictures(proof: Mapping[str, Any], currency: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        drawn = {layout: curve_chart(proof, currency, language, layout) for layout in ("wide", "tall")}  # type: ignore[arg-type]
        if all(drawn.values()):
            found[language] = {layout: data_uri(png) for layout, png in drawn.items() if png is not None}
    return found
