"""The planted faults: two bad rows in earlier nights and one totals row that does not add up on the last night."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.cells import Rendered
from simulator.options import MarketOptions

TOTALS_FACTOR = 1.08


def clicks_fault_night(options: MarketOptions) -> date | None:
    """Return the night whose 万相台 keyword report has a row with more clicks than impressions."""
    return _earlier(options, 3)


def number_fault_night(options: MarketOptions) -> date | None:
    """Return the night whose newest Baidu export has a cost that is not a number."""
    return _earlier(options, 5)


def totals_fault_night(options: MarketOptions) -> date | None:
    """Return the night whose Google keyword report has totals that its rows do not add up to."""
    return options.last_night if options.has_faults else None


def plant_clicks_fault(cells: Rendered) -> None:
    """Make the busiest row claim more clicks than impressions."""
    busiest = max(range(len(cells["展现量"])), key=lambda y: int(cells["展现量"][y]))
    cells["点击量"][busiest] = str(int(cells["展现量"][busiest]) + 7)


def plant_number_fault(cells: Rendered) -> None:
    """Garble the cost of the busiest row."""
    busiest = max(range(len(cells["点击"])), key=lambda y: int(cells["点击"][y]))
    cells["消费"][busiest] = f"{cells['消费'][busiest][:-1]}#¥"


def _earlier(options: MarketOptions, part: int) -> date | None:
    back = options.days // part
    return options.last_night - timedelta(days=back) if options.has_faults and back > 0 else None
