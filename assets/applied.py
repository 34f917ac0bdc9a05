"""What became of the last published edits: applied, not applied, changed by hand, or refused by the platform.

A newer export of entities shows the settings; a platform's own result file says what it refused. Neither is needed: without
them the outcome is unknown, and nothing is assumed.
"""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from assets.batch import Batch, Batches
from assets.bid_rows import VALUE_OF_LEVER
from assets.catalogue import load_entities
from assets.platforms.bid_table import row_key
from assets.platforms.cells import normalise_word
from assets.presentation import tables
from assets.steps import Step, night_table
from assets.warehouse import state, window
from assets.warehouse.errors import WarehouseError
from assets.warehouse.tables import read_table

EDIT_COLUMNS = [
    "platform", "account", "item", "lever", "action", "campaign", "ad_group", "keyword", "match_type", "keyword_id",
    "search_term", "old_value", "new_value",
]  # fmt: skip
COLUMNS = ["edit_night", *EDIT_COLUMNS, "current_value", "outcome", "error_code", "error_text"]
STATUS_AFTER = {"pause": "paused", "resume": "enabled"}
TOLERANCE = 1e-6
TEXT_COLUMNS = tuple(name for name in COLUMNS if not name.endswith("_value") and name != "edit_night")


@night_table(group="1_read", deps=("source_files",))
def applied_edits(context: dg.AssetExecutionContext, batches: dg.ResourceParam[Batches]) -> Step:
    """One row per edit of the last published night of each platform: what became of it.

    Built from that night's recommendations, the newest entities and the platforms' result files. Empty before the first
    publication.
    """
    batch = batches.open(context.partition_time_window.start.date())
    frame = judge_edits(last_edits(batch), load_entities(batch), edit_results(batch))
    counts = frame.groupby(["platform", "outcome"]).size().unstack(fill_value=0).reset_index()
    metadata: dict[str, object] = {"edits": len(frame), "01_outcomes": dg.MetadataValue.md(tables.to_markdown(counts))}
    refused = frame[frame["outcome"] == "rejected"]
    if len(refused):
        shown = refused[["platform", "keyword", "lever", "error_code", "error_text"]].head(25)
        metadata["02_rejected"] = dg.MetadataValue.md(tables.to_markdown(shown))
    return Step(frame, metadata)


def last_edits(batch: Batch) -> pd.DataFrame:
    """Return the accepted rows of each platform's newest published night before this one, with that night."""
    newest: dict[str, tuple[pd.Timestamp, int]] = {}
    for night, revisions in state.published_nights(batch.home).items():
        if night < batch.night:
            newest |= {platform: (pd.Timestamp(night), revision) for platform, revision in revisions.items()}
    parts = []
    for night, revision in sorted(set(newest.values())):  # most platforms were published on the same night
        try:
            rows = read_table(batch.home, night.date(), revision, "recommendations")
        except WarehouseError:  # an old night's tables may be gone; what it published is then unknown
            continue
        published = [name for name, last in newest.items() if last == (night, revision)]
        rows = rows[rows["platform"].isin(published) & (rows["decision"] == "accept")]
        parts.append(rows[EDIT_COLUMNS].assign(edit_night=night))
    return pd.concat(parts, ignore_index=True) if parts else _no_edits()


def edit_results(batch: Batch) -> pd.DataFrame:
    """Return the rows of the newest result file of each platform and account, with its ``as_of``."""
    return window.latest_state(batch.home, batch.inputs, "edit_results")


def judge_edits(edits: pd.DataFrame, entities: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return the edits with current value, outcome and, where the platform refused, its own words."""
    out = edits.reset_index(drop=True)
    if out.empty:
        return _no_edits().reindex(columns=COLUMNS).astype(dict.fromkeys(TEXT_COLUMNS, "str"))
    own = entities.drop_duplicates("item", keep="last").set_index("item")
    seen = own["entity_date"].reindex(out["item"]).to_numpy() > out["edit_night"].to_numpy()
    now = _current_values(out, own)
    wanted, before = out["new_value"].to_numpy(dtype=np.float64), out["old_value"].to_numpy(dtype=np.float64)
    status = own["status"].reindex(out["item"]).to_numpy()
    is_stop = (out["lever"] == "status").to_numpy()
    is_there = np.where(is_stop, status == out["action"].map(STATUS_AFTER).to_numpy(), _near(now, wanted))
    is_old = np.where(is_stop, ~is_there, _near(now, before))
    is_told = seen & (is_stop | np.isfinite(now))
    refusal = _refusals(out, results)
    out["current_value"] = np.where(is_told & ~is_stop, now, np.nan)
    rules = [refusal["error_text"].notna().to_numpy(), is_told & is_there, is_told & is_old, is_told]
    out["outcome"] = np.select(rules, ["rejected", "applied", "not_applied", "changed_by_hand"], "unknown")
    out = out.assign(**{name: refusal[name].to_numpy() for name in ("error_code", "error_text")})
    return out[COLUMNS].astype(dict.fromkeys(TEXT_COLUMNS, "str"))


def _current_values(edits: pd.DataFrame, own: pd.DataFrame) -> np.ndarray:
    now = np.full(len(edits), np.nan)
    for lever, column in VALUE_OF_LEVER.items():
        rows = (edits["lever"] == lever).to_numpy()
        now[rows] = own[column].reindex(edits.loc[rows, "item"]).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    return now


def _near(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.isclose(one, other, rtol=TOLERANCE, atol=0.0)


def _refusals(edits: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return code and text of the platform's refusal of each edit; the file must have come after the edit.

    A result row is known by the row key that we sent, else by the platform's id, else by its names.
    """
    rejected = results[results["result"] == "rejected"]
    words = list(zip(rejected["as_of"], rejected["error_code"], rejected["error_text"], strict=True))
    found: list[tuple[object, object]] = [(None, None)] * len(edits)
    for keys in (_row_keys, _ids, _names):
        told = dict(zip(keys(rejected), words, strict=True))
        for at, (key, night) in enumerate(zip(keys(edits), edits["edit_night"], strict=True)):
            as_of, code, text = told.get(key, (None, None, None)) if key is not None else (None, None, None)
            if as_of is not None and as_of > night and found[at][1] is None:
                found[at] = (None if pd.isna(code) else code, "refused without a reason" if pd.isna(text) else text)
    return pd.DataFrame(found, columns=["error_code", "error_text"], index=edits.index, dtype="object")


def _row_keys(rows: pd.DataFrame) -> list[object]:
    """Return the row key that upload files carry, for results that echo it."""
    if "row_key" in rows:
        pairs = zip(rows["platform"], rows["row_key"], strict=True)
        return [None if pd.isna(key) else (name, str(key)) for name, key in pairs]
    return [(name, row_key(str(item))) for name, item in zip(rows["platform"], rows["item"], strict=True)]


def _ids(rows: pd.DataFrame) -> list[object]:
    pairs = zip(rows["platform"], rows["keyword_id"], strict=True)
    return [None if pd.isna(identity) else (name, str(identity)) for name, identity in pairs]


def _names(rows: pd.DataFrame) -> list[object]:
    keyword = (
        rows["keyword"].where(rows["keyword"].notna(), rows["search_term"])
        if "search_term" in rows
        else rows["keyword"]
    )
    parts = [rows["platform"], rows["campaign"], rows["ad_group"], keyword, rows["match_type"]]
    return [
        None if pd.isna(key[3]) else tuple("" if pd.isna(part) else normalise_word(str(part)) for part in key)
        for key in zip(*parts, strict=True)
    ]


def _no_edits() -> pd.DataFrame:
    texts = {name: pd.Series(dtype="str") for name in EDIT_COLUMNS if not name.endswith("_value")}
    values = {name: pd.Series(dtype="float64") for name in COLUMNS if name.endswith("_value")}
    return pd.DataFrame({**texts, **values, "edit_night": pd.Series(dtype="datetime64[us]")})
