"""Which node of the tree of budgets pays for each item, and which campaigns and ad groups the shop has set limits for.

Here belong the names of nodes and the reading of ``campaigns`` in the settings. What limits do is in ``assets.plan_tree``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from assets.batch import Batch
from assets.catalogue import campaign_key, load_entities
from configs.schema import CampaignLimits
from optimizers.errors import InvalidInputError

GLUE = " / "
GROUP_GLUE = " › "  # before an ad group, so that no campaign has its node's name
ID_GLUE = " #"  # before the id of one of several campaigns that share a name


@dataclass(frozen=True)
class NodeLimits:
    """Limits of campaigns and ad groups by the name of their node, and by which key of the settings each was set."""

    limits: Mapping[str, CampaignLimits]
    keys: Mapping[str, str]


NO_LIMITS = NodeLimits({}, {})


def with_nodes(items: pd.DataFrame) -> pd.DataFrame:
    """Add ``campaign_node`` and ``group_node``: names that no two campaigns, or ad groups of one campaign, share."""
    campaign = campaign_nodes(items)
    group = campaign + GROUP_GLUE + items["ad_group"].astype("str").where(items["ad_group"].notna(), "")
    return items.assign(campaign_node=campaign, group_node=group)


def campaign_nodes(items: pd.DataFrame) -> pd.Series:
    """Return the name of each item's campaign node: the campaign's name, with its id where two share a name."""
    shop = items["platform"] + GLUE + items["account"] + GLUE
    name = shop + items["campaign"].fillna(items["campaign_key"])
    n_campaigns = items.groupby(name)["campaign_key"].transform("nunique")
    return name.where(n_campaigns <= 1, name + ID_GLUE + items["campaign_key"])


def read_limits(items: pd.DataFrame, batch: Batch) -> NodeLimits:
    """Return the limits of campaigns and ad groups, by node.

    A key is ``platform / campaign`` or ``platform / campaign / ad group``; the account stands behind the platform, and
    the id behind the campaign (``name #id``), where the name alone is not one. Platforms of which nothing is known
    tonight are passed over: they are not moved. Raises InvalidInputError where a name is unknown, or is not one.
    """
    asked = batch.settings.campaigns
    if not asked:
        return NO_LIMITS
    known = names_of(items)
    found = {key: known.get(key, []) for key in asked}
    if not all(found.values()):
        known = {**names_of(with_nodes(known_entities(batch))), **known}
        found = {key: known.get(key, []) for key in asked}
    absent = set(batch.settings.platforms) - set(items["platform"])
    found = {key: nodes for key, nodes in found.items() if nodes or key.partition(GLUE)[0] not in absent}
    _refuse_unclear(found, known)
    nodes = {node: key for key, (node,) in found.items()}
    return NodeLimits({node: asked[key] for node, key in nodes.items()}, nodes)


def names_of(items: pd.DataFrame) -> dict[str, list[str]]:
    """Return which nodes each name that a person may write stands for: with and without account and id."""
    found: dict[str, set[str]] = {}
    rows = items.assign(name=items["campaign"].fillna(items["campaign_key"]), group=items["ad_group"].fillna(""))
    columns = ["platform", "account", "name", "campaign_key", "group", "campaign_node", "group_node"]
    known = rows[columns].drop_duplicates().astype("str")
    for platform, account, name, key, group, node, group_node in known.to_numpy().tolist():
        for campaign in (name, f"{name}{ID_GLUE}{key}"):
            for shop in (platform, f"{platform}{GLUE}{account}"):
                found.setdefault(f"{shop}{GLUE}{campaign}", set()).add(node)
                if group != "":
                    found.setdefault(f"{shop}{GLUE}{campaign}{GLUE}{group}", set()).add(group_node)
    return {name: sorted(nodes) for name, nodes in found.items()}


def known_entities(batch: Batch) -> pd.DataFrame:
    """Return campaigns and groups of the newest exports: one that nothing was spent on yet may have limits too."""
    entities = load_entities(batch)
    entities = entities[entities["campaign"].notna() | entities["campaign_id"].notna()]
    return entities.assign(campaign_key=campaign_key(entities))


def _refuse_unclear(found: Mapping[str, list[str]], known: Mapping[str, list[str]]) -> None:
    what, remedy = "cannot read the limits of campaigns", "Mend the keys of `campaigns` in the shop's settings.yaml."
    unknown = [key for key, nodes in found.items() if not nodes]
    if unknown:
        nearest = [f"{key} (nearest known: {_nearest(key, known)})" for key in unknown]
        raise InvalidInputError(what, f"{len(unknown)} unknown names", "a campaign of tonight", nearest, remedy)
    unclear = [f"{key}: {', '.join(nodes[:3])}" for key, nodes in found.items() if len(nodes) > 1]
    if unclear:
        raise InvalidInputError(
            what, f"{len(unclear)} names of several campaigns", "one campaign", unclear,
            f"Write the account and the id too, as shown. {remedy}",
        )  # fmt: skip
    nodes = [nodes[0] for nodes in found.values()]
    twice = [key for key, (node,) in found.items() if nodes.count(node) > 1]
    if twice:
        raise InvalidInputError(what, "two keys of one campaign", "one key a campaign", twice, remedy)


def _nearest(key: str, known: Mapping[str, list[str]]) -> str:
    best = get_close_matches(key, sorted(known), n=1, cutoff=0.0)
    return best[0] if best else "none"
