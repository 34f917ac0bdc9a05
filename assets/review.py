"""What people read: the review page and workbook of the night, and `tonight`, the first thing in the catalogue.

How it looks is in ``assets.presentation``; what it says is in the tables.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from assets.batch import Batch, Batches
from assets.overview import night_summary, price_nodes
from assets.presentation import charts, tables
from assets.presentation.summary import NightSummary
from assets.refusal import status_with_refusal
from assets.steps import NIGHTS, RETRY, run_guarded
from assets.warehouse import state
from assets.warehouse.errors import WarehouseError
from assets.warehouse.home import open_home
from assets.warehouse.inputs import read_inputs
from assets.warehouse.receipts import receipt_path

GROUP = "5_review"
SHOWN = ("recommendations", "platform_status", "budget_plan")


@dg.asset(
    partitions_def=NIGHTS, group_name=GROUP, deps=[*SHOWN, "forecast_scores"], retry_policy=RETRY,
    description="The night's review page (HTML) and workbook (xlsx): what changes, why, how sure, what it costs and brings.",
)  # fmt: skip
def review_files(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Iterator[Any]:
    """Write page and workbook of the night."""
    batch = batches.open(context.partition_time_window.start.date())
    folder = run_guarded(context, lambda: write_review(batch))
    yield dg.MaterializeResult(metadata=page_links(folder))


@dg.asset(
    group_name="0_tonight", deps=["review_files"], retry_policy=RETRY,
    description="今晚 / Tonight: the newest night, its holds, money before and after, and where the review page lies.",
)  # fmt: skip
def tonight(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Iterator[Any]:
    """Show the newest night, whichever night this run computed."""
    shown = run_guarded(context, lambda: newest_metadata(batches))
    yield dg.MaterializeResult(metadata=shown)


def write_review(batch: Batch) -> Path:
    """Write ``index.html`` and ``review.xlsx`` of the night and return their folder."""
    from assets.presentation import page, workbook  # noqa: PLC0415 - the writers are not needed to load the code location

    folder = review_folder(batch)
    folder.mkdir(parents=True, exist_ok=True)
    rows, status, plan = (batch.table(name) for name in SHOWN)
    status = status_with_refusal(status, plan)
    nodes, summary = price_nodes(plan), night_summary(rows, batch)
    page.write_page(folder / "index.html", rows, status, nodes, summary, batch.settings)
    workbook.write_workbook(folder / "review.xlsx", rows, status, nodes, summary, batch.settings)
    return folder


def review_folder(batch: Batch) -> Path:
    """Return where the night's page and workbook lie."""
    return batch.home.review / batch.night.isoformat()


def page_links(folder: Path) -> dict[str, Any]:
    """Return where page and workbook lie, as paths to copy: a browser opens no file from a page that came over http."""
    return {
        "00_review_page": dg.MetadataValue.path(str(folder / "index.html")),
        "00_workbook": dg.MetadataValue.path(str(folder / "review.xlsx")),
    }


def newest_metadata(batches: Batches) -> dict[str, Any]:
    """Return what `tonight` shows: always of the newest night that has recommendations."""
    batch = batches.open(newest_complete_night(batches))
    rows, status, plan = (batch.table(name) for name in SHOWN)
    summary, status = night_summary(rows, batch), status_with_refusal(status, plan)
    held = tables.holds_table(status)
    chart = charts.money_chart(rows, price_nodes(plan), summary["currency"], layout="dialog")
    return {
        **page_links(review_folder(batch)),
        **_last_edits(batch),
        "01_night": batch.night.isoformat(),
        "01_held": dg.MetadataValue.md(tables.to_markdown(held) if len(held) else "无暂停平台 / nothing is held"),
        "02_money": dg.MetadataValue.md(tables.to_markdown(tables.summary_table(summary))),
        "03_actions": dg.MetadataValue.md(tables.to_markdown(tables.actions_table(summary["actions"]))),
        "04_top": dg.MetadataValue.md(tables.to_markdown(tables.top_table(rows, n=10, currency=summary["currency"]))),
        "05_chart": dg.MetadataValue.md(f"![money by platform]({charts.data_uri(chart)})"),
        **_earlier_forecasts(summary),
        "n_held": int(status["is_held"].sum()),
    }


def _earlier_forecasts(summary: NightSummary) -> dict[str, Any]:
    told = [line["zh"] for line in summary.get("forecasts", ())]
    return {"07_forecasts": dg.MetadataValue.md(tables.to_bullets(told))} if told else {}


def _last_edits(batch: Batch) -> dict[str, Any]:
    """Return what became of the last published edits, for people; nothing before the first publication."""
    try:
        frame = batch.table("applied_edits")
    except WarehouseError:  # computed before this table existed
        return {}
    if frame.empty:
        return {}
    counts = frame.groupby(["platform", "outcome"]).size().unstack(fill_value=0).reset_index()
    return {
        "06_last_edits": dg.MetadataValue.md(tables.to_markdown(counts)),
        "n_rejected": int((frame["outcome"] == "rejected").sum()),
    }


def newest_complete_night(batches: Batches) -> date:
    """Return the newest night whose recommendations were computed."""
    home = open_home(batches.root)
    nights = state.nights_in(home.warehouse / "tables")
    for night in reversed(nights):
        inputs = read_inputs(home, night)
        if inputs is not None and receipt_path(home, night, inputs.revision, "recommendations").exists():
            return night
    raise LookupError(f"{home.root} has no computed night yet; run one first: bidwright run --night <date>")
