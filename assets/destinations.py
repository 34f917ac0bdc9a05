"""Where an added search term goes, so that its exact negative in the source group does not keep the new keyword out.

A negative counts for its whole ad group, the new keyword included. So the keyword goes to another group that sells the same
product; where there is none it stays in the source group, without a negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from assets.batch import Batch
from assets.platforms.levers import lever_bounds
from assets.roots import root_words

GROUP = ["platform", "account", "campaign", "ad_group"]
Group = dict[str, Any]
TARGETS = ["target_campaign_id", "target_campaign", "target_ad_group_id", "target_ad_group"]


def with_destination(terms: pd.DataFrame, items: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    """Return the terms with the ids and names of the group that each would be added to, and `is_moved` (not the source).

    Where the platform takes no negatives, nothing moves: two groups would bid for the same searches.
    """
    out = terms.reset_index(drop=True)
    for target, source in zip(TARGETS, ["campaign_id", "campaign", "ad_group_id", "ad_group"], strict=True):
        out[target] = out[source]
    out["is_moved"] = False
    products, choices = product_of_group(items), by_product(ad_groups(items))
    has_negatives = {name for name, one in batch.platforms.items() if lever_bounds(one, "negative_keyword") is not None}
    may_move = (
        (out["verdict"] == "add") & out["platform"].isin(has_negatives) & ~out["is_own_word"]
    )  # brand stays apart
    for row in out.index[may_move.to_numpy(dtype=bool)]:
        place = tuple(out.loc[row, GROUP])
        others = [one for one in choices.get((*place[:2], products.get(place)), []) if place_of(one) != place]
        best, _ = nearest_group(str(out.at[row, "search_term"]), others)
        if best is not None:
            out.loc[row, TARGETS] = [best[target.removeprefix("target_")] for target in TARGETS]
            out.loc[row, "is_moved"] = True
    return out


def product_of_group(items: pd.DataFrame) -> dict[tuple[object, ...], object]:
    """Return the one product that each ad group sells, automatic ones included; groups of several products have none."""
    rows = items[(items["level"] == "keyword") & items["product_id"].notna()].drop_duplicates([*GROUP, "product_id"])
    alone = rows[~rows.duplicated(GROUP, keep=False)]
    return dict(zip(alone[GROUP].itertuples(index=False, name=None), alone["product_id"], strict=True))


def by_product(groups: list[Group]) -> dict[tuple[object, ...], list[Group]]:
    """Return the groups of each platform, account and product."""
    found: dict[tuple[object, ...], list[Group]] = {}
    for one in groups:
        found.setdefault((one["platform"], one["account"], one["product_id"]), []).append(one)
    return found


def place_of(group: Group) -> tuple[object, ...]:
    """Return what names a group."""
    return tuple(group[name] for name in GROUP)


def ad_groups(items: pd.DataFrame) -> list[Group]:
    """Return the ad groups that hold running keywords of their own, by name: ids, product, currency and root words.

    Automatic targets hold no keyword, and brand is judged apart: neither takes a new word in.
    """
    is_open = (items["level"] == "keyword") & (items["status"] == "enabled") & items["bid"].notna() & ~items["is_brand"]
    rows = items[is_open & (items["match_type"] != "auto") & items["ad_group"].notna()]
    names = [*GROUP, "campaign_id", "ad_group_id", "product_id", "currency", "fx_rate"]
    groups = rows.groupby(GROUP, sort=True)
    last = groups.last().reset_index()[names].itertuples(index=False, name=None)
    texts = groups["keyword"].agg(lambda own: " ".join(sorted(set(own)))).tolist()
    several = (groups["product_id"].nunique() > 1).tolist()
    found = [
        {**dict(zip(names, one, strict=True)), "words": frozenset(root_words(text))}
        for one, text in zip(last, texts, strict=True)
    ]
    return [one for one, mixed in zip(found, several, strict=True) if not mixed]


def nearest_group(text: str, groups: Sequence[Group]) -> tuple[Group | None, int]:
    """Return the group that shares most root words with the text, and how many; the first by name among equals."""
    words = frozenset(root_words(text))
    shared = [len(words & group["words"]) for group in groups]
    return (groups[shared.index(max(shared))], max(shared)) if groups else (None, 0)
