"""How ``bidwright inspect`` shows what it found: one table a file, the important things first."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = 12


def show(found: list[dict[str, Any]]) -> None:
    """Print one table per object of the inspection."""
    console = Console()
    for one in found:
        table = Table(title=one["file"], show_header=False)
        for name in ("platform", "report", "kind", "encoding", "currency", "rows", "quarantined_rows"):
            table.add_row(name, "—" if one[name] in (None, "") else str(one[name]))
        table.add_row("dates", _span(one))
        table.add_row("totals", _lines(f"{name} {value:,}" for name, value in one["totals"].items()))
        table.add_row("control sums", _lines(map(_control, one["control_sums"])))
        table.add_row("used", ", ".join(f"{each['header']} → {each['column']}" for each in one["used_columns"]) or "—")
        table.add_row("ignored", ", ".join(one["ignored_columns"]) or "—")
        table.add_row("unknown", ", ".join(one["unknown_columns"]) or "—")
        table.add_row("set aside", _lines(map(_bad_row, one["quarantine"])))
        if one["nearest"] is not None:
            table.add_row("nearest", _near(one["nearest"]))
        table.add_row("messages", _lines(one["messages"]))
        console.print(table)


def _span(one: dict[str, Any]) -> str:
    if one["first_date"] is None:
        return "—"
    return one["first_date"] if one["first_date"] == one["last_date"] else f"{one['first_date']} … {one['last_date']}"


def _control(one: dict[str, Any]) -> str:
    mark = "=" if one["holds"] else "≠"
    return f"{one['label']}: {one['column']} {one['stated']:,.2f} {mark} {one['summed']:,.2f}"


def _bad_row(one: dict[str, Any]) -> str:
    return f"line {one['line']}: {one['column']} {one['value']!r} {one['reason']}"


def _near(one: dict[str, Any]) -> str:
    lines = [f"{one['platform']}/{one['report']} (line {one['line']})"]
    lines += [f"- {name}" for name in one["missing"][:SHOWN]]
    return "\n".join([*lines, *(f"+ {name}" for name in one["extra"][:SHOWN])])


def _lines(texts: Any) -> str:
    every = list(texts)
    more = [f"… and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return "\n".join([*every[:SHOWN], *more]) or "—"
