"""A real account replayed day by day: next-week conversions of each target, ours against raw ratios and the account's mean.

The export is one file, so a night knows it up to its own day, with conversions as they were known at the export: it says nothing
of reporting delay, and none is corrected. Nights need 14 days behind them and a whole week ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.catalogue import campaign_key
from assets.money import to_shop_money
from assets.performance import MONEY, summarise
from assets.platforms.items import item_key
from assets.platforms.reader import read_source
from assets.rates import add_rates
from assets.warehouse.home import open_home
from assets.warehouse.inputs import NightInputs
from benchmarks.figures import Bar, Figure
from configs.loader import load_guardrails, load_platforms, load_settings
from configs.schema import Calendar
from optimizers.calibration import log_score
from optimizers.types import FloatArray

FILE = Path(__file__).parents[1].parent / "shared" / "data" / "amazon_ads" / "sp_targeting_daily_in_2020.xlsx"
PLATFORM = "amazon_sp"
LOOK_BACK, LOOK_AHEAD = 14, 7
POISSON = 1e6  # shape of a count whose rate is taken as certain
# Both baselines are given what they could not know: the settings that fit the coming weeks best. A ratio of zero would make
# an order impossible, so the raw ratio gets this many clicks at the account's mean added; and both may be as unsure as they like.
CLICKS_ADDED = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0)
SHAPES = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, POISSON)


@dataclass(frozen=True)
class Week:
    """One night's estimates: a row per target that got clicks in the next seven days, with what they brought.

    ``targets`` has cvr and cvr_shape (ours), account_cvr, the clicks and conversions of the last 14 days (``last_*``) and of the
    next seven (``next_*``).
    """

    night: date
    targets: pd.DataFrame

    def column(self, name: str) -> FloatArray:
        """Return one column as an array of shape (n_targets,)."""
        return self.targets[name].to_numpy(dtype=np.float64)

    def ours(self) -> float:
        """Return the log probability that our posteriors gave to what came."""
        mean = self.column("cvr") * self.column("next_clicks")
        return self._score(mean, self.column("cvr_shape"))

    def raw(self, clicks_added: float, shape: float) -> float:
        """Return the same of the last 14 days' ratio with some clicks at the account's mean added."""
        conversions = self.column("last_conversions") + clicks_added * self.column("account_cvr")
        ratio = conversions / (self.column("last_clicks") + clicks_added)
        return self._score(ratio * self.column("next_clicks"), np.full(len(self.targets), shape))

    def account(self, shape: float) -> float:
        """Return the same of the account's mean."""
        return self._score(self.column("account_cvr") * self.column("next_clicks"), np.full(len(self.targets), shape))

    def _score(self, mean: FloatArray, shape: FloatArray) -> float:
        return float(log_score(self.column("next_conversions"), mean, shape).sum())


def measure() -> list[Figure]:
    """Return the mean gain in log likelihood per target and week over each baseline; nothing where the file is missing."""
    if not FILE.exists():
        return []
    weeks = list(replay(read_targeting(FILE)))
    ours, n = sum(week.ours() for week in weeks), sum(len(week.targets) for week in weeks)
    told = f"{len(weeks)} nights, {n} target weeks with clicks, ours {ours:.1f}; given the clicks that came"
    best = best_baselines(weeks)
    return [
        Figure(f"replay_against_{name}", (ours - score) / n, "nats a target week", f"{title} {score:.1f}", told, Bar(0.0))
        for (name, score), title in zip(
            best.items(),
            (
                "last 14 days' ratio, Poisson, best smoothing in hindsight", "the same, also the best dispersion in hindsight",
                "the account's mean, best dispersion in hindsight",
            ),
            strict=True,
        )
    ]  # fmt: skip


def best_baselines(weeks: Sequence[Week]) -> dict[str, float]:
    """Return the log likelihood of each baseline with the settings that fit these very weeks best."""
    raw = {(k, s): sum(week.raw(k, s) for week in weeks) for k in CLICKS_ADDED for s in SHAPES}
    return {
        "raw": max(score for (_, shape), score in raw.items() if shape == POISSON),
        "raw_dispersed": max(raw.values()),
        "account": max(sum(week.account(shape) for week in weeks) for shape in SHAPES),
    }


def read_targeting(path: Path) -> pd.DataFrame:
    """Return the report's rows in the shape of the window of daily facts, in the account's own money."""
    platforms = load_platforms()
    (table,) = read_source(path, platforms).tables
    rows = table.frame.assign(level="keyword", account="main")
    rows["item"] = item_key(rows, platforms[PLATFORM], "keyword")
    return rows


def replay(rows: pd.DataFrame) -> Iterator[Week]:
    """Yield one week per night that has enough days behind and ahead."""
    first, last = rows["report_date"].min().date(), rows["report_date"].max().date()
    night = first + timedelta(days=LOOK_BACK - 1)
    while night + timedelta(days=LOOK_AHEAD) <= last:
        yield forecast_week(rows, night)
        night += timedelta(days=1)


def forecast_week(rows: pd.DataFrame, night: date) -> Week:
    """Return one night's forecasts and what came; forecasts are made from the days up to the night alone."""
    day = pd.Timestamp(night)
    items = estimate(rows[rows["report_date"] <= day], night)
    ahead = rows[(rows["report_date"] > day) & (rows["report_date"] <= day + pd.Timedelta(days=LOOK_AHEAD))]
    sums = ahead.groupby("item")[["clicks", "conversions"]].sum().astype("float64")
    sums = sums[sums["clicks"] > 0].add_prefix("next_")
    targets = items.merge(sums, on="item", how="inner", validate="1:1").sort_values("item", ignore_index=True)
    return Week(night, targets)


def estimate(known: pd.DataFrame, night: date) -> pd.DataFrame:
    """Return each target's cvr as the night's stages estimate it, and what the baselines are made of."""
    with TemporaryDirectory() as folder:
        batch = batch_of(Path(folder), night)
        daily = to_shop_money(known, MONEY, known["report_date"], batch.settings)
        items = summarise(daily, batch)
    items["campaign_key"] = campaign_key(items)
    items = items.assign(is_brand=False, margin=1.0, bid=np.nan)  # the report tells no bids
    items = add_rates(items)
    recent = known[known["report_date"] > pd.Timestamp(night) - pd.Timedelta(days=LOOK_BACK)]
    sums = recent.groupby("item")[["clicks", "conversions"]].sum().astype("float64").reindex(items["item"]).fillna(0.0)
    items["account_cvr"] = float(known["conversions"].sum() / known["clicks"].sum())
    return items.join(sums.add_prefix("last_"), on="item")


def batch_of(root: Path, night: date) -> Batch:
    """Return a night of an empty home that takes conversions as complete: the export tells nothing of their delay."""
    platforms = load_platforms()
    own = platforms[PLATFORM]
    complete = own.model_copy(update={"attribution": own.attribution.model_copy(update={"date": "conversion"})})
    settings = load_settings()
    shop = settings.shop.model_copy(update={"currency": "INR"})
    uses = {PLATFORM: settings.platforms[PLATFORM]}
    return Batch(
        open_home(root), night, NightInputs(night, 1, (), "replay"),
        settings.model_copy(update={"shop": shop, "platforms": uses}), load_guardrails(None), Calendar(),
        {PLATFORM: complete}, "replay",
    )  # fmt: skip
