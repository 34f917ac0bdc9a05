"""Last stage: per platform the bid file, the undo file and, last of all, the manifest. Nothing for a held platform.

The chain of receipts is walked here on every path, also when publishing alone: an edited table, a failed gate or a missing
stage refuses. How a file is written is in ``assets.platforms``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.batch import Batch, Batches
from assets.edits import remember_edits, remember_stock_pauses
from assets.experiments_log import remember_trials
from assets.platforms.manifest import MANIFEST_NAME, build_manifest, write_manifest
from assets.platforms.writer import writable_rows, write_bid_files
from assets.presentation.tables import to_bullets
from assets.probation import remember_floor_pauses
from assets.refusal import REFUSED, refusal_of
from assets.steps import NIGHTS, RETRY, run_guarded, tag_held
from assets.warehouse import receipts, state
from configs.platform_schema import Platform

GROUP = "6_publish"
SOURCES = ("recommendations", "platform_status")


@dataclass(frozen=True)
class Published:
    """What was written for one platform, or why nothing was."""

    platform: str
    folder: Path
    files: tuple[str, ...] = ()
    rows: int = 0
    notes: tuple[str, ...] = ()
    why_not: str = ""
    is_held: bool = False


def build_bid_files(enabled: tuple[str, ...], platforms: Mapping[str, Platform]) -> list[dg.AssetsDefinition]:
    """Return one leaf per platform: a held platform's leaf is not materialised, the others are.

    Order sheets (offers to sign) belong to no ad platform and are always there.
    """
    sheets = [name for name, platform in platforms.items() if platform.rulebook.rule("kol_offer") is not None]
    return [_leaf(name) for name in sorted({*enabled, *sheets})]


def _leaf(platform: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["bid_files", platform], group_name=GROUP, partitions_def=NIGHTS, output_required=False,
        deps=list(SOURCES), retry_policy=RETRY,
        description=f"{platform}: bid file, undo file and manifest in the outbox. Not materialised while the platform is held.",
    )  # fmt: skip
    def bid_files(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Iterator[Any]:
        batch = batches.open(context.partition_time_window.start.date())
        done = run_guarded(context, lambda: publish_platform(batch, platform))
        if done.why_not:
            context.log.warning(f"{platform}: nothing published for {batch.night}: {done.why_not}")
            tag_held(context, [platform] if done.is_held else [])
            return
        metadata = {
            "00_folder": dg.MetadataValue.path(str(done.folder)), "01_files": dg.MetadataValue.md(to_bullets(done.files)),
            "02_rows": done.rows, "03_notes": dg.MetadataValue.md(to_bullets(done.notes)),
        }  # fmt: skip
        yield dg.MaterializeResult(asset_key=["bid_files", platform], metadata=metadata)

    return bid_files


def publish_platform(batch: Batch, platform: str) -> Published:
    """Write one platform's files; raise BrokenReceiptError when tonight's tables are not what the stages wrote."""
    folder = batch.home.outbox / batch.night.isoformat() / platform
    receipt = {name: receipts.verify_chain(batch.home, batch.night, batch.inputs.revision, name) for name in SOURCES}[
        "recommendations"
    ]
    hold = _why_held(batch, platform)
    why_not = hold or _why_not_yet(batch)
    if why_not:
        _withdraw(folder)
        return Published(platform, folder, why_not=why_not, is_held=bool(hold))
    rows = batch.table("recommendations")
    rows = rows[rows["platform"] == platform]
    written = write_bid_files(rows, batch.platforms[platform], folder, night=batch.night)
    manifest = build_manifest(
        rows, written, batch.platforms[platform],
        night=batch.night, revision=batch.inputs.revision, receipt=receipt.sha256,
    )  # fmt: skip
    write_manifest(folder, manifest)
    remember_edits(batch, platform, writable_rows(rows))
    remember_trials(batch, platform, writable_rows(rows))
    remember_stock_pauses(batch, platform, writable_rows(rows))
    remember_floor_pauses(batch, platform, writable_rows(rows))
    state.mark_published(batch.home, batch.night, batch.inputs.revision, [platform])
    n_rows = sum(one.rows for one in written if one.kind == "bid")
    return Published(platform, folder, tuple(one.path.name for one in written), n_rows, tuple(manifest.notes))


def _why_held(batch: Batch, platform: str) -> str:
    status = batch.table("platform_status").set_index("platform")
    if platform in batch.uses and (platform not in status.index or status.loc[platform, "is_held"]):
        return str(status.loc[platform, "reason_en"]) if platform in status.index else "the platform has no status"
    is_refused = (batch.table("recommendations")["hold_reason"] == REFUSED).any()
    refusal = refusal_of(batch.table("budget_plan")) if is_refused else None
    return "" if refusal is None else refusal.en


def _why_not_yet(batch: Batch) -> str:
    if batch.settings.review == "approve" and not state.is_approved(batch.home, batch.night):
        return "review: approve is set and nobody has approved this night yet (bidwright publish --approve)"
    return ""


def _withdraw(folder: Path) -> None:
    """Take back an earlier revision's commit point: without its manifest no reader looks at the files."""
    manifest = folder / MANIFEST_NAME
    if manifest.exists():
        manifest.replace(folder / f"withdrawn-{MANIFEST_NAME}")
