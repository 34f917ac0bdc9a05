"""Finishes entity rows: their level, whether the bid lever is closed, and campaign budgets printed on keyword rows."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

_CAMPAIGN_KEY = ["platform", "campaign"]
_CAMPAIGN_COLUMNS = ["platform", "account", "campaign_id", "campaign", "currency"]


def finish_entities(frame: pd.DataFrame, campaign_status: pd.Series | None) -> pd.DataFrame:
    """Return keyword rows with their bids and one placement row per campaign with its budget.

    A row without a level is a keyword row if it has a keyword, else a campaign row if it has no ad group; an ad group
    row is left out. A budget on keyword rows is the campaign's: it moves to a campaign row unless the export has one.
    """
    frame = _with_levels(frame)
    if campaign_status is not None:
        frame = frame.assign(campaign_status=campaign_status)
    frame = frame[frame["level"].notna()]
    campaigns = _campaign_rows(frame)
    is_keyword = frame["level"] == "keyword"
    frame = frame.assign(daily_budget=frame["daily_budget"].mask(is_keyword))
    result = pd.concat([frame, campaigns], ignore_index=True) if len(campaigns) else frame.reset_index(drop=True)
    closed = (result["level"] == "keyword") & result["bid"].isna()
    result["is_closed_bid"] = result["is_closed_bid"].fillna(closed.astype("boolean"))
    return result.drop(columns="campaign_status", errors="ignore").astype(_dtypes(frame))


def _with_levels(frame: pd.DataFrame) -> pd.DataFrame:
    is_told = frame["level"].notna()
    is_keyword = frame["keyword"].notna() & ~is_told
    is_campaign = frame["keyword"].isna() & frame["ad_group"].isna() & ~is_told
    level = frame["level"].mask(is_keyword, "keyword").mask(is_campaign, "placement")
    return frame.assign(level=level, entity_type=frame["entity_type"].mask(is_campaign, "Campaign"))


def _campaign_rows(frame: pd.DataFrame) -> pd.DataFrame:
    on_keywords = frame[(frame["level"] == "keyword") & frame["daily_budget"].notna()]
    if on_keywords.empty:
        return on_keywords
    first = on_keywords.drop_duplicates(_CAMPAIGN_KEY)
    known = pd.MultiIndex.from_frame(frame.loc[frame["level"] == "placement", _CAMPAIGN_KEY])
    first = first[~pd.MultiIndex.from_frame(first[_CAMPAIGN_KEY]).isin(known)]
    status = first["campaign_status"] if "campaign_status" in first else pd.Series(None, index=first.index, dtype="str")
    kept = {name: first[name] for name in (*_CAMPAIGN_COLUMNS, "daily_budget", "line")}
    blank = frame.iloc[:0].reindex(first.index)
    return blank.assign(**kept, level="placement", status=status, entity_type="Campaign")


def _dtypes(frame: pd.DataFrame) -> dict[Hashable, Any]:
    return {name: kind for name, kind in frame.dtypes.items() if name != "campaign_status"}
