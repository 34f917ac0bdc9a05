"""A small simulated market, lived through once, whose last night's files the export tests read."""

from datetime import timedelta

import pytest

from simulator.options import MarketOptions
from simulator.shop import SimulatedMarket

SMALL = {"taobao_keyword": 40, "taobao_audience": 4, "google_ads": 36, "amazon_sp": 30, "baidu_search": 24}


@pytest.fixture(scope="session")
def small_options():
    return MarketOptions(seed=3, days=8, n_items=SMALL)


@pytest.fixture(scope="session")
def exported(small_options, tmp_path_factory):
    """The last three nights of a small market: {night: folder}, and the market itself under 'market'."""
    market = SimulatedMarket(small_options)
    root = tmp_path_factory.mktemp("inbox")
    last = small_options.last_night
    folders = {}
    for night in (last - timedelta(days=2), last - timedelta(days=1), last):
        folders[night] = root / night.isoformat()
        market.export(night, folders[night])
    return {"market": market, "last": last, "before": last - timedelta(days=1), **folders}
