"""Gives every row its account and its `item`: the readable key by which facts, entities and recommendations meet."""

from __future__ import annotations

from itertools import product

import pandas as pd

from assets.batch import Batch
from assets.platforms.items import item_key, join_key

LEVEL_OF_KIND = {"keyword_daily": "keyword", "placement_daily": "placement"}


def with_items(frame: pd.DataFrame, kind: str, batch: Batch) -> pd.DataFrame:
    """Return the frame with the configured account where the export has none, and with `item` where the kind has one."""
    out = frame.copy(deep=False)
    if "account" in out and "platform" in out:
        configured = {platform: batch.account(platform) for platform in out["platform"].unique()}
        out["account"] = out["account"].fillna(out["platform"].map(configured).astype("str")).astype("str")
    if kind in LEVEL_OF_KIND:
        out["item"] = _keys(out, pd.Series(LEVEL_OF_KIND[kind], index=out.index, dtype="str"), batch)
    elif kind == "entities":
        out["item"] = _keys(out, out["level"], batch)
    elif kind == "search_terms":
        parts = [out[name] for name in ("campaign", "ad_group", "keyword", "match_type", "search_term")]
        constant = pd.Series("search_term", index=out.index, dtype="str")
        out["item"] = join_key([out["platform"], out["account"], constant, *parts])
    return out


def _keys(frame: pd.DataFrame, level: pd.Series, batch: Batch) -> pd.Series:
    keys = [pd.Series(dtype="str", name="item")]
    for platform, one_level in product(frame["platform"].dropna().unique(), level.dropna().unique()):
        model = batch.platforms.get(platform)
        if model is not None and one_level in model.item_key:
            is_here = (frame["platform"] == platform) & (level == one_level)
            keys.append(item_key(frame if is_here.all() else frame[is_here], model, one_level))
    return keys[-1] if len(keys[-1]) == len(frame) else pd.concat(keys).reindex(frame.index)
