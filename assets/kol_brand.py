"""What posts do for the shop's brand searches later, in clicks and in money.

Here belongs turning the window's days into the optimiser's columns. The estimate is in ``optimizers.kol_brand``, the choice
of offers in ``assets.kol_choice``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from assets.arrays import floats
from assets.batch import Batch
from assets.calendar_days import NO_PHASE, phases
from assets.performance import DailyParts
from optimizers.kol_brand import MIN_POSTS, BrandLift, learn_brand_lift, no_lift
from optimizers.kol_value import OfferTraits, PostHistory


class BrandWorth(NamedTuple):
    """The lift of brand clicks by a thousand views, and what such a click leaves after margin, refunds and its own cost."""

    lift: BrandLift
    click_worth: float

    @property
    def line(self) -> str:
        """Return what is claimed for brand searches, in words and numbers."""
        lift, why = self.lift, WHY_NOT.get(self.lift.level)
        if why is not None:
            return f"no lift of brand searches is claimed: {why}"
        return (
            f"a thousand views bring {lift.clicks:.3f} clicks on brand keywords later (80 % interval {lift.low:.3f} to "
            f"{lift.high:.3f}), {self.click_worth:.2f} each after its own cost; promotions that the calendar does not "
            "know and raised brand bids on the same days would pass for it"
        )


WHY_NOT = {
    "no_brand": "no brand keyword with known value is in the reports (is_brand in the mapping)",
    "few_posts": f"fewer than {MIN_POSTS} posts with known views are in the window",
    "few_days": "too few days outside promotions and outages",
    "no_contrast": "posts come as steadily as the shop's ordinary days, so nothing tells them apart",
}


def learn_brand_worth(
    posts: pd.DataFrame, history: PostHistory, items: pd.DataFrame, batch: Batch, fatigue: float
) -> BrandWorth:
    """Return the lift from the days of the window outside promotions, and the worth of one click; 0 where nobody can tell."""
    brand = _known_brand(items)
    worth = click_worth(brand)
    if brand.empty:
        return BrandWorth(no_lift("no_brand"), worth)
    oldest = pd.Timestamp(batch.night) - pd.Timedelta(days=batch.settings.window.days)
    n_posts = int((posts["post_date"] > oldest).sum())
    if n_posts < MIN_POSTS:
        return BrandWorth(no_lift("few_posts"), worth)  # the days need not be read
    days = brand_days(set(brand["item"]), set(brand["platform"]), batch)
    views = history.exposure * fatigue**history.n_recent_posts
    lift = learn_brand_lift(
        _numbers(days["report_date"]), floats(days, "brand_clicks"), floats(days, "other_clicks"),
        _numbers(posts["post_date"]), views,
    )  # fmt: skip
    return BrandWorth(lift, worth)


def click_worth(brand: pd.DataFrame) -> float:
    """Return what one more click on a brand keyword leaves: its margin after refunds, less what it costs; by clicks."""
    weight = floats(brand, "clicks")
    left = floats(brand, "value_per_click") - floats(brand, "cpc")
    return float(weight @ left / weight.sum()) if weight.sum() > 0 else 0.0


def brand_days(brand_items: set[str], platforms: set[str], batch: Batch) -> pd.DataFrame:
    """Return one row a day outside promotions on which every platform with a brand keyword reported its clicks."""
    keys = ["report_date", "platform", "is_brand"]
    parts = []
    for part in DailyParts(batch):
        rows = part[part["platform"].isin(platforms)]
        rows = rows.assign(is_brand=rows["item"].isin(brand_items), is_untold=rows["clicks"].isna())
        parts.append(rows.groupby(keys)[["clicks", "is_untold"]].sum().reset_index())
    sums = pd.concat(parts, ignore_index=True)
    sums = sums[phases(sums["platform"], sums["report_date"], batch.calendar) == NO_PHASE]
    sums["clicks"] = floats(sums, "clicks")
    by_day = sums.groupby("report_date")
    out = pd.DataFrame({
        "brand_clicks": sums[sums["is_brand"]].groupby("report_date")["clicks"].sum(),
        "other_clicks": sums[~sums["is_brand"]].groupby("report_date")["clicks"].sum(),
    }).fillna(0.0)  # fmt: skip
    is_whole = (by_day["platform"].nunique() == len(platforms)) & (by_day["is_untold"].sum() == 0)
    return out[is_whole.reindex(out.index)].reset_index()


def with_brand(offers: pd.DataFrame, traits: OfferTraits, brand: BrandWorth, fatigue: float) -> pd.DataFrame:
    """Return the offers with the brand clicks that they should bring and their worth, with its interval."""
    views = traits.exposure * fatigue**traits.n_recent_posts
    ends = np.sort(np.outer(views, np.array([brand.lift.low, brand.lift.high]) * brand.click_worth), axis=1)
    return offers.assign(
        brand_clicks=views * brand.lift.clicks, brand_value=views * brand.lift.clicks * brand.click_worth,
        brand_value_low=ends[:, 0], brand_value_high=ends[:, 1],
    )  # fmt: skip


def _known_brand(items: pd.DataFrame) -> pd.DataFrame:
    is_known = items[["value_per_click", "cpc"]].notna().all(axis=1) & (items["value_source"] != "unknown")
    return items[items["is_brand"].astype(bool) & is_known & ~items["is_held"].astype(bool) & (items["clicks"] > 0)]


def _numbers(days: pd.Series) -> np.ndarray:
    return days.to_numpy(dtype="datetime64[D]").astype(np.int64)
