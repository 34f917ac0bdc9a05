"""Gives every row its account and its `item`: the readable key by which facts, entities and recommendations meet."""

from __future__ import annotations

import pandas as pd

from assets.batch import Batch
from assets.platforms.items import item_key, join_key

LEVEL_OF_KIND = {"keyword_daily": "keyword", "placement_daily": "placement"}


def with_items(frame: pd.DataFrame, kind: str, batch: Batch) -> pd.DataFrame:
    """Return the frame with the configured account where the export has none, and with `item` where the kind has one."""
    out = frame.copy()
    if "account" in out and "platform" in out:
        configured = out["platform"].map(batch.account).astype("str")
        out["account"] = out["account"].where(out["account"].notna(), configured).astype("str")
    if kind in LEVEL_OF_KIND:
        out["item"] = _keys(out, pd.Series(LEVEL_OF_KIND[kind], index=out.index), batch)
    elif kind == "entities":
        out["item"] = _keys(out, out["level"], batch)
    elif kind == "search_terms":
        parts = [out[name] for name in ("campaign", "ad_group", "keyword", "match_type", "search_term")]
        out["item"] = join_key([out["platform"], out["account"], pd.Series("search_term", index=out.index), *parts])
    return out


def _keys(frame: pd.DataFrame, level: pd.Series, batch: Batch) -> pd.Series:
    result = pd.Series(pd.NA, index=frame.index, dtype="str")
    for (platform, one_level), rows in frame.groupby([frame["platform"], level], sort=True):
        model = batch.platforms.get(str(platform))
        if model is not None and str(one_level) in model.item_key:
            result.loc[rows.index] = item_key(rows, model, str(one_level))
    return result
