"""First stages: read every file the night sees, profile what came in, decide which platforms are held.

How files are read is in ``assets.platforms``, what may pass in ``assets.expectations``, where facts lie in
``assets.warehouse``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pandas as pd

from assets.admission import FILE_COLUMNS, admit_files
from assets.batch import Batch, Batches
from assets.expectations.gates import Background, judge_platforms
from assets.expectations.profile import combine_summaries, concat_profiles, summarise_facts
from assets.money import fx_rates
from assets.presentation import tables
from assets.steps import NIGHTS, Step, night_table, tag_held
from assets.warehouse import window
from assets.warehouse.coverage import visible_coverage
from assets.warehouse.fact_file import N_BUCKETS

GROUP = "1_read"
HISTORY_DAYS = 28
ROWS_AT_ONCE = 300_000
DAILY_KINDS = ("keyword_daily", "placement_daily", "search_terms", "channel_daily", "store_orders")


@night_table(group=GROUP)
def source_files(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Step:
    """One row per file that this night sees and per table in it: what it is, what it holds, what became of it.

    Built from the frozen inputs of the night. Files that were read on an earlier night are not read again.
    """
    batch = batches.open(context.partition_time_window.start.date())
    frame = admit_files(batch, context.log.info)
    tonight = frame[frame["as_of"] == pd.Timestamp(batch.night)]
    shown = tables.to_markdown(tonight[["platform", "kind", "status", "rows", "quarantined_rows"]].head(25))
    return Step(frame[FILE_COLUMNS], {"files_tonight": len(tonight), "01_files": dg.MetadataValue.md(shown)})


@night_table(group=GROUP, deps=("source_files",))
def profile(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Step:
    """One row per platform, account, kind and report day: rows, sums, nulls, extremes, failures.

    Built from the facts that count tonight (winning versions of the last 29 days, newest states). Fails when nothing at all
    came in.
    """
    batch = batches.open(context.partition_time_window.start.date())
    found = build_profile(batch)
    shown = found.groupby(["platform", "kind"])[["rows", "cost", "conversion_value"]].sum().round(2).reset_index()
    return Step(found, {"01_sums": dg.MetadataValue.md(tables.to_markdown(shown))})


def build_profile(batch: Batch) -> pd.DataFrame:
    """Return the profile of the last 29 days' winning facts."""
    end = batch.night + timedelta(days=1)
    start = end - timedelta(days=HISTORY_DAYS + 1)
    return concat_profiles(
        combine_summaries(_summaries(batch, kind, start, end), kind, batch.night) for kind in DAILY_KINDS
    )


def _summaries(batch: Batch, kind: str, start: date, end: date) -> Iterator[pd.DataFrame]:
    """Summarise the facts of one kind, bucket by bucket where they are many, so that memory does not grow with them."""
    n_rows = visible_coverage(batch.home, batch.inputs, kind)["rows"].sum()
    step = max(1, N_BUCKETS // (1 + int(n_rows) // ROWS_AT_ONCE))
    for first in range(0, N_BUCKETS, step):
        frame = window.daily_window(
            batch.home, batch.inputs, kind, start, end, buckets=range(first, first + step),
            max_restatement=batch.guardrails.max_restatement, threads=batch.settings.threads,
        ).frame  # fmt: skip
        for name, rows in frame.groupby("platform", sort=True):
            yield summarise_facts(rows, kind, str(name))


def build_platform_status(platforms: tuple[str, ...]) -> dg.AssetsDefinition:
    """Return the asset `platform_status` with one non-blocking check ``hold_<platform>`` per enabled platform."""
    holds = tuple(
        dg.AssetCheckSpec(
            f"hold_{name}", asset="platform_status", partitions_def=NIGHTS,
            description=f"Holds {name} tonight: its bids stay as they are, the other platforms go on.",
        )
        for name in platforms
    )  # fmt: skip

    @night_table(group=GROUP, checks=holds)
    def platform_status(
        context: dg.AssetExecutionContext,
        batches: dg.ResourceParam[Batches],
        source_files: pd.DataFrame,
        profile: pd.DataFrame,
    ) -> Step:
        """One row per enabled platform: held or not, why, last complete day, last day's cost against its median.

        Built from profile and files. Every later stage reads this table; a held platform publishes nothing.
        """
        batch = batches.open(context.partition_time_window.start.date())
        status = judge(batch, profile, source_files)
        tag_held(context, status.loc[status["is_held"], "platform"])
        shown = tables.to_markdown(status[["platform", "is_held", "reason_zh"]])
        return Step(
            status,
            {"01_status": dg.MetadataValue.md(shown)},
            tuple(_hold_check(row) for row in status.to_dict("records")),
        )

    return platform_status


def judge(batch: Batch, profile: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on every enabled platform."""
    end = batch.night + timedelta(days=1)
    restated: list[pd.DataFrame] = []
    unpriced: list[pd.DataFrame] = []
    conflicts: list[pd.DataFrame] = []
    for kind in DAILY_KINDS[:2]:
        found = window.daily_window(
            batch.home, batch.inputs, kind, end - timedelta(days=HISTORY_DAYS), end,
            max_restatement=batch.guardrails.max_restatement, threads=batch.settings.threads,
        )  # fmt: skip
        restated.append(found.restatements)
        conflicts.append(found.conflicts.reindex(columns=["platform", "account", "report_date"]))
        pairs = found.frame[["platform", "currency", "report_date"]].drop_duplicates()
        rate = fx_rates(pairs["currency"], pairs["report_date"], batch.settings.fx, batch.settings.shop.currency)
        unpriced.append(pairs.loc[rate.isna(), ["platform", "currency"]].drop_duplicates())
    history = profile[profile["report_date"] < pd.Timestamp(batch.night)]
    parts = (pd.concat(each, ignore_index=True) for each in (restated, unpriced, conflicts))
    background = Background(history, *parts)
    return judge_platforms(profile, files, background, batch.uses, batch.night, batch.guardrails)


def _hold_check(row: Mapping[Hashable, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=f"hold_{row['platform']}", passed=not row["is_held"], severity=dg.AssetCheckSeverity.ERROR,
        description=f"{row['reason_zh']} / {row['reason_en']}",
    )  # fmt: skip
