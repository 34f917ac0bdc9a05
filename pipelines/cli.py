"""The ``bidwright`` command: options and exit status only. Work is done by plain functions and the jobs.

Imports of the work happen inside the commands, so that ``--help`` answers at once. Exit status: 0 done, 1 failed, 2 bad usage,
3 done with a platform held.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Annotated

import typer

HOME = Annotated[Path | None, typer.Option("--home", help="The home folder (default: $BIDWRIGHT_HOME, else ./data).")]
JSON = Annotated[bool, typer.Option("--json", help="One machine-readable object on stdout, nothing else.")]
NIGHT = Annotated[str, typer.Option("--night", help="Night as YYYY-MM-DD (default: the newest in the inbox).")]

app = typer.Typer(
    name="bidwright", no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Turns last night's ad reports into this morning's bid files.\n\n"
    "Example: bidwright simulate --home demo && bidwright run --home demo",
)  # fmt: skip


@app.command()
def run(
    home: HOME = None,
    night: NIGHT = "",
    refresh_inputs: Annotated[
        bool, typer.Option(help="Start a new revision with the files that arrived since.")
    ] = False,
    json_output: JSON = False,
) -> None:
    """Run one night: reports in, bid files out.

    Example: bidwright run --home data --night 2025-06-24
    """
    from pipelines import commands  # noqa: PLC0415

    _end(commands.run(home, night, refresh_inputs, json_output))


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First night, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last night, YYYY-MM-DD.")],
    home: HOME = None,
    json_output: JSON = False,
) -> None:
    """Run several nights in date order, in this one process.

    Example: bidwright backfill --from 2025-06-01 --to 2025-06-24
    """
    from pipelines import commands  # noqa: PLC0415

    _end(commands.backfill(home, first, last, json_output))


@app.command()
def backtest(
    first: Annotated[
        str, typer.Option("--from", help="First night, YYYY-MM-DD; start some weeks early to let it learn.")
    ],
    last: Annotated[str, typer.Option("--to", help="Last night, YYYY-MM-DD.")],
    home: HOME = None,
    scratch: Annotated[
        Path | None, typer.Option(help="Empty folder that keeps the replayed nights (default: a temporary one).")
    ] = None,
    json_output: JSON = False,
) -> None:
    """Replay old nights as they were known, in a home of their own, and compare what they expected with what came.

    Example: bidwright backtest --from 2025-06-01 --to 2025-06-14
    """
    from pipelines import backtest as command  # noqa: PLC0415

    _end(command.backtest(home, first, last, scratch, json_output))


@app.command()
def publish(
    home: HOME = None,
    night: NIGHT = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve the night first (review: approve).")] = False,
    json_output: JSON = False,
) -> None:
    """Write the bid files of a computed night again; every receipt is checked first.

    Example: bidwright publish --night 2025-06-24
    """
    from pipelines import commands  # noqa: PLC0415

    _end(commands.publish(home, night, approve, json_output))


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Report files to look into; nothing is stored.")],
    draft: Annotated[
        bool, typer.Option("--draft", help="Print a starter YAML for a report that is not known.")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="State that the report is described right.")] = False,
    home: HOME = None,
    json_output: JSON = False,
) -> None:
    """Show what a report file is: platform, kind, dates, rows, totals, columns, bad rows; the nearest report if unknown.

    Example: bidwright inspect report.zip --json
    """
    from pipelines import inspection  # noqa: PLC0415

    _end(inspection.inspect(files, json_output, inspection.Wish(draft, confirm, home)))


@app.command()
def platforms(
    markdown: Annotated[bool, typer.Option("--markdown", help="The same as a page (docs/platforms.md).")] = False,
    json_output: JSON = False,
) -> None:
    """List the platforms: what is read, what may be edited, which files are written, and how well each is known.

    Example: bidwright platforms --json
    """
    from pipelines import platform_list  # noqa: PLC0415

    _end(platform_list.list_platforms(json_output, markdown))


@app.command()
def channels(  # noqa: PLR0913 - one option for each thing that only the shop knows
    file: Annotated[
        Path, typer.Argument(help="A csv with one row a day or week: date, sales, one spend column a channel.")
    ],
    channel: Annotated[list[str], typer.Option("--channel", help="Column of a channel's spend; once for each.")],
    control: Annotated[
        list[str] | None, typer.Option("--control", help="Column that moves sales besides advertising; once for each.")
    ] = None,
    tests: Annotated[
        Path | None, typer.Option("--tests", help="A csv of lift tests: channel,start,end,extra_spend,lift,error.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Most to spend a period (default: as in the last quarter).")
    ] = None,
    margin: Annotated[float, typer.Option(help="Profit share of sales; 1 counts sales themselves.")] = 1.0,
    json_output: JSON = False,
) -> None:
    """Plan spend per channel from daily or weekly spend and sales alone, with intervals and a proof.

    Example: bidwright channels weeks.csv --channel search --channel social --budget 50000
    """
    from pipelines import channels as command  # noqa: PLC0415

    wish = command.Wish(tuple(channel), tuple(control or ()), tests, budget, margin)
    _end(command.plan(file, wish, json_output))


@app.command()
def explain(
    keyword: Annotated[str, typer.Argument(help="A keyword, or a part of it.")],
    home: HOME = None,
    night: NIGHT = "",
    json_output: JSON = False,
) -> None:
    """Say why a keyword's bid moved or stayed, with every number behind it.

    Example: bidwright explain 保温杯
    """
    from pipelines import explanation  # noqa: PLC0415

    _end(explanation.explain(home, night, keyword, json_output))


@app.command()
def doctor(home: HOME = None, json_output: JSON = False) -> None:
    """Check this machine and home: versions, folders, settings, lease, inbox.

    Example: bidwright doctor --home data
    """
    from pipelines import examination  # noqa: PLC0415

    _end(examination.examine(home, json_output))


@app.command()
def ui(
    home: HOME = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="For marketers: look, but start nothing.")] = False,
) -> None:
    """Open the Dagster UI of a home on 127.0.0.1.

    Example: bidwright ui --home data --port 3000
    """
    from pipelines import commands  # noqa: PLC0415

    _end(commands.serve(home, port, read_only))


def main() -> None:
    """Run the command line; commands of other rooms (the simulator's) join through the entry-point group."""
    ours = distribution("bidwright").entry_points.select(group="bidwright.commands")  # of this package alone: fast
    for found in sorted(ours, key=lambda one: one.name):
        app.command(found.name)(found.load())
    app()


def _end(status: int) -> None:
    raise typer.Exit(status)
