"""``bidwright platforms``: what can be read, edited and written, and how well each part is known; also docs/platforms.md."""

from __future__ import annotations

import sys
from typing import Any

from configs.loader import load_platforms
from configs.platform_schema import BidFileSpec, LeverRule, Platform, ReportSpec
from pipelines.output import guarded, print_json

HEAD = """# Platforms

Written by `bidwright platforms --markdown`; the source is `configs/platforms/*.yaml`. How well a part is known: **FILE** seen in
a real export, **DOC** the platform's own documentation, **CODE** what a working importer reads, **MEM** from memory. A report
known from memory stays off until the shop has looked at one of its own: `bidwright inspect FILE`, then `--confirm`.
"""


@guarded
def list_platforms(json_output: bool, markdown: bool) -> int:
    """Print every platform with its reports, levers and upload files."""
    found = [describe_platform(one) for one in load_platforms().values()]
    if json_output:
        print_json({"platforms": found})
    elif markdown:
        sys.stdout.write(to_markdown(found))
    else:
        _show(found)
    return 0


def describe_platform(platform: Platform) -> dict[str, Any]:
    """Return one platform as plain data."""
    return {
        "platform": platform.name,
        "title": dict(platform.title),
        "reports": [_report(one) for one in platform.reports],
        "levers": [_lever(one) for one in platform.rulebook.levers],
        "files": [_file(one) for one in platform.bid_files],
    }


def to_markdown(found: list[dict[str, Any]]) -> str:
    """Return the page of all platforms."""
    return "\n".join([HEAD, *(_section(one) for one in found)])


def _report(spec: ReportSpec) -> dict[str, Any]:
    needed = [column.headers[0] for column in spec.columns.values() if column.required and not column.pattern]
    needed = list(dict.fromkeys(needed))
    return {"report": spec.name, "kinds": list(spec.kinds), "evidence": spec.source.evidence, "needs": needed}


def _lever(rule: LeverRule) -> dict[str, Any]:
    limits = [rule.minimum, rule.maximum, rule.step] if rule.has_value else []
    return {
        "lever": rule.lever, "limits": limits, "edits_per_day": rule.edits_per_day, "learning_days": rule.learning_days,
        "may_lower": rule.may_lower, "raises_only": list(rule.raises_only), "evidence": rule.source.evidence,
    }  # fmt: skip


def _file(spec: BidFileSpec) -> dict[str, Any]:
    return {
        "file": spec.name, "levers": list(spec.levers), "format": spec.format, "encoding": spec.encoding,
        "is_alternative": spec.is_alternative, "evidence": spec.source.evidence,
    }  # fmt: skip


def _section(one: dict[str, Any]) -> str:
    lines = [f"## {one['title']['zh']} / {one['title']['en']} (`{one['platform']}`)", ""]
    if one["reports"]:
        lines += ["| report | gives | known | needs |", "|---|---|---|---|"]
        lines += [
            f"| {each['report']} | {', '.join(each['kinds'])} | {_known(each)} | {', '.join(each['needs'])} |"
            for each in one["reports"]
        ]
        lines.append("")
    lines += [
        f"* Edits: {'; '.join(map(_lever_text, one['levers']))}." if one["levers"] else "* Nothing is edited here."
    ]
    lines += [f"* File `{each['file']}`: {_file_text(each)}" for each in one["files"]]
    return "\n".join([*lines, ""])


def _known(report: dict[str, Any]) -> str:
    return f"{report['evidence']}, off until confirmed" if report["evidence"] == "MEM" else report["evidence"]


def _lever_text(rule: dict[str, Any]) -> str:
    text = rule["lever"]
    if rule["limits"]:
        low, high, step = rule["limits"]
        text += f" {low:g} to {high:.12g} in steps of {step:g}"
    if rule["edits_per_day"] is not None:
        text += f", {rule['edits_per_day']} a day"
    if rule["learning_days"]:
        text += f", rests {rule['learning_days']} days"
    if not rule["may_lower"]:
        text += ", raises only"
    elif rule["raises_only"]:
        text += f", raises only for {', '.join(rule['raises_only'])}"
    return f"{text} ({rule['evidence']})"


def _file_text(spec: dict[str, Any]) -> str:
    other = ", written only where settings ask for it" if spec["is_alternative"] else ""
    return f"{', '.join(spec['levers'])}; {spec['format']}, {spec['encoding']}{other} ({spec['evidence']})"


def _show(found: list[dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("platform", "reads", "edits", "writes")
    for one in found:
        reads = "\n".join(f"{each['report']} ({_known(each)})" for each in one["reports"])
        edits = "\n".join(map(_lever_text, one["levers"]))
        writes = "\n".join(f"{each['file']}.{each['format']} ({each['evidence']})" for each in one["files"])
        table.add_row(
            f"{one['platform']}\n{one['title']['zh']}", reads or "—", edits or "—", writes or "—", end_section=True
        )
    Console().print(table)
