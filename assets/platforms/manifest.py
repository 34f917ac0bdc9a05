"""The manifest of a platform's outbox folder: written last, so that it is the commit point of a publication.

Here belong what the manifest says and how it is written and read. A folder without a valid manifest holds nothing that
may be uploaded, and a file that it does not name does not count.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import ValidationError

from assets.platforms.writer import WrittenFile, writable_rows
from configs.platform_schema import BidFileSpec, Evidence, Frozen, Platform

MANIFEST_NAME = "manifest.json"
UNVERIFIED = (
    "The upload format of {files} is written from memory and was never confirmed by the platform: "
    "try one row by hand before uploading all."
)


class ManifestFile(Frozen):
    """One file of the folder: its bytes, how well its format is known, and what ad ops does with it."""

    name: str
    kind: Literal["bid", "undo"]
    spec: str
    rows: int
    sha256: str
    evidence: Evidence
    source: str
    blank_means: str
    how_to_apply: dict[Literal["zh", "en"], str]


class Manifest(Frozen):
    """What was published for one platform in one night. ``expected_spend`` is a day's, in the shop currency."""

    night: date
    revision: int
    platform: str
    title: dict[str, str]
    account: str | None
    currency: str | None
    counts: dict[str, int]
    expected_spend: float
    receipt: str
    notes: tuple[str, ...]
    files: tuple[ManifestFile, ...]


class BrokenManifestError(ValueError):
    """A publication cannot be trusted: its manifest is missing or damaged, or a file is not the one it names."""

    def __init__(self, path: Path, fact: str) -> None:
        self.path = path
        self.fact = fact
        super().__init__(
            f"{path} is not a valid publication: {fact}. Upload nothing from this folder; publish it again."
        )


def build_manifest(
    rows: pd.DataFrame, files: Sequence[WrittenFile], platform: Platform, *, night: date, revision: int, receipt: str
) -> Manifest:
    """Return the manifest of ``files``, which ``write_bid_files`` made of ``rows``.

    ``rows`` are all recommendations of the platform; ``receipt`` is the hash of the receipt of their table.
    """
    chosen = writable_rows(rows)
    specs = {spec.name: spec for spec in platform.bid_files}
    unverified = sorted({file.path.name for file in files if file.evidence == "MEM"})
    spend = chosen.drop_duplicates("item")["expected_cost"].astype("float64")
    return Manifest(
        night=night,
        revision=revision,
        platform=platform.name,
        title=platform.title,
        account=None if chosen.empty else str(chosen["account"].iloc[0]),
        currency=None if chosen.empty else str(chosen["currency"].iloc[0]),
        counts={str(action): int(n) for action, n in chosen["action"].value_counts().sort_index().items()},
        expected_spend=round(float(spend.sum()), 2),
        receipt=receipt,
        notes=(UNVERIFIED.format(files=", ".join(unverified)),) if unverified else (),
        files=tuple(_describe(file, specs[file.spec]) for file in files),
    )


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write the manifest under a temporary name, flush it to disk, then rename it: it is there whole, or not at all."""
    path = folder / MANIFEST_NAME
    beside = folder / f".{MANIFEST_NAME}.partial"
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2)
    with beside.open("w", encoding="utf-8", newline="\n") as target:
        target.write(text + "\n")
        target.flush()
        os.fsync(target.fileno())
    beside.replace(path)
    return path


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of ``folder`` after checking that every file it names is there, byte for byte.

    Raises
    ------
    BrokenManifestError
        If it is missing or damaged, or a file is missing or differs.
    """
    path = folder / MANIFEST_NAME
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BrokenManifestError(path, f"it cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise BrokenManifestError(path, f"it is damaged ({error.error_count()} keys)") from error
    for file in manifest.files:
        found = folder / file.name
        if not found.is_file():
            raise BrokenManifestError(path, f"{file.name} is missing")
        if hashlib.sha256(found.read_bytes()).hexdigest() != file.sha256:
            raise BrokenManifestError(path, f"{file.name} was changed after it was written")
    return manifest


def _describe(file: WrittenFile, spec: BidFileSpec) -> ManifestFile:
    return ManifestFile(
        name=file.path.name,
        kind=file.kind,
        spec=file.spec,
        rows=file.rows,
        sha256=file.sha256,
        evidence=file.evidence,
        source=spec.source.source,
        blank_means=spec.blank_means,
        how_to_apply=spec.how_to_undo if file.kind == "undo" else spec.how_to_apply,
    )
