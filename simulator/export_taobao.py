"""万相台无界 keyword report (zip) and audience report, and 生意参谋 search words, in their real layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulator.cells import encode_text, render, write_zip
from simulator.faults import clicks_fault_night, plant_clicks_fault
from simulator.layouts import load_layout
from simulator.orders import Arrays
from simulator.traffic import keyword_demand
from simulator.view import NightView, add_ratios, gather, keyword_report, ratio

POPULARITY_EDGES = (0, 150, 300, 700, 1500, 3000, 5000, 10_000, 25_000, 50_000, 100_000)
CVR_EDGES = (0.0, 0.01, 0.025, 0.05, 0.10, 0.20, 0.40)


def export_keyword_report(view: NightView) -> Path:
    """Write 关键词报表_*.zip: 74 columns, one row per keyword and day."""
    layout = load_layout("taobao_keyword", "keyword_report")
    names = view.names("taobao_keyword")
    cells = render(_with_shop_columns(keyword_report(view, "taobao_keyword", names)), layout)
    if view.night == clicks_fault_night(view.world.options):
        plant_clicks_fault(cells)
    name = f"关键词报表_{view.stamp}"
    return write_zip(view.folder / f"{name}.zip", f"{name}.csv", encode_text(cells, layout), view.night)


def export_audience_report(view: NightView) -> Path:
    """Write the 主体报表 of 人群推广: 33 columns, one row per plan and day."""
    layout = load_layout("taobao_audience", "subject_report")
    plans = view.world.audience.plans
    sold = view.world.products.iloc[plans["product"]].reset_index(drop=True)
    named = plans[["campaign_id", "campaign"]].join(sold[["product_id", "product_name"]])
    facts = view.world.ledger.window("taobao_audience", view.first, view.night, view.night)
    table = _with_shop_columns(add_ratios({**gather(named, facts["row"]), **facts}))
    path = view.folder / f"主体报表_{view.stamp}.csv"
    path.write_bytes(encode_text(render(table, layout), layout))
    return path


def export_search_words(view: NightView) -> Path:
    """Write the 生意参谋 ranking, whose values are ranges."""
    layout = load_layout("sycm", "search_rank")
    account = view.world.accounts["taobao_keyword"]
    keywords = account.keywords
    searches = keyword_demand(keywords).clicks / keywords["ctr"] / keywords["rank_share"] * 12
    market = pd.DataFrame({"keyword": keywords["keyword"], "searches": searches, "ctr": keywords["ctr"] * 9})
    market["cvr"] = keywords["cvr"]
    market = market.sort_values("searches", ascending=False, kind="stable").drop_duplicates("keyword")
    market["rank"] = np.arange(1, len(market) + 1)
    market["popularity"] = [_popularity(value) for value in market["searches"]]
    market["ctr_label"] = [f"{min(value, 0.95):.0%}" for value in market["ctr"]]
    market["cvr_label"] = [_cvr_range(value, n) for value, n in zip(market["cvr"], market["searches"], strict=True)]
    path = view.folder / f"生意参谋_搜索词_{view.night}.csv"
    path.write_bytes(encode_text(render(market, layout), layout))
    return path


def _with_shop_columns(table: Arrays) -> Arrays:
    """Add the report's direct and indirect split and its cart and favourite columns."""
    orders, clicks, carts, favorites = (table[name] for name in ("conversions", "clicks", "carts", "favorites"))
    direct = np.round(orders * 0.85).astype(int)
    direct_value = np.round(table["conversion_value"] * np.nan_to_num(ratio(direct, orders)), 2)
    return {
        **table,
        "direct_conversions": direct,
        "indirect_conversions": orders - direct,
        "direct_value": direct_value,
        "indirect_value": table["conversion_value"] - direct_value,
        "cart_favorites": carts + favorites,
        "cart_rate": ratio(carts, clicks),
        "favorite_rate": ratio(favorites, clicks),
        "cost_per_cart": ratio(table["cost"], carts),
        "new_customer_share": ratio(table["new_customers"], orders),
    }


def _popularity(searches: float) -> str:
    high = next((edge for edge in POPULARITY_EDGES[1:] if searches < edge), None)
    if high is None:
        return f"{_short(POPULARITY_EDGES[-2])} ~ {_short(POPULARITY_EDGES[-1])}"
    low = POPULARITY_EDGES[POPULARITY_EDGES.index(high) - 1]
    return f"{_short(low)} ~ {_short(high)}"


def _short(edge: int) -> str:
    """Return 10000 as ``1万``, smaller numbers as they are."""
    return f"{edge / 10_000:g}万" if edge >= 10_000 else str(edge)


def _cvr_range(cvr: float, searches: float) -> str:
    """Return the range that holds ``cvr``; rare words show none."""
    if searches < POPULARITY_EDGES[1]:
        return "-"
    high = next(edge for edge in CVR_EDGES[1:] if cvr < edge)
    low = CVR_EDGES[CVR_EDGES.index(high) - 1]
    return f"{100 * low:g}% ~ {100 * high:g}%"
