"""The ``simulate`` command: fills a home with a simulated shop's exports. Imports stay light; the work is ``demo``."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.demo import DemoResult
    from simulator.options import MarketOptions


def simulate(
    home: Annotated[Path, typer.Option(envvar="BIDWRIGHT_HOME", help="The folder to fill.")] = Path("data"),
    days: Annotated[int, typer.Option(min=1, max=400, help="Nights of exports, the last one being 2025-06-24.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 7,
    faults: Annotated[bool, typer.Option(help="Plant two bad rows and one totals row that does not add up.")] = True,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Write a simulated shop's report exports, night by night, in the platforms' real formats.

    Examples: bidwright simulate --home demo  |  bidwright simulate --home demo --days 30 --seed 11 --json
    """
    from simulator.market import SimulatorError  # noqa: PLC0415 (keeps `bidwright --help` fast)
    from simulator.options import MarketOptions  # noqa: PLC0415

    options = MarketOptions(seed=seed, days=days, has_faults=faults)
    try:
        result = _fill_with_progress(home, options, is_quiet=json_output)
    except SimulatorError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if json_output:
        typer.echo(json.dumps(_as_json(result), ensure_ascii=False))
    else:
        _show(result)


def _fill_with_progress(home: Path, options: MarketOptions, *, is_quiet: bool) -> DemoResult:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    from simulator.demo import fill_home  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("nights"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=is_quiet) as progress:
        task = progress.add_task("Simulating", total=options.days)

        def on_night(night: date) -> None:
            progress.update(task, advance=1, description=f"Simulating {night}")

        return fill_home(home, options, on_night)


def _as_json(result: DemoResult) -> dict[str, object]:
    return {
        "home": str(result.home),
        "first_night": result.first_night.isoformat(),
        "last_night": result.last_night.isoformat(),
        "files": result.files,
        "bytes": result.size_bytes,
        "settings_written": result.has_new_settings,
        "expected_daily_cost": round(result.daily_cost, 2),
        "expected_daily_profit": round(result.daily_profit, 2),
    }


def _show(result: DemoResult) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False, title="Simulated shop", title_justify="left")
    table.add_row("nights", f"{result.first_night} to {result.last_night}")
    table.add_row("files", f"{result.files} ({result.size_bytes / 1e6:.0f} MB) in {result.home / 'inbox'}")
    table.add_row("settings", "written" if result.has_new_settings else "kept as they were")
    table.add_row("truth, a usual day", f"cost {result.daily_cost:,.0f} CNY, profit {result.daily_profit:,.0f} CNY")
    table.add_row("next", f"bidwright run --home {result.home} --night {result.last_night}")
    Console(file=sys.stdout).print(table)
