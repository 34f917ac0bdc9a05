"""Where an added search term goes, so that its exact negative in the source group does not keep the new keyword out.

A negative counts for its whole ad group, the new keyword included. So the keyword goes to another group that sells the same
product; where there is none it stays in the source group, without a negative.
"""

from __future__ import annotations

import pandas as pd

from assets.batch import Batch
from assets.platforms.levers import lever_bounds
from assets.roots import root_words

GROUP = ["platform", "account", "campaign", "ad_group"]
TARGETS = ["target_campaign_id", "target_campaign", "target_ad_group_id", "target_ad_group"]


def with_destination(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the terms with the ids and names of the group that each would be added to, and `is_moved` (not the source).

    Where the platform takes no negatives, nothing moves: two groups would bid for the same searches.
    """
    groups = ad_groups(items)
    out = terms.reset_index(drop=True)
    for target, source in zip(TARGETS, ["campaign_id", "campaign", "ad_group_id", "ad_group"], strict=True):
        out[target] = out[source]
    out["is_moved"] = False
    places = list(out[GROUP].itertuples(index=False, name=None))
    product_of = groups.set_index(GROUP)["product_id"]
    by_product = dict(iter(groups.groupby(["platform", "account", "product_id"], sort=True)))
    has_negatives = {name for name, one in batch.platforms.items() if lever_bounds(one, "negative_keyword") is not None}
    for row in out.index[((out["verdict"] == "add") & out["platform"].isin(has_negatives)).to_numpy()]:
        place = places[row]
        choices = by_product.get((*place[:2], product_of.get(place)))
        best = None if choices is None else nearest_group(str(out.at[row, "search_term"]), choices, place)
        if best is not None:
            out.loc[row, TARGETS] = [best["campaign_id"], best["campaign"], best["ad_group_id"], best["ad_group"]]
            out.loc[row, "is_moved"] = True
    return out


def ad_groups(items: pd.DataFrame) -> pd.DataFrame:
    """Return the ad groups that hold running keywords of their own (not automatic ones): ids, product, words."""
    is_open = (items["level"] == "keyword") & (items["status"] == "enabled") & items["bid"].notna() & ~items["is_brand"]
    rows = items[is_open & (items["match_type"] != "auto") & items["ad_group"].notna()]
    columns = {name: (name, "last") for name in ("campaign_id", "ad_group_id", "product_id", "currency", "fx_rate")}
    groups = rows.groupby(GROUP, sort=True).agg(
        **columns, texts=("keyword", lambda texts: tuple(sorted(set(texts)))), n_products=("product_id", "nunique")
    )
    groups = groups.reset_index()
    words = [frozenset(word for text in texts for word in root_words(text)) for texts in groups["texts"]]
    groups["words"] = pd.Series(words, index=groups.index, dtype="object")
    return groups[groups["n_products"] <= 1].drop(columns=["texts", "n_products"])


def nearest_group(text: str, groups: pd.DataFrame, source: tuple[object, ...] | None = None) -> pd.Series | None:
    """Return the group, other than the source, that shares most words with the text; the first by name among equals."""
    others = groups if source is None else groups[pd.MultiIndex.from_frame(groups[GROUP]) != source]
    if others.empty:
        return None
    words = frozenset(root_words(text))
    shared = [len(words & own) for own in others["words"]]
    return others.assign(shared=shared).sort_values(["shared", *GROUP], ascending=[False, *[True] * len(GROUP)]).iloc[0]
