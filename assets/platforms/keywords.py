"""Keyword text and match types: decorated Google keywords, and every platform's word for how a keyword matches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.platforms.cells import Parsed, as_mask, parse_text

MATCH_TYPES = {
    "exact": "exact",
    "exact match": "exact",
    "exact match (close variant)": "exact",
    "精确": "exact",
    "精确匹配": "exact",
    "phrase": "phrase",
    "phrase match": "phrase",
    "phrase match (close variant)": "phrase",
    "短语": "phrase",
    "短语匹配": "phrase",
    "短语-精确包含": "phrase",
    "短语-同义包含": "phrase",
    "短语-核心包含": "phrase",
    "broad": "broad",
    "broad match": "broad",
    "broad match (close variant)": "broad",
    "broad match modifier": "broad",
    "广泛": "broad",
    "广泛匹配": "broad",
    "智能": "broad",
    "智能匹配": "broad",
    "auto": "auto",
    "自动": "auto",
    "ai max": "auto",
    "dynamic search ad": "auto",
    "targeting_expression": "auto",
    "targeting_expression_predefined": "auto",
}
STATUSES = {
    "enabled": "enabled",
    "active": "enabled",
    "eligible": "enabled",
    "启用": "enabled",
    "有效": "enabled",
    "推广中": "enabled",
    "投放中": "enabled",
    "paused": "paused",
    "暂停": "paused",
    "已暂停": "paused",
    "暂停推广": "paused",
    "archived": "archived",
    "removed": "archived",
    "deleted": "archived",
    "已删除": "archived",
    "已归档": "archived",
}


def parse_keywords(cells: pa.StringArray) -> tuple[Parsed, pa.StringArray]:
    """Return bare keywords and the match type that each one's decoration tells (missing where it tells none).

    ``[exact]``, ``"phrase"`` and ``+modified +broad`` are decorations. In a file where any keyword wears one, a bare
    keyword is broad; in a file without decorations a bare keyword tells nothing.
    """
    text = parse_text(cells).values
    exact = as_mask(pc.match_substring_regex(text, r"^\[.+\]$"))
    phrase = as_mask(pc.match_substring_regex(text, r'^".+"$'))
    modified = as_mask(pc.match_substring_regex(text, r"^\+\S"))
    none_bad = np.zeros(len(cells), dtype=bool)
    if not (exact.any() or phrase.any() or modified.any()):
        return Parsed(text, none_bad), pa.nulls(len(cells), pa.string())
    bare = pc.replace_substring_regex(text, r'^(\[|")(.+)(\]|")$', r"\2")
    bare = pc.if_else(pa.array(exact | phrase), bare, text)
    unsigned = pc.replace_substring_regex(bare, r"(^|\s)\+(\S)", r"\1\2")
    bare = pc.utf8_trim_whitespace(pc.if_else(pa.array(modified), unsigned, bare))
    told = pa.array(np.where(exact, "exact", np.where(phrase, "phrase", "broad")))
    return Parsed(bare, none_bad), pc.if_else(pc.is_valid(text), told, pa.scalar(None, pa.string()))
