"""What the shop knows of KOL offers and of its own past posts, with the gaps filled and said so.

Here belongs reading facts and turning them into the optimiser's columns. The choice is made in ``assets.kol``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.money import from_micros, fx_rates
from assets.warehouse import window
from assets.warehouse.coverage import visible_coverage
from assets.warehouse.union import read_rows
from optimizers.kol_value import OfferTraits, PostHistory

LAG_DAYS = 180  # exports older than this are not read for the lag of sales: one file a night adds up
MIN_DAYS_BETWEEN = 7  # of two readings of one post: closer ones share their noise
FRESH_DAYS = 30  # how long a post stays in its audience's mind
MIN_USUAL_POSTS = 3  # posts of a tier x category from which its usual views are known
PROFILE_COLUMNS = ["tier", "category", "followers", "expected_views"]
PARTNER = ["kol_platform", "kol_id"]  # ids are given by platforms: the same one elsewhere is another creator
CELL = ["tier", "category"]


def load_offers(batch: Batch) -> pd.DataFrame:
    """Return the offers that are open on the night, with their fee in account and shop money, creators' gaps filled."""
    offers = _priced(window.latest_state(batch.home, batch.inputs, "kol_offers"), "fee", batch)
    offers = fill_from_profiles(offers, window.latest_state(batch.home, batch.inputs, "kol_profiles"))
    tomorrow = pd.Timestamp(batch.night) + pd.Timedelta(days=1)
    is_open = offers["delivery_date"].isna() | (offers["delivery_date"] >= tomorrow)
    offers["is_signed"] = offers["is_signed"].astype("boolean").fillna(False).astype(bool)
    return offers[is_open].sort_values("offer_id", ignore_index=True)


def fill_from_profiles(offers: pd.DataFrame, profiles: pd.DataFrame) -> pd.DataFrame:
    """Return the offers with missing traits as the newest profile of the same creator knows them; ``is_filled`` says where.

    What an offer says itself always counts. Profiles stand in the order of their nights, so the last known word is the newest.
    """
    known = profiles.groupby(PARTNER, sort=False)[PROFILE_COLUMNS].last()
    listed = known.reindex(pd.MultiIndex.from_frame(offers[PARTNER])).set_axis(offers.index)
    is_filled = offers[PROFILE_COLUMNS].isna() & listed.notna()
    filled = {name: offers[name].fillna(listed[name]) for name in PROFILE_COLUMNS}
    source = np.select([is_filled["expected_views"], offers["expected_views"].notna()], ["profile", "offer"], "unknown")
    return offers.assign(**filled, is_filled=is_filled.any(axis=1), views_source=source)


def load_posts(batch: Batch) -> pd.DataFrame:
    """Return the shop's own posts whose views are told, with their revenue in shop money."""
    posts = _priced(window.latest_state(batch.home, batch.inputs, "kol_posts"), "revenue", batch)
    is_known = (posts["post_date"] <= pd.Timestamp(batch.night)) & posts["views"].notna()
    return posts[is_known].sort_values("post_id", ignore_index=True)


def readings(batch: Batch) -> pd.DataFrame:
    """Return one row a post that was read twice: its age at the first and last reading and the first share of revenue.

    A post whose revenue was taken back below what was first read tells nothing of the lag and is left out.
    """
    coverage = visible_coverage(batch.home, batch.inputs, "kol_posts")
    oldest = pd.Timestamp(batch.night) - pd.Timedelta(days=LAG_DAYS)
    rows = read_rows(batch.home, coverage[coverage["as_of"] >= oldest], "kol_posts")
    rows = rows[rows["revenue"].notna() & (rows["as_of"] >= rows["post_date"])]
    rows = rows.assign(age=(rows["as_of"] - rows["post_date"]).dt.days, money=from_micros(rows["revenue"]))
    ends = rows.sort_values(["as_of", "file"], kind="stable").groupby(["platform", "account", "post_id"], sort=True)
    out = pd.DataFrame({"early_age": ends["age"].first(), "late_age": ends["age"].last()}).astype("float64")
    first, last = (money.astype("float64") for money in (ends["money"].first(), ends["money"].last()))
    out["early_share"] = first / last.where(last > 0)
    is_usable = out["early_share"].between(0, 1) & (out["late_age"] - out["early_age"] >= MIN_DAYS_BETWEEN)
    return out[is_usable].reset_index(drop=True)


def with_usual_views(offers: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    """Return the offers with untold views as the usual ones of their tier x category; else they stay missing."""
    cells = posts.groupby(CELL)["views"].agg(["median", "size"])
    known = cells.loc[cells["size"] >= MIN_USUAL_POSTS, "median"].astype("Float64").astype("float64").round()
    usual = pd.Series(known.reindex(pd.MultiIndex.from_frame(offers[CELL])).to_numpy(), index=offers.index)
    is_used = offers["expected_views"].isna() & usual.notna()
    views = offers["expected_views"].astype("Int64").fillna(usual.astype("Int64"))
    return offers.assign(expected_views=views, views_source=offers["views_source"].mask(is_used, "usual"))


def encode(offers: pd.DataFrame, posts: pd.DataFrame, batch: Batch) -> tuple[OfferTraits, PostHistory]:
    """Return offers and posts as the optimiser's codes; exposure is thousands of views, 0 where they are not told."""
    both = pd.concat([offers[[*PARTNER, *CELL]], posts[[*PARTNER, *CELL]]], ignore_index=True)
    kol, tier, category = partner_codes(both), _codes(both["tier"]), _codes(both["category"])
    n, night = len(offers), pd.Timestamp(batch.night)
    age = np.asarray((posts["as_of"] - posts["post_date"]).dt.days.clip(lower=0), dtype=np.float64)
    recent = recent_posts(
        np.concatenate([kol[:n], kol[n:]]),
        pd.concat([pd.Series([night] * n, dtype="datetime64[us]"), posts["post_date"]], ignore_index=True),
        kol[n:], posts["post_date"],
    )  # fmt: skip
    traits = OfferTraits(kol[:n], tier[:n], category[:n], _thousands(offers["expected_views"]), recent[:n])
    revenue = posts["revenue"].to_numpy(dtype=np.float64)
    history = PostHistory(kol[n:], tier[n:], category[n:], _thousands(posts["views"]), revenue, age, recent[n:])
    return traits, history


def recent_posts(kol: np.ndarray, day: pd.Series, post_kol: np.ndarray, post_day: pd.Series) -> np.ndarray:
    """Return how many posts of the same partner were still fresh before each day; the day's own do not count."""
    days, posted = (one.to_numpy(dtype="datetime64[D]").astype(np.int64) for one in (day, post_day))
    order = np.lexsort((posted, post_kol))
    width = np.int64(1) << 32  # one number a partner and day, in the order of both
    keys = post_kol[order] * width + posted[order]
    before, stale = (np.searchsorted(keys, kol * width + days - back, side="left") for back in (0, FRESH_DAYS))
    return (before - stale).astype(np.float64)


def partner_codes(frame: pd.DataFrame) -> np.ndarray:
    """Return one code a creator: platform and id together."""
    return frame[PARTNER].fillna("").astype("str").groupby(PARTNER, sort=True).ngroup().to_numpy(dtype=np.int64)


def audience_codes(offers: pd.DataFrame) -> np.ndarray:
    """Return one code a group of people: category x platform where both are told, else the creator's own."""
    parts = offers[["category", *PARTNER]].fillna("").astype("str")
    is_told = offers[["category", "kol_platform"]].notna().all(axis=1)
    parts.loc[is_told, "kol_id"] = ""
    return parts.groupby(["category", *PARTNER], sort=True).ngroup().to_numpy(dtype=np.int64)


def _codes(names: pd.Series) -> np.ndarray:
    return np.asarray(pd.factorize(names.fillna("").astype("str"), sort=True)[0], dtype=np.int64)


def _thousands(views: pd.Series) -> np.ndarray:
    return views.astype("Float64").astype("float64").fillna(0.0).to_numpy(dtype=np.float64) / 1000


def _priced(frame: pd.DataFrame, column: str, batch: Batch) -> pd.DataFrame:
    night = pd.Series(pd.Timestamp(batch.night), index=frame.index)
    rate = fx_rates(frame["currency"], night, batch.settings.fx, batch.settings.shop.currency)
    out = frame.assign(fx_rate=rate)
    out[f"account_{column}"] = from_micros(frame[column])
    out[column] = out[f"account_{column}"] * rate
    return out[rate.notna() & out[column].notna()].copy()
