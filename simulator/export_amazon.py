"""Amazon Sponsored Products: targeting report, search term report and bulk operations workbook (xlsx)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulator.accounts import Account
from simulator.cells import render, write_workbook
from simulator.layouts import load_layout
from simulator.orders import Arrays
from simulator.view import (
    COUNTS,
    NightView,
    add_ratios,
    gather,
    keyword_report,
    midnight,
    sums_by_row,
    term_report,
)

AUTO_CAMPAIGN = 7


def export_targeting(view: NightView) -> Path:
    """Write the daily targeting report, seller view, 7-day attribution."""
    layout = load_layout("amazon_sp", "targeting")
    names = _labelled(view.names("amazon_sp"))
    table = keyword_report(view, "amazon_sp", names)
    path = view.folder / f"Sponsored Products Targeting report_{view.night}.xlsx"
    return write_workbook(path, [(layout, render(table, layout))], view.night)


def export_search_terms(view: NightView) -> Path:
    """Write the search term report of the export window; only terms with a click are in it."""
    layout = load_layout("amazon_sp", "search_terms")
    frame = _labelled(term_report(view, "amazon_sp", by_day=False))
    frame["period_start"] = pd.Timestamp(midnight(view.first))
    frame["period_end"] = pd.Timestamp(midnight(view.night))
    path = view.folder / f"Sponsored Products Search term report_{view.night}.xlsx"
    return write_workbook(path, [(layout, render(frame, layout))], view.night)


def export_bulk(view: NightView) -> Path:
    """Write the bulk operations workbook: campaigns, ad groups, ads, keywords, targets and negatives with ids."""
    layout, portfolios = load_layout("amazon_sp", "bulk"), load_layout("amazon_sp", "portfolios")
    account = view.world.accounts["amazon_sp"]
    facts = view.world.ledger.window("amazon_sp", view.first, view.night, view.night)
    named = view.names("amazon_sp").assign(**sums_by_row(facts, len(account.keywords)))
    named = named[named["status"].ne("archived")]
    parts = [_campaign_rows(named, account), _group_rows(named), _ad_rows(named), _target_rows(named)]
    parts.append(_negative_rows(account))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    frame = frame.sort_values(["campaign_id", "rank"], kind="stable", ignore_index=True)
    sheets = [
        (portfolios, render(frame.head(0), portfolios)),
        (layout, render(_zero_ratios(add_ratios(gather(frame, np.arange(len(frame))))), layout)),
    ]
    return write_workbook(view.folder / f"bulk-sponsored-products-{view.night}.xlsx", sheets, view.night)


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the report's targeting text and upper-case match types (``-`` for automatic targets)."""
    match = frame["match_type"].str.upper().where(frame["match_type"].ne("auto"), "-")
    return frame.assign(targeting=frame["keyword"], match_label=match)


def _campaign_rows(named: pd.DataFrame, account: Account) -> pd.DataFrame:
    sums = named.groupby("campaign_id")[list(COUNTS)].sum()
    campaigns = account.campaigns.set_index("campaign_id").join(sums, how="inner").reset_index()
    is_auto = campaigns["campaign"].eq(account.campaigns["campaign"][AUTO_CAMPAIGN])
    return campaigns.assign(
        rank=0,
        entity="Campaign",
        own_campaign=campaigns["campaign"],
        status="enabled",
        start_date="20250401",
        targeting_type=np.where(is_auto, "Auto", "Manual"),
        bidding_strategy="Fixed bid",
    )


def _group_rows(named: pd.DataFrame) -> pd.DataFrame:
    keys = ["campaign_id", "campaign", "ad_group_id", "ad_group"]
    groups = named.groupby(keys, as_index=False).agg(
        **{name: (name, "sum") for name in COUNTS}, default_bid=("bid", "mean")
    )
    groups["default_bid"] = groups["default_bid"].round(2)
    return groups.assign(
        rank=1, entity="Ad Group", own_ad_group=groups["ad_group"], status="enabled", group_status="enabled"
    )


def _ad_rows(named: pd.DataFrame) -> pd.DataFrame:
    ads = named.drop_duplicates("ad_group_id")
    keys = ["campaign_id", "campaign", "ad_group_id", "ad_group"]
    return ads[keys].assign(
        rank=2,
        entity="Product Ad",
        ad_id="4" + ads["ad_group_id"],
        sku="SKU-" + ads["product_id"].str[-6:],
        asin="B0" + ads["product_id"].str[-8:],
        status="enabled",
        group_status="enabled",
        **dict.fromkeys(COUNTS, 0),
    )


def _target_rows(named: pd.DataFrame) -> pd.DataFrame:
    """Return keyword and automatic-target rows with their bids."""
    is_target = named["entity_type"].eq("Product Targeting")
    default = named.groupby("ad_group_id")["bid"].transform("mean").round(2)
    return named.drop(columns="daily_budget").assign(
        rank=3,
        entity=named["entity_type"],
        group_status="enabled",
        default_bid_info=default,
        product_targeting_id=named["keyword_id"].where(is_target),
        expression=named["keyword"].where(is_target),
        keyword_id=named["keyword_id"].where(~is_target),
        keyword=named["keyword"].where(~is_target),
        match_label=named["match_type"].str.capitalize().where(~is_target),
    )


def _negative_rows(account: Account) -> pd.DataFrame:
    rows = pd.DataFrame(account.negatives)
    if rows.empty:
        return rows
    return rows.assign(rank=4, entity="Negative Keyword", group_status="enabled", **dict.fromkeys(COUNTS, 0))


def _zero_ratios(table: Arrays) -> Arrays:
    """Fill ratios with 0, as the workbook prints them where a report leaves a blank."""
    return {**table, **{name: np.nan_to_num(table[name]) for name in ("ctr", "cvr", "cpc", "acos", "roas")}}
