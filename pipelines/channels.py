"""``bidwright channels``: the channel-level mode on one file, for shops that know only spend and sales per channel.

Here belong the outcome in words or JSON and where the report goes; the study itself is ``assets.channels``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.channels import ChannelStudy, PlanWish, find_columns, read_experiments, read_table, study_channels
from assets.presentation.channel_report import LEVEL, cautions, report_markdown
from pipelines.output import guarded, print_json


@dataclass(frozen=True)
class Wish:
    """What the shop tells beside its table: columns, lift tests if there are any, the most to spend, its margin."""

    channels: tuple[str, ...]
    controls: tuple[str, ...]
    tests: Path | None
    budget: float | None
    margin: float


@guarded
def plan(file: Path, wish: Wish, json_output: bool) -> int:
    """Fit, plan and write the report beside the table."""
    table = read_table(file, find_columns(file, wish.channels, wish.controls))
    tests = () if wish.tests is None else read_experiments(wish.tests, table)
    study = study_channels(table, tests, PlanWish(wish.budget, wish.margin))
    path = file.with_suffix(".channels.md")
    path.write_text(report_markdown(study), encoding="utf-8")
    if json_output:
        print_json({"status": "done", "report": str(path), **as_json(study)})
    else:
        _print_plan(study, path)
    return 0


def as_json(study: ChannelStudy) -> dict[str, Any]:
    """Return the study as plain numbers."""
    fit, plan_, usual = study.fit, study.plan, study.table.usual_spend
    low, mean, high = fit.interval(LEVEL)
    channels = [
        {
            "channel": name, "contribution": mean[i], "contribution_low": low[i], "contribution_high": high[i],
            "cost_today": usual[i], "cost": plan_.cost[i], "value": plan_.value[i], "value_low": plan_.value_low[i],
            "value_high": plan_.value_high[i], "marginal": plan_.marginal[i], "binding": str(plan_.binding[i]),
        }
        for i, name in enumerate(fit.names)
    ]  # fmt: skip
    return {
        "channels": [{key: one if isinstance(one, str) else float(one) for key, one in row.items()} for row in channels],
        "budget": study.budget, "total_cost": plan_.total_cost, "total_value": plan_.total_value,
        "dual_bound": plan_.dual_bound, "solver_gap": plan_.solver_gap, "r_hat": fit.r_hat, "cautions": cautions(study),
    }  # fmt: skip


def _print_plan(study: ChannelStudy, path: Path) -> None:
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.table import Table  # noqa: PLC0415

    plan_, usual, screen = study.plan, study.table.usual_spend, Console()
    table = Table("channel", "today", "plan", "value", "next 1 returns")
    for i, name in enumerate(study.fit.names):
        table.add_row(
            name, f"{usual[i]:,.2f}", f"{plan_.cost[i]:,.2f}", f"{plan_.value[i]:,.2f}", f"{plan_.marginal[i]:,.2f}"
        )
    screen.print(table)
    for one in cautions(study):
        screen.print(f"* {one}", markup=False, highlight=False)
    screen.print(f"Report: {path}", soft_wrap=True, markup=False, highlight=False)
