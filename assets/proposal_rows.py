"""Recommendation rows of proposals: first bid by the formula for new items, and the money that a typical keyword would move."""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.new_rows import with_prices
from assets.platforms.items import join_key
from assets.term_money import expected_traffic, new_bids

REASON_OF_ORIGIN = {"cross_platform": "discover_cross_platform", "market": "discover_market"}
GRADE_OF_ORIGIN = {"cross_platform": "C", "market": "D"}  # sold on another platform; sold nowhere yet


def proposal_rows(terms: pd.DataFrame, plan: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return one row per proposal. Clicks, orders and ROAS in it are those that the word had where it was seen.

    What it may cost and bring is that of its campaign's median keyword at the first bid: all of it is new, none is moved. What
    would lose money is left out.
    """
    rows = terms[terms["verdict"] == "propose"].reset_index(drop=True)
    rows = with_prices(rows, plan)
    rows = rows[rows["price"] < np.inf].reset_index(drop=True)  # where no money is left nothing is proposed
    if rows.empty:
        return rows
    rows["action"], rows["lever"], rows["level"], rows["match_type"] = "add", "new_keyword", "search_term", "exact"
    rows["reason_code"], rows["keyword"] = rows["origin"].map(REASON_OF_ORIGIN), rows["search_term"]
    rows["evidence_grade"] = rows["origin"].map(GRADE_OF_ORIGIN)
    rows["item"] = join_key(
        [rows[name] for name in ("platform", "account", "level", "campaign", "ad_group", "search_term")]
    )
    rows["old_value"], rows["new_value"] = np.nan, new_bids(rows, batch)
    usual = rows.assign(clicks=rows["usual_clicks"], n_days=1.0, cost=rows["usual_clicks"] * rows["cpc"])
    traffic = expected_traffic(usual.assign(planned_multiplier=1.0))
    clicks, cost = rows["usual_clicks"] + traffic["gained"], traffic["after"]
    rows["cost"], rows["expected_cost"], rows["cost_change"] = 0.0, cost, cost
    rows["value_change"] = clicks * rows["cvr"] * rows["aov"]
    rows["profit_change"] = clicks * rows["value_per_click"] - cost
    for side in ("low", "high"):
        rows[f"profit_change_{side}"] = clicks * rows[f"value_per_click_{side}"] - cost
    return rows[rows["profit_change"] > 0].reset_index(drop=True)
