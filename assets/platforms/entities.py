"""Finishes entity rows: their level, whether the bid lever is closed, and campaign budgets printed on keyword rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CAMPAIGN_KEY = ["platform", "campaign"]
_CAMPAIGN_COLUMNS = ["platform", "account", "campaign_id", "campaign", "currency", "daily_budget", "line"]


def finish_entities(rows: pa.Table) -> pa.Table:
    """Return keyword rows with their bids and one placement row per campaign with its budget.

    A row without a level is a keyword row if it has a keyword, else a campaign row if it has no ad group; an ad group
    row is left out. A budget on keyword rows is the campaign's: it moves to a campaign row unless the export has one,
    with the state in `campaign_status`, which does not stay a column.
    """
    rows = _with_levels(rows)
    rows = rows.filter(pc.is_valid(rows["level"]))
    campaigns = _campaign_rows(rows)
    rows = rows.drop_columns("campaign_status")
    is_keyword = pc.equal(rows["level"], "keyword")
    rows = _with(rows, daily_budget=pc.if_else(is_keyword, pa.scalar(None, pa.int64()), rows["daily_budget"]))
    result = pa.concat_tables([rows, campaigns], promote_options="default")
    is_closed = pc.and_(pc.equal(result["level"], "keyword"), pc.is_null(result["bid"]))
    return _with(result, is_closed_bid=pc.coalesce(result["is_closed_bid"], is_closed))


def _with_levels(rows: pa.Table) -> pa.Table:
    is_untold, has_keyword = pc.is_null(rows["level"]), pc.is_valid(rows["keyword"])
    is_keyword = pc.and_(is_untold, has_keyword)
    is_campaign = pc.and_(pc.and_(is_untold, pc.invert(has_keyword)), pc.is_null(rows["ad_group"]))
    level = pc.if_else(is_keyword, "keyword", pc.if_else(is_campaign, "placement", rows["level"]))
    return _with(rows, level=level, entity_type=pc.if_else(is_campaign, "Campaign", rows["entity_type"]))


def _campaign_rows(rows: pa.Table) -> pa.Table:
    """Return one row for every campaign whose budget stands on keyword rows only, from the first of them."""
    is_told = pc.and_(pc.equal(rows["level"], "keyword"), pc.is_valid(rows["daily_budget"]))
    at = pc.if_else(is_told, pa.array(np.arange(len(rows))), pa.scalar(None, pa.int64()))
    marked = _with(rows.select(_CAMPAIGN_KEY), at=at, has_own_row=pc.equal(rows["level"], "placement"))
    found = marked.group_by(_CAMPAIGN_KEY, use_threads=False).aggregate([("at", "min"), ("has_own_row", "any")])
    found = found.filter(pc.and_(pc.is_valid(found["at_min"]), pc.invert(found["has_own_row_any"])))
    at_first = found["at_min"].take(pc.sort_indices(found["at_min"]))
    first = rows.select([*_CAMPAIGN_COLUMNS, "campaign_status"]).take(at_first)
    words = {"level": "placement", "entity_type": "Campaign"}
    first = _with(first, **{name: pa.repeat(word, len(first)) for name, word in words.items()})
    return first.rename_columns({"campaign_status": "status"})


def _with(rows: pa.Table, **columns: pa.ChunkedArray) -> pa.Table:
    """Return the table with these columns in place of those of the same name, or behind the others."""
    for name, cells in columns.items():
        at = rows.schema.get_field_index(name)
        rows = rows.append_column(name, cells) if at < 0 else rows.set_column(at, name, cells)
    return rows
