"""百度推广: the client's keyword export (statistics of one day beside present bids) and the 搜索词报告."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.cells import encode_text, fill_preamble, render
from simulator.faults import number_fault_night, plant_number_fault
from simulator.layouts import load_layout
from simulator.ledger import days
from simulator.orders import Arrays
from simulator.view import COUNTS, NightView, add_ratios, gather, ratio, sums_by_row, term_report

ACCOUNT = "山野集-百度推广"
DAYS_AGAIN = 3
MATCH = {"exact": "精确", "phrase": "短语", "broad": "广泛"}
SWITCH = {"enabled": "启用", "paused": "暂停", "archived": "暂停"}
MOBILE_SHARE = 0.8


def export_keywords(view: NightView) -> list[Path]:
    """Write one client export a day for the last three days; every keyword is in each of them."""
    layout = load_layout("baidu_search", "keyword_export")
    named = _labelled(view.names("baidu_search"))
    n, named = len(named), named[named["status"].ne("archived")]
    words = gather(named, np.arange(len(named)))
    paths = []
    for day in days(max(view.first, view.night - timedelta(days=DAYS_AGAIN - 1)), view.night):
        facts = view.world.ledger.window("baidu_search", day, day, view.night)
        sums = {name: values[named.index] for name, values in sums_by_row(facts, n).items()}
        cells = render(_by_device(add_ratios({**words, **sums})), layout)
        if day == view.night == number_fault_night(view.world.options):
            plant_number_fault(cells)
        path = view.folder / f"百度推广客户端_关键词_{day:%Y%m%d}.csv"
        content = encode_text(cells, layout, fill_preamble(layout, day, day))
        path.write_bytes(_with_account_line(content, layout.encoding))
        paths.append(path)
    return paths


def export_search_terms(view: NightView) -> Path:
    """Write the 搜索词报告 by day, after its eight lines of conditions."""
    layout = load_layout("baidu_search", "search_terms")
    frame = term_report(view, "baidu_search", by_day=True)
    frame["added_label"] = frame["is_added"].map({True: "已添加", False: "未添加"})
    path = view.folder / f"搜索词报告_{view.stamp}.csv"
    path.write_bytes(encode_text(render(frame, layout), layout, fill_preamble(layout, view.first, view.night)))
    return path


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        account=ACCOUNT,
        match_label=frame["match_type"].map(MATCH),
        switch=frame["status"].map(SWITCH),
        keyword_state=frame["status"].map({"enabled": "有效", "paused": "暂停推广"}),
        default_bid=frame.groupby("ad_group_id")["bid"].transform("mean").round(2),
        quality=5 + (frame["ctr"] * 100).astype(int) % 5,
        final_url="https://shop.example/p/" + frame["product_id"],
    )


def _by_device(table: Arrays) -> Arrays:
    """Split the sums into computer and mobile columns that add up to them."""
    mobile = {name: np.floor(table[name] * MOBILE_SHARE) for name in ("clicks", "conversions", "impressions")}
    mobile["impressions"] = np.maximum(mobile["impressions"], mobile["clicks"])
    mobile["cost"] = np.round(table["cost"] * np.nan_to_num(ratio(mobile["clicks"], table["clicks"])), 2)
    mobile["conversion_value"] = np.zeros(len(mobile["cost"]))
    computer = {name: np.round(table[name] - mobile[name], 2) for name in COUNTS}
    split = {f"mobile_{name}": values for name, values in add_ratios(mobile).items()}
    return {**table, **split, **{f"pc_{name}": values for name, values in add_ratios(computer).items()}}


def _with_account_line(content: bytes, encoding: str) -> bytes:
    """Put the account's name between the header and the rows, where the client puts it."""
    first, header, rest = content.split(b"\r\n", 2)
    return b"\r\n".join((first, header, ACCOUNT.encode(encoding), rest))
