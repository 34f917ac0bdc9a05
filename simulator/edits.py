"""Turns uploaded rows into edits of the accounts, refuses what a platform would refuse, and carries edits out.

An edit is a plain mapping, so that the state file can keep the list of them and replay it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulator.accounts import Account
from simulator.uploads import UploadRow
from simulator.world import World

Edit = dict[str, Any]
STATUSES = {"enabled": "enabled", "paused": "paused", "removed": "archived"}
NEW_WORD_SHARE, NEW_WORD_QUALITY = (
    0.12,
    0.8,
)  # clicks and conversion of a word that no term led to, against its neighbour


class RefusedError(ValueError):
    """A platform would not take this row; the message is the reason."""


def plan_edits(world: World, row: UploadRow) -> list[Edit]:
    """Return what ``row`` changes.

    Raises
    ------
    RefusedError
        If it names an unknown item, a bid outside the platform's bounds or nothing to change.
    """
    if row.action == "plan":
        edits = _plan_edits(world.audience.plans, row)
    elif row.action == "budget":
        edits = _budget_edits(world.accounts[row.platform], row)
    elif row.action == "negative" or _is_negative(row):
        edits = _negative_edits(world.accounts[row.platform], row)
    else:
        edits = _keyword_edits(world.accounts[row.platform], row)
    if not edits:
        raise RefusedError("the row changes nothing")
    return edits


def carry_out(world: World, edit: Mapping[str, Any]) -> None:
    """Make one planned edit true."""
    kind, platform = edit["kind"], edit["platform"]
    if platform == "taobao_audience":
        column = {"budget": "daily_budget", "target": "target_roas", "status": "status"}[kind]
        world.audience.plans.loc[edit["row"], column] = edit["value"]
        return
    account = world.accounts[platform]
    if kind == "add":
        _add_keyword(account, edit)
    elif kind == "negative":
        _set_negative(account, edit)
    elif kind == "budget":
        account.campaigns.loc[edit["row"], "daily_budget"] = edit["value"]
    else:
        account.keywords.loc[edit["row"], kind] = edit["value"]


def _keyword_edits(account: Account, row: UploadRow) -> list[Edit]:
    profile, bid, status = account.profile, row.money, row.fields.get("status")
    if bid is not None and not (math.isfinite(bid) and profile.min_bid <= bid < 1000):
        raise RefusedError(f"bid {row.fields['bid']} is outside the platform's bounds")
    where = _find_keyword(account.keywords, account.campaigns, row)
    if where is None:
        return [_new_keyword(account, row, bid)]
    base = {"platform": row.platform, "row": where}
    is_removed = row.fields.get("operation") == "remove" or _is_bare_undo(row, bid)
    if is_removed:
        return [{**base, "kind": "status", "value": "archived"}]
    edits: list[Edit] = [{**base, "kind": "bid", "value": round(bid, 4)}] if bid is not None else []
    if status is not None and STATUSES.get(status) != account.keywords["status"][where]:
        if status not in STATUSES:
            raise RefusedError(f"status {status} is unknown")
        edits.append({**base, "kind": "status", "value": STATUSES[status]})
    return edits


def _is_bare_undo(row: UploadRow, bid: float | None) -> bool:
    """A 淘宝 word row without id, bid and status lists an added word that is to be deleted."""
    return row.platform == "taobao_keyword" and bid is None and "keyword_id" not in row.fields


def _find_keyword(keywords: pd.DataFrame, campaigns: pd.DataFrame, row: UploadRow) -> int | None:
    """Return the keyword's row; None when the file adds it."""
    fields = row.fields
    if "keyword_id" in fields:
        found = np.flatnonzero(keywords["keyword_id"].eq(fields["keyword_id"]))
        if not len(found):
            raise RefusedError(f"unknown keyword id {fields['keyword_id']}")
        return int(found[0])
    if "keyword" not in fields:
        raise RefusedError("the row names no keyword")
    same = keywords["keyword"].str.casefold().eq(fields["keyword"].casefold()) & keywords["status"].ne("archived")
    same &= _in_group(keywords, campaigns, fields)
    if "match_type" in fields:
        same &= keywords["match_type"].eq(fields["match_type"])
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) else None


def _in_group(keywords: pd.DataFrame, campaigns: pd.DataFrame, fields: Mapping[str, str]) -> pd.Series:
    """Return which keywords stand in the row's ad group (by id or by names); refuse an unknown one."""
    if "ad_group_id" in fields:
        inside = keywords["ad_group_id"].eq(fields["ad_group_id"])
    else:
        names = campaigns["campaign"].to_numpy()[keywords["campaign"]]
        inside = pd.Series(names == fields.get("campaign"), index=keywords.index)
        inside &= keywords["ad_group"].eq(fields.get("ad_group", ""))
    if not inside.any():
        group = fields.get("ad_group_id", fields.get("ad_group", ""))
        raise RefusedError(f"unknown ad group {group}")
    return inside


def _new_keyword(account: Account, row: UploadRow, bid: float | None) -> Edit:
    if bid is None or row.fields.get("operation") == "update":
        raise RefusedError(f"unknown keyword {row.fields['keyword']}")
    inside = _in_group(account.keywords, account.campaigns, row.fields)
    return {
        "platform": row.platform,
        "kind": "add",
        "sibling": int(np.flatnonzero(inside)[0]),
        "keyword": row.fields["keyword"],
        "match_type": row.fields.get("match_type", account.profile.match_types[-1]),
        "value": round(bid, 4),
    }


def _negative_edits(account: Account, row: UploadRow) -> list[Edit]:
    inside = _in_group(account.keywords, account.campaigns, row.fields)
    is_removal = row.fields.get("operation") == "remove" or row.fields.get("status") == "removed"
    is_phrase = "phrase" in row.fields.get("match_type", "")
    return [
        {
            "platform": row.platform,
            "kind": "negative",
            "sibling": int(np.flatnonzero(inside)[0]),
            "keyword": row.fields.get("keyword", ""),
            "is_phrase": is_phrase,
            "value": not is_removal,
        }
    ]


def _is_negative(row: UploadRow) -> bool:
    words = f"{row.fields.get('match_type', '')} {row.fields.get('entity', '')}"
    return "negative" in words.lower()


def _budget_edits(account: Account, row: UploadRow) -> list[Edit]:
    where = _one(account.campaigns, row)
    return [{"platform": row.platform, "kind": "budget", "row": where, "value": _positive(row, "daily_budget")}]


def _plan_edits(plans: pd.DataFrame, row: UploadRow) -> list[Edit]:
    base = {"platform": row.platform, "row": _one(plans, row)}
    edits: list[Edit] = []
    for kind, name in (("budget", "daily_budget"), ("target", "target_roas")):
        if name in row.fields:
            edits.append({**base, "kind": kind, "value": _positive(row, name)})
    if "status" in row.fields:
        edits.append({**base, "kind": "status", "value": STATUSES.get(row.fields["status"], "enabled")})
    return edits


def _one(frame: pd.DataFrame, row: UploadRow) -> int:
    name = "campaign_id" if "campaign_id" in row.fields else "campaign"
    found = np.flatnonzero(frame[name].eq(row.fields.get(name, "")))
    if not len(found):
        raise RefusedError(f"unknown campaign {row.fields.get(name, '')}")
    return int(found[0])


def _positive(row: UploadRow, name: str) -> float:
    value = row.number(name)
    if value is None or not (math.isfinite(value) and value > 0):
        raise RefusedError(f"{name} {row.fields.get(name, '')} is not a positive number")
    return value


def _add_keyword(account: Account, edit: Mapping[str, Any]) -> None:
    """Append a keyword whose truth is that of the search term it was harvested from, else of its neighbour."""
    keywords, terms = account.keywords, account.terms
    sibling, wanted = keywords.loc[edit["sibling"]], edit["keyword"].casefold()
    behind = terms[terms["search_term"].str.casefold().eq(wanted) & ~terms["is_own"]]
    if len(behind):
        traffic = keywords["base_clicks"].to_numpy()[behind["row"]] * behind["weight"].to_numpy()
        cvr = keywords["cvr"].to_numpy()[behind["row"]] * behind["quality"].to_numpy()
        source, clicks = int(behind["row"].iloc[int(traffic.argmax())]), float(traffic.sum())
        rate = float((traffic * cvr).sum() / clicks)
    else:
        source, clicks = edit["sibling"], float(sibling["base_clicks"]) * NEW_WORD_SHARE
        rate = float(sibling["cvr"]) * NEW_WORD_QUALITY
    new = keywords.loc[source].to_dict()
    place = ("campaign", "ad_group", "ad_group_id", "product", "order_value")
    new.update({name: sibling[name] for name in place})
    new.update(
        keyword=edit["keyword"],
        match_type=edit["match_type"],
        entity_type="Keyword",
        keyword_id=str(900_000_000_000_000 + len(keywords)),
        base_clicks=clicks,
        cvr=rate,
        value_per_click=rate * sibling["value_per_click"] / sibling["cvr"],  # it sells what its ad group sells
        bid=edit["value"],
        status="enabled",
    )
    is_negative = any(_blocks(negative, wanted, sibling["ad_group_id"]) for negative in account.negatives)
    own_term = {"row": len(keywords), "search_term": edit["keyword"], "weight": 1.0, "quality": 1.0, "is_added": True}
    account.keywords = pd.concat([keywords, pd.DataFrame([new])], ignore_index=True)
    account.terms = _appended(terms, {**own_term, "is_negative": is_negative, "is_own": len(behind) > 0})


def _blocks(negative: Mapping[str, str], wanted: str, ad_group_id: str) -> bool:
    """Return whether a negative of the ad group keeps the word out, the group's own keywords included."""
    text = negative["keyword"].casefold()
    is_met = text in wanted if negative["match_label"] == "Negative Phrase" else text == wanted
    return negative["ad_group_id"] == ad_group_id and is_met


def _set_negative(account: Account, edit: Mapping[str, Any]) -> None:
    """Block (or open again) a term in the ad group of ``sibling``."""
    sibling = account.keywords.loc[edit["sibling"]]
    rows = account.keywords.index[account.keywords["ad_group_id"].eq(sibling["ad_group_id"])]
    text, wanted = account.terms["search_term"].str.casefold(), edit["keyword"].casefold()
    same = text.str.contains(wanted, regex=False) if edit["is_phrase"] else text.eq(wanted)
    account.terms.loc[same & account.terms["row"].isin(rows), "is_negative"] = edit["value"]
    account.negatives = [n for n in account.negatives if not _is_same_negative(n, sibling["ad_group_id"], wanted)]
    if edit["value"]:
        campaign = account.campaigns.loc[sibling["campaign"]]
        account.negatives.append(
            {
                "campaign_id": campaign["campaign_id"],
                "campaign": campaign["campaign"],
                "ad_group_id": sibling["ad_group_id"],
                "ad_group": sibling["ad_group"],
                "keyword_id": str(800_000_000_000_000 + len(account.negatives)),
                "keyword": edit["keyword"],
                "match_label": "Negative Phrase" if edit["is_phrase"] else "Negative Exact",
                "status": "enabled",
            }
        )


def _is_same_negative(negative: Mapping[str, str], ad_group_id: str, wanted: str) -> bool:
    return negative["ad_group_id"] == ad_group_id and negative["keyword"].casefold() == wanted


def _appended(frame: pd.DataFrame, row: Mapping[str, Any]) -> pd.DataFrame:
    return pd.concat([frame, pd.DataFrame([row])], ignore_index=True)


def kinds(edits: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many edits there are of each kind, in name order."""
    counts: dict[str, int] = {}
    for edit in edits:
        counts[edit["kind"]] = counts.get(edit["kind"], 0) + 1
    return dict(sorted(counts.items()))
