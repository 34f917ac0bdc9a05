"""Runs every benchmark in one process, prints the figures and writes ``benchmarks/results.json``.

What is measured and against whom belongs to one module a benchmark; each offers ``measure() -> list[Figure]``.
"""

from __future__ import annotations

import importlib
import os
import platform
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.figures import Figure, as_table, write_results

# the first is timed while this process is small
BENCHMARKS = ("allocation", "ingest", "estimate", "replay", "pausing", "honesty", "decisions", "channels", "kol")
RESULTS = Path(__file__).parent / "results.json"


def main(
    only: Annotated[str, typer.Option(help=f"Measure one of {', '.join(BENCHMARKS)}.")] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Write down what --only measured; a whole run always is.")
    ] = False,
) -> None:
    """Measure speed and decision quality, each against a peer in the same run.

    A bar that does not hold is shown and written as such; it does not fail the run.
    """
    if only not in ("", *BENCHMARKS):
        raise typer.BadParameter(f"{only!r} is none of {', '.join(BENCHMARKS)}", param_hint="--only")
    screen, start = Console(stderr=True), os.getloadavg()[0]
    measured: dict[str, list[Figure]] = {}
    for name in [only] if only else BENCHMARKS:
        with screen.status(f"Measuring {name}"):
            measured[name] = importlib.import_module(f"benchmarks.{name}").measure()
    note = describe_machine(start)
    Console().print(as_table([figure for figures in measured.values() for figure in figures], note))
    if keep or not only:
        write_results(RESULTS, measured, note)
        screen.print(f"Written to {RESULTS}", soft_wrap=True)


def describe_machine(load_before: float) -> str:
    """Return what a reader needs to judge the times: cores, foreign load, versions."""
    return (
        f"{os.cpu_count()} cores, load average {load_before:.1f} before and {os.getloadavg()[0]:.1f} after the run "
        "(its own is about 1), "
        f"Python {platform.python_version()}, {platform.machine()}"
    )


if __name__ == "__main__":
    typer.run(main)
