"""Finishes entity rows: their level, whether the bid lever is closed, and campaign budgets printed on keyword rows."""

from __future__ import annotations

import pandas as pd

_CAMPAIGN_KEY = ["platform", "campaign"]
_CAMPAIGN_COLUMNS = ["platform", "account", "campaign_id", "campaign", "currency"]


def finish_entities(frame: pd.DataFrame, campaign_status: pd.Series | None) -> pd.DataFrame:
    """Return keyword rows with their bids and one placement row per campaign with its budget.

    A row without a level is a keyword row if it has a keyword, else a campaign row if it has no ad group; an ad group row
    is left out. A budget on keyword rows is the campaign's: it moves to a campaign row unless the export has one.
    """
    level = frame["level"]
    told = pd.Series("keyword", index=frame.index, dtype="str").where(frame["keyword"].notna(), None)
    is_campaign = frame["keyword"].isna() & frame["ad_group"].isna()
    frame = frame.assign(level=level.where(level.notna(), told.mask(is_campaign, "placement")).astype("str"))
    if campaign_status is not None:
        frame = frame.assign(campaign_status=campaign_status)
    frame = frame[frame["level"].notna()]
    campaigns = _campaign_rows(frame)
    is_keyword = frame["level"] == "keyword"
    frame = frame.assign(daily_budget=frame["daily_budget"].mask(is_keyword))
    result = pd.concat([frame, campaigns], ignore_index=True) if len(campaigns) else frame.reset_index(drop=True)
    closed = (result["level"] == "keyword") & result["bid"].isna()
    result["is_closed_bid"] = result["is_closed_bid"].fillna(closed.astype("boolean"))
    return result.drop(columns="campaign_status", errors="ignore").astype(_dtypes(frame, result))


def _campaign_rows(frame: pd.DataFrame) -> pd.DataFrame:
    on_keywords = frame[(frame["level"] == "keyword") & frame["daily_budget"].notna()]
    if on_keywords.empty:
        return on_keywords
    first = on_keywords.drop_duplicates(_CAMPAIGN_KEY)
    known = pd.MultiIndex.from_frame(frame.loc[frame["level"] == "placement", _CAMPAIGN_KEY])
    first = first[~pd.MultiIndex.from_frame(first[_CAMPAIGN_KEY]).isin(known)]
    status = first["campaign_status"] if "campaign_status" in first else pd.Series(None, index=first.index, dtype="str")
    kept = [*_CAMPAIGN_COLUMNS, "daily_budget", "line"]
    rows = first.reindex(columns=frame.columns)
    blank = [name for name in rows.columns if name not in kept]
    rows[blank] = pd.NA
    return rows.assign(level="placement", status=status, entity_type="Campaign")


def _dtypes(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, object]:
    return {name: kind for name, kind in before.dtypes.items() if name in after.columns and name != "campaign_status"}
