"""Gives every row its account and its `item`: the readable key by which facts, entities and recommendations meet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.batch import Batch
from assets.platforms.cells import map_words
from assets.platforms.coded import Coded, CodedTable, constant
from assets.platforms.encoding import encode
from assets.platforms.items import as_cells, as_series, coded_item_key, coded_join_key, item_columns

LEVEL_OF_KIND = {"keyword_daily": "keyword", "placement_daily": "placement"}
TERM_KEY = ("campaign", "ad_group", "keyword", "match_type", "search_term")


def with_items(frame: pd.DataFrame, kind: str, batch: Batch) -> pd.DataFrame:
    """Return the frame with the configured account where the export has none, and with `item` where the kind has one."""
    names = {"platform", "account", "level", "term_match", *TERM_KEY}
    names |= {name for one in batch.platforms.values() for level in one.item_key for name in item_columns(one, level)}
    rows = CodedTable({name: encode(as_cells(frame[name])) for name in names if name in frame}, len(frame))
    found = with_coded_items(rows, kind, batch)
    return frame.assign(**{name: as_series(found[name], frame.index) for name in ("account", "item") if name in found})


def with_coded_items(rows: CodedTable, kind: str, batch: Batch) -> CodedTable:
    """Do the same for coded rows."""
    if "account" in rows and "platform" in rows:
        rows = rows.having({"account": _accounts(rows, batch)})
    if kind in LEVEL_OF_KIND:
        return rows.having({"item": _items(rows, constant(LEVEL_OF_KIND[kind], len(rows), pa.string()), batch)})
    if kind == "entities":
        return rows.having({"item": _items(rows, rows["level"], batch)})
    if kind == "search_terms":
        told = rows["term_match"]
        term_match = Coded(pc.fill_null(told.words, ""), told.codes)  # few platforms tell it
        kind_word = constant("search_term", len(rows), pa.string())
        parts = [rows["platform"], rows["account"], kind_word, *(rows[name] for name in TERM_KEY), term_match]
        return rows.having({"item": coded_join_key(parts, len(rows))})
    return rows


def _accounts(rows: CodedTable, batch: Batch) -> Coded:
    own, platform = rows["account"], rows["platform"]
    configured = Coded(map_words(platform.words, batch.account), platform.codes)
    if own.words.null_count == 0:
        return own
    if len(own.words) == 1 and len(configured.words) == 1:
        return configured
    return encode(pc.coalesce(own.values, configured.values))


def _items(rows: CodedTable, level: Coded, batch: Batch) -> Coded:
    """Return the items, platform by platform and level by level: each has columns of its own that name one."""
    words, codes, n_words = [pa.array([None], pa.string())], np.zeros(len(rows), dtype=np.int32), 1
    for platform in batch.platforms.values():
        for one in platform.item_key:
            is_here = rows["platform"].where_word(platform.name) & level.where_word(one)
            if not is_here.any():
                continue
            found = coded_item_key(rows.keep(is_here), platform, one)
            if is_here.all():
                return found
            codes[is_here] = found.codes + n_words
            words.append(found.words)
            n_words += len(found.words)
    return Coded(pa.concat_arrays(words), codes)
