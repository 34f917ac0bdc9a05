"""Money that added words may take beyond their keywords' own: set aside before the plan, so that no night promises it twice.

Here belongs the reserve. Which words are added, and at which bid, is decided after the plan, at its prices
(``assets.new_rows``): an added word takes over clicks that its keyword buys today, so it is no item of its own beside it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.campaign_nodes import GLUE
from assets.new_rows import ROWS_OF_VERDICT
from assets.proposal_rows import proposal_rows
from assets.term_money import expected_traffic, new_bids

STOPS = ("pause", "stock_hold")
MAY_FALL = ("keep", "lower", "protected", "probation")


def reserve_for_terms(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return by campaign what tonight's added words may cost a day beyond what their keywords pay for them: at the most.

    A row is (platform, campaign_node, group_node, usual_cost). The most is a word's bid where money is worth just itself,
    against its keyword's lowest bid of tonight, or none where that is paused. Dearer money lowers the word's bid and a
    keyword that stays higher pays more of it anyway, so the night's words never cost more than this; what they do not take
    stays unspent. Held platforms add nothing, and proposals that wait for a person take nothing.
    """
    held = set(items.loc[items["is_held"], "platform"])
    mine = terms[~terms["platform"].isin(held)]
    rows = mine[mine["verdict"] == "add"].reset_index(drop=True)
    rows = rows.assign(
        action=ROWS_OF_VERDICT["add"][0], price=1.0, planned_multiplier=lowest_multipliers(rows, items, batch)
    )
    rows["new_value"] = new_bids(rows, batch)
    traffic = expected_traffic(rows)
    rows["most"] = (floats(traffic, "after") - floats(traffic, "before")).clip(min=0.0)
    parts = [rows]
    if not batch.settings.discovery.are_proposals_held:
        free = pd.DataFrame({"platform": [], "platform_price": [], "campaign_node": [], "campaign_price": []})
        found = proposal_rows(mine, free, batch)
        parts += [found.assign(most=found["cost_change"])] if len(found) else []
    both = pd.concat(parts, ignore_index=True)
    node = both["platform"] + GLUE + both["account"] + GLUE + both["target_campaign"].fillna(both["campaign"])
    told = both.assign(campaign_node=node.astype("str"), group_node="", usual_cost=both["most"].astype("float64"))
    return told[["platform", "campaign_node", "group_node", "usual_cost"]]


def lowest_multipliers(rows: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> np.ndarray:
    """Return the lowest bid that each word's keyword may have after tonight, over its present one; 0 where it is paused.

    A word whose keyword nobody knows counts from the lowest bid that a night's cap leaves.
    """
    ratio = (floats(items, "lowest_bid") / floats(items, "bid")).clip(max=1.0)
    least = np.where(items["verdict"].isin(MAY_FALL), np.nan_to_num(ratio, nan=1.0), 1.0)
    least = np.where(items["verdict"].isin(STOPS), 0.0, least)
    of_item = pd.Series(least, index=items["item"]).groupby(level=0).min()
    told = rows["source_item"].map(of_item).to_numpy(dtype=np.float64)
    return np.where(np.isnan(told), 1.0 - batch.guardrails.max_lower, told)
