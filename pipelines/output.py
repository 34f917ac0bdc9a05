"""How the command line speaks: progress, one JSON object, one clear error. What is said comes from the other modules."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

from configs.loader import ConfigError

USAGE = 2
P = ParamSpec("P")


def print_json(payload: Any) -> None:
    """Write one JSON object to stdout and nothing else."""
    sys.stdout.write(json.dumps(payload, ensure_ascii=False, indent=2, default=str) + "\n")


def fail(message: str, json_output: bool, status: int = 1) -> int:
    """Say what went wrong, on stderr or as JSON, and return the exit status."""
    if json_output:
        print_json({"status": "failed", "exit_status": status, "error": message})
    else:
        sys.stderr.write(f"bidwright: {message}\n")
    return status


def guarded(command: Callable[P, int]) -> Callable[P, int]:
    """Turn the errors that people can mend into one message and an exit status; a defect keeps its traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        json_output = inspect.signature(command).bind(*args, **kwargs).arguments.get("json_output") is True
        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            return fail(str(error), json_output, USAGE)
        except (ValueError, OSError, RuntimeError) as error:
            return fail(f"{error}", json_output, USAGE if isinstance(error, ValueError) else 1)

    return run


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[str, str], None]]:
    """Show the steps of a run as they go by, on stderr; ``quiet`` shows nothing."""
    if quiet:
        yield lambda step, message: None  # noqa: ARG005
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def say(step: str, message: str) -> None:
            if message == "STEP_START":
                bar.update(task, description=f"{title}  {step}")
            elif message in {"STEP_SUCCESS", "STEP_SKIPPED"}:
                bar.advance(task)
            elif not message.isupper():
                bar.update(task, description=f"{title}  {step}: {message[:80]}")

        yield say
