"""Whether pausing by posterior wastes less, and loses less, than the click rules that most shops use; on known truth.

The lab market lives on after each decision; every policy starts from the same market and decides again every week. What a
keyword truly earns is its expectation, never a day's luck.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.experiments_log import remember_trials
from assets.performance import performance
from assets.pruning import judge_items
from assets.response import keyword_response
from assets.scoring import scored_items
from assets.warehouse import state
from assets.warehouse.home import open_home
from benchmarks.figures import Bar, Figure
from configs.loader import load_settings
from simulator.lab import LabMarket, draw_market
from simulator.lab_days import usual_levels
from simulator.lab_facts import answering
from simulator.lab_nights import OneBatch, at_night, lab_batch, plain_function
from simulator.lab_truth import LabOptions

SEEDS, SIZES = range(1, 21), (2_000, 3_000, 5_000, 20_000)  # keywords, in turn
N_WEEKS, DAYS = 4, 7
MIN_CLICKS = 60
CPA_FACTOR = 3.0
RULES = ("60 clicks", "3 x CPA")
POLICIES = ("ours", *RULES, "ours, pauses alone", "nothing")


@dataclass(frozen=True)
class Move:
    """What a policy does tonight; arrays of shape (n_keywords,) in the market's order."""

    is_paused: np.ndarray
    bid: np.ndarray
    lowest_bid: np.ndarray


@dataclass
class Tally:
    """Shop money a day, as the average of the days after the first decision, and counts of paused keywords."""

    wasted: float = 0.0
    lost: float = 0.0
    profit: float = 0.0
    n_paused: int = 0
    n_wrong: int = 0


Policy = Callable[[LabMarket, Batch], Move]


def measure() -> list[Figure]:
    """Return the figures of all seeds."""
    with TemporaryDirectory() as folder:
        batch = lab_batch(Path(folder), LabOptions().first_day)
        markets = (draw_market(seed, SIZES[at % len(SIZES)], LabOptions(), batch) for at, seed in enumerate(SEEDS))
        return tell([hold_contest(market, batch) for market in markets])


def tell(contests: list[Mapping[str, Tally]]) -> list[Figure]:
    """Return the figures of several seeds: the bars are those of the issue."""
    ours = [one["ours"] for one in contests]
    shares = [one.n_wrong / one.n_paused for one in ours if one.n_paused]
    spread = stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else 0.0
    money = {name: {part: mean(getattr(one[name], part) for one in contests) for part in ("wasted", "lost", "profit")}
             for name in contests[0]}  # fmt: skip
    told = "; ".join(
        f"{name}: wasted {at['wasted']:,.0f}, lost {at['lost']:,.0f}, profit {at['profit']:,.0f}"
        for name, at in money.items()
    )
    limit = load_settings().floor.max_false_share
    paused = f"{sum(one.n_paused for one in ours)} paused in {len(contests)} markets, standard error {spread:.3f}"
    least = {part: min(money[name][part] for name in RULES) for part in ("wasted", "lost")}
    return [
        Figure("pausing_wrong_share", mean(shares), "of the paused", f"limit {limit:g}", paused, Bar(limit + 2 * spread, True)),
        Figure("pausing_wasted", money["ours"]["wasted"], "a day", "the better click rule", told, Bar(least["wasted"], True)),
        Figure("pausing_lost", money["ours"]["lost"], "a day", "the better click rule", told, Bar(least["lost"], True)),
    ]  # fmt: skip


def hold_contest(
    market: LabMarket, packaged: Batch, n_weeks: int = N_WEEKS, names: tuple[str, ...] = ("ours", *RULES)
) -> dict[str, Tally]:
    """Return what each named policy makes of one market over the weeks, each in a home of its own."""
    policies: dict[str, Policy] = dict(
        zip(POLICIES, (by_posterior, by_clicks, by_cost, pauses_alone, by_nothing), strict=True)
    )
    tallies = {}
    for name in names:
        with TemporaryDirectory() as folder:
            batch = replace(packaged, home=open_home(Path(folder)))
            tallies[name] = follow(market, batch, policies[name], n_weeks)
    return tallies


def follow(start: LabMarket, batch: Batch, policy: Policy, n_weeks: int) -> Tally:
    """Return the tally of one policy, which decides once a week; what it pauses stays off."""
    market, tally = copy(start), Tally()
    market.lived = list(start.lived)
    missed = np.zeros(len(start.truth))
    for _ in range(n_weeks):
        tonight = at_night(batch, market.night)
        move = policy(market, tonight)
        publish_bids(market, tonight, move)
        is_off = move.is_paused & market.is_live
        tally.n_paused += int(is_off.sum())
        tally.n_wrong += int((is_off & (click_worth(market) > move.lowest_bid * market.truth.rate)).sum())
        missed = np.where(is_off, np.maximum(np.maximum(profits(start), profits(market)), 0.0), missed)
        market.bid = np.where(market.is_live, move.bid, market.bid)
        market.is_live = market.is_live & ~move.is_paused
        for _ in range(DAYS):
            earned, spent = profits(market), market.expected().cost * market.truth.rate
            tally.profit += float(earned.sum())
            tally.wasted += float(spent[earned < 0].sum())
            tally.lost += float(missed.sum())
            market.live()
    days = n_weeks * DAYS
    tally.profit, tally.wasted, tally.lost = tally.profit / days, tally.wasted / days, tally.lost / days
    return tally


def publish_bids(market: LabMarket, batch: Batch, move: Move) -> None:
    """Keep the bids that are set tonight, as publishing does: later nights read older days at today's bid."""
    rows = pd.DataFrame({
        "item": market.truth.keywords["item"], "platform": market.truth.keywords["platform"], "lever": "keyword_bid",
        "old_value": market.bid, "new_value": move.bid, "planned_value": np.nan, "jitter_mean": np.nan,
    })[market.is_live & ~move.is_paused & (move.bid != market.bid)]  # fmt: skip
    for name, part in rows.groupby("platform", sort=True):
        remember_trials(batch, str(name), part)
        state.mark_published(batch.home, batch.night, batch.inputs.revision, [str(name)])


def profits(market: LabMarket) -> np.ndarray:
    """Return what each keyword is expected to earn today at its present bid, in shop money."""
    day = market.expected()
    return np.asarray(day.clicks * market.truth.net_value / market.truth.cvr * day.cvr - day.cost * market.truth.rate)


def click_worth(market: LabMarket) -> np.ndarray:
    """Return what a click of a usual day truly brings now, in shop money."""
    return np.asarray(market.truth.net_value * usual_levels(market.truth, market.today, market.options)[1])


def by_posterior(market: LabMarket, batch: Batch) -> Move:
    """Our verdicts: pause; or lower, as far as the plan would without a budget."""
    items = judged(market, batch)
    lowered = items[(items["verdict"] == "lower")]
    curve = keyword_response(lowered)
    best = np.minimum(curve.best_at_price(1.0), 1.0) * lowered["bid"].to_numpy(dtype=np.float64)
    bid = items["bid"].copy()
    bid[lowered.index] = np.maximum(best, lowered["lowest_bid"])
    return in_order(market, items.assign(is_paused=items["verdict"] == "pause", new_bid=bid))


def pauses_alone(market: LabMarket, batch: Batch) -> Move:
    """Our pauses without our lower bids: what the pauses themselves are worth."""
    items = judged(market, batch)
    return in_order(market, items.assign(is_paused=items["verdict"] == "pause", new_bid=items["bid"]))


def by_clicks(market: LabMarket, batch: Batch) -> Move:
    """Pause after 60 clicks in the window without a sale."""
    items = summed(market, batch)
    hit = (items["clicks"] >= MIN_CLICKS) & (items["conversions"] <= 0)
    return in_order(market, items.assign(is_paused=hit, new_bid=items["bid"]))


def by_cost(market: LabMarket, batch: Batch) -> Move:
    """Pause what spent three times the target CPA in 60 days without a sale, or pays three times the target per sale.

    The rule as a widely used tool states it (Opteo, "Pause Keyword"). An order may cost the platform's mean order value over
    the target ROAS.
    """
    items = summed(market, batch)
    sums = items.groupby("platform")[["conversion_value", "conversions"]].transform("sum")
    target = sums["conversion_value"] / sums["conversions"] / batch.settings.roas.target
    hit = items["cost"] >= CPA_FACTOR * target * items["conversions"].clip(lower=1.0)
    return in_order(market, items.assign(is_paused=hit, new_bid=items["bid"]))


def by_nothing(market: LabMarket, _batch: Batch) -> Move:
    """Leave everything as it is."""
    return Move(np.zeros(len(market.truth), dtype=bool), market.bid, market.bid)


def judged(market: LabMarket, batch: Batch) -> pd.DataFrame:
    """Return tonight's items with their verdicts, as the nightly stages give them."""
    items = measured(market, batch)
    with answering(market.warehouse(batch.night)):
        return judge_items(_run(scored_items, batch, performance=items), batch)


def measured(market: LabMarket, batch: Batch) -> pd.DataFrame:
    """Return tonight's table `performance`."""
    names = sorted({one.platform for one in market.truth.platforms})
    status = pd.DataFrame({"platform": pd.Series(names, dtype="str"), "is_held": False})
    with answering(market.warehouse(batch.night)):
        return _run(performance, batch, platform_status=status)


def summed(market: LabMarket, batch: Batch) -> pd.DataFrame:
    """Return the plain sums of the window, all that a click rule looks at."""
    daily = market.as_known(batch)
    names = ["clicks", "cost", "conversions", "conversion_value"]
    sums = daily.groupby(["item", "platform"])[names].sum().astype("float64").reset_index()
    return sums.assign(bid=market.bid[pd.Index(market.truth.keywords["item"]).get_indexer(sums["item"])])


def in_order(market: LabMarket, items: pd.DataFrame) -> Move:
    """Return the columns is_paused and new_bid in the market's order; what was never seen stays as it is."""
    rows = items.set_index("item").reindex(market.truth.keywords["item"])
    lowest = rows["lowest_bid"] if "lowest_bid" in rows else rows["bid"]
    return Move(
        rows["is_paused"].fillna(False).to_numpy(dtype=bool),
        rows["new_bid"].astype("float64").fillna(pd.Series(market.bid, index=rows.index)).to_numpy(),
        lowest.astype("float64").to_numpy(),
    )


def _run(stage: Any, batch: Batch, **tables: pd.DataFrame) -> pd.DataFrame:
    start = datetime.combine(batch.night, time.min, UTC)
    context = SimpleNamespace(partition_time_window=SimpleNamespace(start=start))
    frame: pd.DataFrame = plain_function(stage)(context=context, batches=OneBatch(batch), **tables).frame
    return frame
