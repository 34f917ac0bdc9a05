"""Gives every row its account and its `item`: the readable key by which facts, entities and recommendations meet."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.batch import Batch
from assets.platforms.cells import as_mask, map_words
from assets.platforms.items import as_cells, item_key, join_key

LEVEL_OF_KIND = {"keyword_daily": "keyword", "placement_daily": "placement"}


def with_items(frame: pd.DataFrame, kind: str, batch: Batch) -> pd.DataFrame:
    """Return the frame with the configured account where the export has none, and with `item` where the kind has one."""
    out = frame.copy(deep=False)
    if "account" in out and "platform" in out:
        configured = map_words(as_cells(out["platform"]), batch.account)
        out["account"] = pd.array(pc.coalesce(as_cells(out["account"]), configured), dtype="str")
    if kind in LEVEL_OF_KIND:
        out["item"] = _keys(out, pa.repeat(LEVEL_OF_KIND[kind], len(out)), batch)
    elif kind == "entities":
        out["item"] = _keys(out, as_cells(out["level"]), batch)
    elif kind == "search_terms":
        parts = [out[name] for name in ("campaign", "ad_group", "keyword", "match_type", "search_term")]
        parts.append(out["term_match"].fillna(""))  # few platforms tell it
        constant = pd.Series("search_term", index=out.index, dtype="str")
        out["item"] = join_key([out["platform"], out["account"], constant, *parts])
    return out


def _keys(frame: pd.DataFrame, level: pa.StringArray, batch: Batch) -> pd.Series:
    platform = as_cells(frame["platform"])
    pairs = pa.table({"platform": platform, "level": level}).group_by(["platform", "level"], use_threads=False)
    keys = [pd.Series(dtype="str", name="item")]
    for pair in pairs.aggregate([]).to_pylist():
        model = batch.platforms.get(pair["platform"])
        if model is not None and pair["level"] in model.item_key:
            is_here = as_mask(pc.and_(pc.equal(platform, pair["platform"]), pc.equal(level, pair["level"])))
            keys.append(item_key(frame if is_here.all() else frame[is_here], model, pair["level"]))
    return keys[-1] if len(keys[-1]) == len(frame) else pd.concat(keys).reindex(frame.index)
