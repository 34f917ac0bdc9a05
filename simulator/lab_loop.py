"""Lets one lab market live for many nights under our plans, beside peers on the same market, and keeps what was right.

What a night's figures are is ``simulator.lab_scores``; who the peers are is ``simulator.lab_oracle``.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from assets.account_days import account_days, combine_days
from assets.batch import Batch
from assets.maturity_curves import seen_versions
from assets.performance import learn_shared, load_daily, summarise
from simulator.lab import LabMarket, draw_market
from simulator.lab_days import usual_levels
from simulator.lab_facts import answering
from simulator.lab_nights import at_night, lab_batch, publish, run_night
from simulator.lab_oracle import best_bids, full_counts, oracle_rates, raw_bids
from simulator.lab_scores import Scores, log_rmse, score_night
from simulator.lab_truth import LabOptions

RECENT_DAYS = 7
SPRING = date(2025, 4, 21)  # sixty days from here end in the last days of 618


@dataclass(frozen=True)
class LabRun:
    """One market to be lived: its seed, its size, for how many nights, and what is special about it."""

    seed: int
    n_keywords: int
    n_nights: int
    options: LabOptions


@dataclass
class LabRecord:
    """What one market showed."""

    run: LabRun
    scores: Scores
    rmse: float  # of log cvr, ours
    rmse_oracle: float  # the better of two oracles: on our decayed counts, and on the whole undecayed window
    recent_events: float = 0.0  # effective conversions of the last seven days, each week's ...
    recent_expected: float = 0.0  # ... and what their matured clicks should have brought on the truth
    profits: list[dict[str, float]] = field(default_factory=list)  # by night: nothing, ours, raw, oracle


def usual_run(seed: int, n_keywords: int, n_nights: int) -> LabRun:
    """Return the market of a seed: platforms, kind of luck and export length differ from seed to seed, every fourth has 618."""
    is_promoted = seed % 4 == 0
    options = LabOptions(
        n_platforms=2 + seed % 3, is_gamma=seed % 2 == 1, export_days=(7, 16, 30)[seed % 3],
        has_promotion=is_promoted, first_day=SPRING if is_promoted else LabOptions.first_day,
    )  # fmt: skip
    return LabRun(seed, n_keywords, n_nights, options)


def live_run(run: LabRun) -> LabRecord:
    """Return what a market showed under our plans, and under its peers' bids with the same start and budgets."""
    with TemporaryDirectory() as folder:
        home = lab_batch(Path(folder), run.options.first_day)
        ours = draw_market(run.seed, run.n_keywords, run.options, home)
        peers = {name: deepcopy(ours) for name in ("nothing", "raw", "oracle")}
        total = ours.usual_spend()
        record = _first_record(run, ours, at_night(home, ours.night, total))
        for number in range(run.n_nights):
            batch = at_night(home, ours.night, total)
            if number % RECENT_DAYS == 0:  # weeks that share no day
                _add_recent(record, ours, batch)
            tables = run_night(ours, batch)
            publish(ours, batch, tables)
            _follow(peers, total)
            markets = {"ours": ours, **peers}
            record.profits.append({name: one.profit(one.expected()) for name, one in markets.items()})
            score_night(ours, tables, ours.live(), record.scores)
            for one in peers.values():
                one.live()
    return record


def _follow(peers: dict[str, LabMarket], total: float) -> None:
    peers["raw"].bid = raw_bids(peers["raw"])
    peers["oracle"].bid = best_bids(peers["oracle"], peers["oracle"].bid, total)


def _first_record(run: LabRun, market: LabMarket, batch: Batch) -> LabRecord:
    """Return the record with what can be judged before any plan acts: the rates themselves."""
    truth = market.truth
    level = truth.cvr * usual_levels(truth, market.night, run.options)[1]
    items = run_night(market, batch)["scored_items"].set_index("item").reindex(truth.keywords["item"])
    known = items["cvr"].notna().to_numpy()
    events, exposure = (items[name].fillna(0.0).to_numpy() for name in ("effective_conversions", "effective_clicks"))
    oracles = [
        oracle_rates(truth, run.options, events, exposure), oracle_rates(truth, run.options, *full_counts(market)),
    ]  # fmt: skip
    best = min(log_rmse(one[known], level[known]) for one in oracles)
    return LabRecord(run, Scores(), log_rmse(items["cvr"].to_numpy()[known], level[known]), best)


def _add_recent(record: LabRecord, market: LabMarket, batch: Batch) -> None:
    """Add what the last seven days brought, and what their matured clicks should have brought on the truth."""
    level = market.truth.cvr * usual_levels(market.truth, market.night, record.run.options)[1]
    recent = recent_items(market, batch).reindex(market.truth.keywords["item"])
    record.recent_events += float(recent["effective_conversions"].sum())
    record.recent_expected += float(np.nansum(recent["effective_clicks"].to_numpy() * level))


def recent_items(market: LabMarket, batch: Batch) -> pd.DataFrame:
    """Return the items as the last seven days alone tell them, matured as the whole window has taught."""
    with answering(market.warehouse(batch.night)):
        daily = load_daily(batch)
        shared = learn_shared(combine_days([account_days(daily)]), seen_versions(batch), batch)
        first = pd.Timestamp(batch.night) - pd.Timedelta(days=RECENT_DAYS - 1)
        return summarise(daily[daily["report_date"] >= first].reset_index(drop=True), batch, shared).set_index("item")
