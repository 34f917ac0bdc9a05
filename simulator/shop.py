"""The market with known truth: the ``Market`` protocol over a ``World``, in memory. Keeping it on disk is ``state``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from simulator import export_amazon, export_baidu, export_google, export_taobao, export_templates
from simulator.edits import RefusedError, carry_out, kinds, plan_edits
from simulator.market import ApplyReport, MarketScore, Rejection, SimulatorError
from simulator.options import MarketOptions
from simulator.scoring import best_profit, expected_money
from simulator.uploads import read_upload
from simulator.view import NightView
from simulator.world import World, build_world, live_day

Exporter = Callable[[NightView], Path | list[Path]]
NIGHTLY: tuple[Exporter, ...] = (
    export_taobao.export_keyword_report,
    export_taobao.export_audience_report,
    export_google.export_keyword_report,
    export_amazon.export_targeting,
    export_baidu.export_keywords,
    export_templates.export_store_orders,
    export_templates.export_channel_daily,
)
AFTER_EDITS: tuple[Exporter, ...] = (
    export_google.export_editor,
    export_amazon.export_bulk,
    export_templates.export_entities,
)
WEEKLY: tuple[Exporter, ...] = (
    export_google.export_search_terms,
    export_google.export_planner,
    export_amazon.export_search_terms,
    export_baidu.export_search_terms,
    export_taobao.export_search_words,
    export_templates.export_products,
    export_templates.export_mapping,
    export_templates.export_kol_offers,
    export_templates.export_kol_posts,
)


class SimulatedMarket:
    """A market that can be lived through, exported, edited and scored; the same options and edits, the same bytes."""

    def __init__(self, options: MarketOptions | None = None) -> None:
        self.options = MarketOptions() if options is None else options
        self.world: World = build_world(self.options)
        self.edits: list[tuple[date, dict[str, Any]]] = []  # (first day on which it acts, edit)
        self._before: tuple[float, float] | None = None  # profit and oracle of the bids before the first upload

    @property
    def last_lived(self) -> date:
        """Return the last day that has happened."""
        return self.world.today - timedelta(days=1)

    def export(self, night: date, folder: Path) -> tuple[Path, ...]:
        """Live up to ``night`` and write its report files into ``folder`` (see ``Market.export``)."""
        if night < self.options.first_night:
            raise SimulatorError(
                f"cannot export night {night}: the simulated shop's first night is {self.options.first_night}. "
                "Ask for a later night, or simulate more days (--days)."
            )
        if night < self.last_lived:
            raise SimulatorError(
                f"cannot export night {night}: the market has already lived through {self.last_lived}. "
                "Export nights in date order; a new market with the same seed gives the same past."
            )
        self.live_until(night)
        folder.mkdir(parents=True, exist_ok=True)
        view = NightView(self.world, night, folder)
        exporters = NIGHTLY + (AFTER_EDITS if view.is_edited else ()) + (WEEKLY if view.is_weekly else ())
        return tuple(path for exporter in exporters for path in _listed(exporter(view)))

    def live_until(self, day: date) -> None:
        """Let every day up to ``day`` happen without writing anything."""
        while self.world.today <= day:
            live_day(self.world)

    def apply(self, files: Sequence[Path]) -> ApplyReport:
        """Take bid files; what they change acts from the next day that is lived (see ``Market.apply``)."""
        self._remember_start()
        done: list[dict[str, Any]] = []
        rejected: list[Rejection] = []
        for path in sorted(files):
            try:
                rows = read_upload(path)
            except SimulatorError as error:
                rejected.append(Rejection(path.name, 0, "", str(error)))
                continue
            for row in rows:
                try:
                    edits = plan_edits(self.world, row)
                except RefusedError as error:
                    rejected.append(Rejection(row.file, row.line, _shown(row.fields), str(error)))
                    continue
                for edit in edits:
                    self.replay_edit(self.world.today, edit)
                done += edits
        return ApplyReport(applied=len(done), rejected=tuple(rejected), by_kind=kinds(done))

    def replay_edit(self, day: date, edit: dict[str, Any]) -> None:
        """Carry out one edit that acts from ``day`` on, living up to the evening before it first."""
        self.live_until(day - timedelta(days=1))
        self._remember_start()
        self.world.has_tool = True
        carry_out(self.world, edit)
        self.edits.append((day, edit))

    def score(self) -> MarketScore:
        """Return expected profit a usual day, in the shop currency (see ``MarketScore``)."""
        money = expected_money(self.world, self.world.today)
        profit = sum(part.profit for part in money.values())
        before, oracle = self._start() if self._before is None else self._before
        return MarketScore(
            profit=profit,
            profit_before=before,
            profit_oracle=oracle,
            cost=sum(part.cost for part in money.values()),
            profit_by_platform={name: part.profit for name, part in money.items()},
        )

    def _remember_start(self) -> None:
        if self._before is None:
            self._before = self._start()

    def _start(self) -> tuple[float, float]:
        today = self.world.today
        return sum(part.profit for part in expected_money(self.world, today).values()), best_profit(self.world, today)


def _listed(paths: Path | list[Path]) -> list[Path]:
    return paths if isinstance(paths, list) else [paths]


def _shown(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())[:120]
