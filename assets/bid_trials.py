"""Lays daily facts beside published bids: for each edit the days before and after it, with the bid that stood on each.

Here belongs which edits count and what happened around them. The log is ``assets.experiments_log``, the estimate
``optimizers.elasticity``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from assets.arrays import codes_of, floats
from optimizers.elasticity import BidTrials, ResponseEstimate, estimate_response

DAYS_BEFORE = 14  # two weeks tell an item's level; older clicks speak of another season
DAYS_AFTER = 7  # a week, so that weekdays weigh alike; by then most bids have been edited again
MIN_DAYS_BEFORE = 3
MAX_TRIALS = 30_000  # of a group, the newest: 21 days each, so that memory stays bounded
WORTH_OF_USUAL = 100.0  # clicks: a day's own total is believed against a usual day's in proportion to this many


def confirmed_bids(log: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return the log with ``standing``, the bid that the account showed afterwards, and whether it is the one that was set.

    The next edit's old bid shows it; for an item's last edit tonight's entity does, if it is newer. An edit that nothing shows
    is not confirmed, and taken as set where only its path matters.
    """
    out = log.sort_values(["item", "night"], ignore_index=True)
    now = items.drop_duplicates("item").set_index("item")
    is_newer = now["entity_date"].reindex(out["item"]).to_numpy() > out["night"].to_numpy()
    tonight = np.where(is_newer, floats(now.reindex(out["item"]), "bid"), np.nan)
    seen = out.groupby("item")["old"].shift(-1)
    seen = seen.where(seen.notna(), pd.Series(tonight, index=out.index))
    out["is_confirmed"] = np.isclose(seen, out["new"], rtol=1e-6, atol=0.0)
    out["standing"] = seen.where(seen.notna(), out["new"])
    return out


def lay_out(log: pd.DataFrame, daily: Iterable[pd.DataFrame], items: pd.DataFrame) -> pd.DataFrame:
    """Return one row per confirmed jittered edit and day around it on which its account was reported.

    Columns: trial, item, cell (platform and match type), age, jitter, bid, log_bid, factor, clicks, cost (shop money).
    ``log`` is what ``logged_bids`` returns, ``daily`` yields the window's facts part by part, ``items`` tells match type, rate
    and tonight's bid.
    """
    bids = confirmed_bids(log[log["item"].isin(items["item"])], items)
    edits = newest_trials(bids, items)
    ages = pd.DataFrame({"age": np.arange(1 - DAYS_BEFORE, DAYS_AFTER + 1)})
    rows = edits.merge(ages, how="cross")
    rows["report_date"] = (rows["night"] + pd.to_timedelta(rows["age"], unit="D")).astype("datetime64[us]")
    rows = with_facts(rows, daily, set(edits["item"]))
    rows["log_bid"] = np.log(standing_bids(rows, bids) / rows["old"])
    is_past = rows["age"] <= 0
    n_before = is_past.groupby(rows["trial"]).transform("sum")
    n_after = (~is_past).groupby(rows["trial"]).transform("sum")
    rows = rows[(n_before >= MIN_DAYS_BEFORE) & (n_after >= 1)]
    columns = ["trial", "item", "cell", "age", "jitter", "bid", "log_bid", "factor", "clicks", "cost"]
    return rows[columns].reset_index(drop=True)


def newest_trials(bids: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return the confirmed jittered edits, the newest of each group, with what their keyword is."""
    edits = bids[bids["planned"].notna() & bids["is_confirmed"]]
    edits = edits.sort_values(["night", "item"], ascending=[False, True], ignore_index=True)
    about = items.drop_duplicates("item").set_index("item").reindex(edits["item"]).reset_index(drop=True)
    edits["cell"], edits["shop"] = cell_of(about), about["platform"] + "|" + about["account"]
    edits["bid"] = edits["old"] * about["fx_rate"]
    edits["jitter"] = np.log(edits["new"] / edits["planned"]) - edits["mean"]
    edits = edits[edits.groupby("cell").cumcount() < MAX_TRIALS].reset_index(drop=True)
    return edits.assign(trial=np.arange(len(edits)))


def with_facts(rows: pd.DataFrame, daily: Iterable[pd.DataFrame], edited: set[str]) -> pd.DataFrame:
    """Add clicks and cost of each item-day (none on a reported day is 0) and what the day brought to all others."""
    totals, own = [], []
    for part in daily:
        facts = pd.DataFrame({
            "shop": part["platform"] + "|" + part["account"].fillna(""), "item": part["item"],
            "report_date": part["report_date"].astype("datetime64[us]"),
            "clicks": np.nan_to_num(floats(part, "clicks")), "cost": np.nan_to_num(floats(part, "cost")),
        })  # fmt: skip
        totals.append(facts.groupby(["shop", "report_date"])["clicks"].sum().reset_index(name="total"))
        own.append(facts[facts["item"].isin(edited)])
    total = pd.concat(totals).groupby(["shop", "report_date"])["total"].sum().reset_index()
    total["usual"] = total.groupby("shop")["total"].transform("mean")
    seen = pd.concat(own).groupby(["item", "report_date"])[["clicks", "cost"]].sum().reset_index()
    out = rows.merge(total, on=["shop", "report_date"]).merge(seen, on=["item", "report_date"], how="left")
    out[["clicks", "cost"]] = out[["clicks", "cost"]].fillna(0.0)
    # without the item itself: its own answer to the jitter must not count as the day's
    out["factor"] = (out["total"] - out["clicks"] + WORTH_OF_USUAL) / (out["usual"] + WORTH_OF_USUAL)
    return out.sort_values(["trial", "age"], ignore_index=True)


def standing_bids(rows: pd.DataFrame, bids: pd.DataFrame) -> np.ndarray:
    """Return the bid that stood on each row's day: that of the item's last edit before it, else what its first one found."""
    path = bids[["item", "night", "standing"]].assign(
        report_date=(bids["night"] + pd.Timedelta(days=1)).astype("datetime64[us]")
    )
    wanted = rows[["item", "report_date"]].assign(row=np.arange(len(rows)))
    found = pd.merge_asof(
        wanted.sort_values("report_date", kind="stable"), path.sort_values("report_date", kind="stable"),
        on="report_date", by="item",
    )  # fmt: skip
    first = bids.groupby("item")["old"].first()
    bid = found["standing"].where(found["standing"].notna(), found["item"].map(first))
    return bid.to_numpy(dtype=np.float64)[np.argsort(found["row"].to_numpy(), kind="stable")]


def as_arrays(rows: pd.DataFrame) -> BidTrials:
    """Return rows of one group of edits as the estimator's arrays."""
    edits = rows.drop_duplicates("trial")
    numbers = {name: floats(rows, name) for name in ("log_bid", "factor", "clicks", "cost")}
    return BidTrials(
        keyword=codes_of(edits["item"]), jitter=floats(edits, "jitter"), bid=floats(edits, "bid"),
        trial=codes_of(rows["trial"]), age=rows["age"].to_numpy(dtype=np.int64), **numbers,
    )  # fmt: skip


def learn_responses(
    log: pd.DataFrame, daily: Iterable[pd.DataFrame], items: pd.DataFrame
) -> dict[str, ResponseEstimate]:
    """Return what the jittered edits say of each platform and match type (``cell_of``); nothing before the first edits."""
    if not log["planned"].notna().any():
        return {}
    rows = lay_out(log, daily, items)
    return {str(cell): estimate_response(as_arrays(part)) for cell, part in rows.groupby("cell", sort=True)}


def cell_of(items: pd.DataFrame) -> pd.Series:
    """Return the group whose keywords are taken to answer alike: platform and match type."""
    return items["platform"] + "|" + items["match_type"].fillna("")
