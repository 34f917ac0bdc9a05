"""``bidwright explain``: why a keyword's bid moved or stayed, with every number behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from assets.batch import Batch, open_batch
from assets.market import normal_words
from assets.presentation.reasons import reason_sentences
from assets.warehouse import state
from assets.warehouse.home import open_home
from pipelines.output import fail, guarded, print_json
from pipelines.resources import home_root

NUMBERS = (
    "clicks", "cost", "conversions", "conversion_value", "effective_clicks", "effective_conversions", "cvr", "cvr_low",
    "cvr_high", "cvr_prior", "aov", "cpc", "value_per_click", "margin", "roas", "roas_low", "roas_high", "roas_floor",
    "p_below_floor", "p_unprofitable", "demand_clicks", "served_share", "searches", "competition", "score",
    "score_volume", "score_competition", "score_conversion",
)  # fmt: skip
PLAN = ("multiplier", "plan_cost", "plan_value", "marginal_roas", "binding_limit", "campaign_price", "total_price")
MAX_SHOWN = 10


@guarded
def explain(home: Path | None, night: str, keyword: str, json_output: bool) -> int:
    """Print the decision, its reason and its numbers for every item whose keyword or campaign holds the text."""
    root = home_root(home)
    computed = state.nights_in(open_home(root).warehouse / "tables")
    if not computed:
        return fail(f"no night has been computed in {root}; run `bidwright run --home {root}` first", json_output)
    chosen = next((one for one in computed if one.isoformat() == night), None) if night else computed[-1]
    if chosen is None:
        return fail(f"night {night} has not been computed; computed: {computed[0]} … {computed[-1]}", json_output, 2)
    found = explanations(open_batch(root, chosen), keyword)
    if not found:
        return fail(f"no keyword, campaign or term of night {chosen} holds {keyword!r}", json_output)
    if json_output:
        print_json({"night": chosen.isoformat(), "items": found})
    else:
        _print(found)
    return 0


def explanations(batch: Batch, text: str) -> list[dict[str, Any]]:
    """Return the matching recommendations, exact matches and most cost first, with reasons and numbers."""
    rows = batch.table("recommendations")
    wanted = normal_words(pd.Series([text])).iloc[0]
    words = normal_words(rows["keyword"].fillna(rows["campaign"]))
    hit = words.str.contains(wanted, regex=False)
    rows = rows[hit].assign(is_exact=words[hit] == wanted).sort_values(["is_exact", "cost"], ascending=False)
    rows = rows.head(MAX_SHOWN).reset_index(drop=True)
    said = reason_sentences(rows, batch.settings)
    numbers = batch.table("pruned_items").set_index("item")
    plan = batch.table("budget_plan").drop_duplicates("item").set_index("item")
    found = []
    for index, row in enumerate(rows.to_dict("records")):
        item = row["item"]
        shown = {name: numbers.at[item, name] for name in NUMBERS if item in numbers.index}
        shown |= {name: plan.at[item, name] for name in PLAN if item in plan.index}
        found.append({
            **{name: _plain(row[name]) for name in ("item", "platform", "campaign", "keyword", "action", "lever", "old_value")},
            **{name: _plain(row[name]) for name in ("new_value", "currency", "reason_code", "evidence_grade", "decision")},
            "verdict": _plain(numbers.at[item, "verdict"]) if item in numbers.index else None,
            "reason_zh": said["reason_zh"].iloc[index], "reason_en": said["reason_en"].iloc[index],
            "numbers": {name: _plain(value) for name, value in shown.items()},
        })  # fmt: skip
    return found


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    for one in found:
        name = one["keyword"] or one["campaign"]
        change = "" if one["new_value"] is None else f"  {one['old_value']} -> {one['new_value']} {one['currency']}"
        console.print(
            f"\n[bold]{name}[/]  {one['platform']} · {one['campaign']}  [bold]{one['action']}[/]{change}",
            highlight=False,
        )
        console.print(f"  {one['reason_zh']}\n  {one['reason_en']}", highlight=False)
        told = [
            f"{key} {value:,.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in one["numbers"].items()
        ]
        console.print("  " + " · ".join(told), style="dim", highlight=False)
