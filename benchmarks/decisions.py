"""One full night on a market with known truth: the share of the oracle's gain that our bid files capture.

The market exports real-format files, the nightly job reads them, and the market takes the bid files of the outbox. The
peer, the usual rules, edits the same market on the same morning.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from assets.platforms.manifest import read_manifest
from benchmarks.figures import Bar, Figure
from benchmarks.rules import apply_usual_rules
from configs.loader import load_settings
from pipelines.runs import run_job
from simulator.demo import fill_home
from simulator.market import ApplyReport, MarketScore
from simulator.options import KEYWORD_PLATFORMS, PROFILES, MarketOptions
from simulator.state import load_market

SEEDS, N_DAYS = (1, 2, 3), 21
SIZES = {"taobao_keyword": 60, "taobao_audience": 6, "google_ads": 50, "amazon_sp": 40, "baidu_search": 40}
(PLANS,) = set(PROFILES) - set(KEYWORD_PLATFORMS)
UNIT = "of the oracle's gain"


@dataclass(frozen=True)
class Contest:
    """One market's scores after our whole files, after the part of them that the oracle could do too, and after the rules."""

    seed: int
    whole: MarketScore
    same_levers: MarketScore
    rules: MarketScore
    told: str


def measure() -> list[Figure]:
    """Return the means and one figure a seed."""
    return tell([hold_contest(seed) for seed in SEEDS])


def tell(contests: Sequence[Contest]) -> list[Figure]:
    """Return the figures of all contests; ours has to beat the rules and doing nothing."""
    whole, same, rules = (
        mean(gain_share(getattr(one, name)) for one in contests) for name in ("whole", "same_levers", "rules")
    )
    bar = Bar(max(rules, 0.0))
    peer = f"usual rules {rules:.3f} (ROAS target +-15 %, pause at 60 clicks), doing nothing 0"
    told = (
        f"one night after {N_DAYS} days of exports; the oracle adds and excludes no word; an added keyword takes its term's "
        "clicks from the keyword that had them"
    )
    fair = "only our bids and plan budgets applied, which are the oracle's levers: the fair share"
    return [
        Figure("decisions_mean", whole, UNIT, peer, told, bar),
        Figure("decisions_same_levers_mean", same, UNIT, peer, fair, bar),
        *[
            Figure(
                f"decisions_seed_{one.seed}", gain_share(one.whole), UNIT, f"usual rules {gain_share(one.rules):.3f}",
                f"{gain_share(one.same_levers):.3f} with the oracle's levers alone; {one.told}",
            )
            for one in contests
        ],
    ]  # fmt: skip


def hold_contest(seed: int) -> Contest:
    """Let one market live, run the night on its exports, and score our files and the rules on the same morning."""
    options = MarketOptions(seed=seed, days=N_DAYS, has_faults=False, n_items=SIZES)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        fill_home(home, options)
        outcome = run_job(home, "nightly", options.last_night)
        if not outcome.succeeded:
            raise RuntimeError(f"the night of seed {seed} failed: {outcome.error}")
        market = load_market(home)
        whole, same, rules = (deepcopy(market) for _ in range(3))
        report = whole.apply(_bid_files(home / "outbox" / options.last_night.isoformat()))
        target = load_settings(home).roas.target
    for day, edit in whole.edits:
        if edit["kind"] == ("budget" if edit["platform"] == PLANS else "bid"):
            same.replay_edit(day, edit)
    apply_usual_rules(rules, target)
    told = f"{_money(market.score(), whole.score())}; {_edits(report)}{'; held ' if outcome.held else ''}{' '.join(outcome.held)}"
    return Contest(seed, whole.score(), same.score(), rules.score(), told)


def gain_share(score: MarketScore) -> float:
    """Return the share of the oracle's gain, missing where there was nothing to gain."""
    share = score.gain_share
    return float("nan") if share is None else share


def _bid_files(outbox: Path) -> list[Path]:
    """Return the bid files that valid manifests name, of the platforms that the market has."""
    return [
        folder / file.name
        for folder in sorted(outbox.iterdir())
        if folder.name in PROFILES
        for file in read_manifest(folder).files
        if file.kind == "bid"
    ]


def _money(before: MarketScore, after: MarketScore) -> str:
    oracle = f"oracle {after.profit_oracle:,.0f}"
    return f"profit a day {before.profit:,.0f} -> {after.profit:,.0f} ({oracle}), cost {before.cost:,.0f} -> {after.cost:,.0f}"


def _edits(report: ApplyReport) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in report.by_kind.items())
    return f"{kinds}, {len(report.rejected)} rows refused"
