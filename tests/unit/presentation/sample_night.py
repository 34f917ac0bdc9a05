"""A made-up night for the tests of presentation: every reason code, awkward texts, missing numbers."""

import numpy as np
import pandas as pd

from assets.presentation.summary import count_actions
from configs.reasons_schema import load_reasons

COLUMNS = """platform account item level lever campaign_id campaign ad_group_id ad_group keyword_id keyword match_type
product_id entity_type status search_term currency old_value new_value action reason_code binding_limit evidence_grade
score cost expected_cost cost_change value_change profit_change profit_change_low profit_change_high roas roas_low
roas_high p_below_floor clicks conversions searches marginal_roas p_unprofitable p_loss lowest_bid lowest_cpc
lowest_marginal_cost expected_waste probation_worth growth growth_low growth_high growth_usual competition
source limit_seen limit_most brand_value is_writable decision hold_reason""".split()  # noqa: SIM905
TEXT = (*COLUMNS[:17], "action", "reason_code", "binding_limit", "evidence_grade", "decision", "hold_reason")
KEYWORDS = (
    "女 大码 连衣裙 夏季",
    "running shoes men",
    "防晒霜",
    "wireless earbuds",
    "收纳盒 家用 大容量",
    "yoga mat 6mm",
    "保温杯",
)
PLATFORMS = {
    "taobao_keyword": "CNY", "google_ads": "USD", "amazon_sp": "INR", "baidu_search": "CNY", "taobao_audience": "CNY",
}  # fmt: skip
SPECIAL = {  # reason code -> action, lever
    "bid_up_profitable": ("raise", "keyword_bid"), "bid_up_scale": ("raise", "keyword_bid"),
    "roas_below_floor_pause": ("pause", "status"), "plan_loss_pause": ("pause", "status"), "waste_pause": ("pause", "status"),
    "budget_raise": ("budget", "daily_budget"), "budget_lower": ("budget", "daily_budget"),
    "target_raise": ("target", "target_roas"), "target_lower": ("target", "target_roas"),
    "back_in_stock": ("resume", "status"),
    "commission_raise": ("commission", "commission_rate"), "commission_lower": ("commission", "commission_rate"),
    "discover_add": ("add", "new_keyword"), "discover_add_shared": ("add", "new_keyword"),
    "discover_source_negative": ("negative", "negative_keyword"), "protected_term": ("hold", "negative_keyword"),
    "discover_cross_platform": ("add", "new_keyword"), "discover_market": ("add", "new_keyword"),
    "discover_negative": ("negative", "negative_keyword"),
    "discover_unsure": ("keep", "new_keyword"), "discover_no_money": ("keep", "new_keyword"),
    "rising_term": ("keep", "new_keyword"), "blocked_term": ("keep", "new_keyword"),
    "kol_sign": ("sign", "kol_offer"), "kol_skip": ("keep", "kol_offer"), "kol_committed": ("keep", "kol_offer"),
    "kol_unjudged": ("keep", "kol_offer"),
    "bid_down_unprofitable": ("lower", "keyword_bid"), "roas_below_floor": ("lower", "keyword_bid"),
    "budget_exhausted_lower_bids": ("lower", "keyword_bid"), "change_cap": ("raise", "keyword_bid"),
    "probation": ("resume", "keyword_bid"), "unchanged": ("keep", "keyword_bid"),
    "within_min_change": ("keep", "keyword_bid"), "protected": ("keep", "keyword_bid"),
}  # fmt: skip


def make_recommendations(n_rows=120, seed=7):
    """Return a frame with the columns of docs/architecture.md; money per day in CNY."""
    random = np.random.default_rng(seed)
    codes = list(load_reasons().reasons)
    rows = [_row(index, codes[index % len(codes)], random) for index in range(n_rows)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for name in TEXT:
        frame[name] = frame[name].astype("str")
    for name in ("clicks", "searches"):
        frame[name] = frame[name].astype("Int64")
    return frame


def _row(index, code, random):
    platform = list(PLATFORMS)[index % len(PLATFORMS)]
    action, lever = SPECIAL.get(code, ("hold", "keyword_bid"))
    cost = float(random.lognormal(3.2, 1.1))
    old = float(random.lognormal(0.4, 0.6)) * (200 if lever == "daily_budget" else 1)
    change = {"raise": 0.3, "lower": -0.24, "budget": 0.2, "target": 0.1}.get(action, 0.0)
    is_quiet = action in {"keep", "hold"}
    profit = 0.0 if is_quiet else float(random.normal(cost * 0.2, cost * 0.1))
    roas = float(random.lognormal(1.0, 0.5))
    keyword = f"{KEYWORDS[index % len(KEYWORDS)]} {index}"
    is_term, is_kol = lever in {"new_keyword", "negative_keyword"}, lever == "kol_offer"
    values = {
        "platform": "xiaohongshu" if is_kol else platform, "account": "main",
        "item": f"xiaohongshu|main|kol|达人{index}" if is_kol else f"{platform}|main|keyword|夏季上新|{keyword}|exact",
        "level": "placement" if lever in {"daily_budget", "target_roas"} else "keyword", "lever": lever,
        "campaign": None if is_kol else f"夏季上新 {index % 4}",
        "ad_group": None if is_kol else "主推", "match_type": "exact",
        "keyword": None if is_term or is_kol else keyword, "search_term": keyword if is_term else None,
        "product_id": f"8{index:011d}", "status": "enabled", "currency": PLATFORMS[platform],
        "old_value": np.nan if action in {"pause", "add", "negative", "sign"} else old,
        "new_value": np.nan if action in {"pause", "negative"} else old * (1 + change), "action": action,
        "reason_code": code, "binding_limit": "max_change" if code == "change_cap" else None,
        "evidence_grade": "ABCD"[index % 4], "score": float(random.uniform(5, 98)), "cost": cost,
        "expected_cost": cost * (1 + change), "cost_change": -cost if action == "pause" else cost * change,
        "value_change": profit * 3, "profit_change": profit, "profit_change_low": profit - cost * 0.15,
        "profit_change_high": profit + cost * 0.2, "roas": roas, "roas_low": roas * 0.7, "roas_high": roas * 1.4,
        "p_unprofitable": 0.97, "p_loss": 0.9, "lowest_bid": old * 0.7, "lowest_cpc": old * 0.3,
        "lowest_marginal_cost": old * 0.7, "expected_waste": cost * 0.2, "probation_worth": 12.5,
        "growth": 2.0, "growth_low": 1.5, "growth_high": 2.5, "growth_usual": 1.1, "competition": 0.4, "source": platform,
        "p_below_floor": float(random.uniform(0, 1)), "clicks": int(random.integers(1, 900)),
        "conversions": float(random.integers(0, 30)),
        "searches": None if index % 3 else int(random.integers(10, 90000)),
        "marginal_roas": float(random.lognormal(0.5, 0.4)), "is_writable": not is_quiet,
        "decision": "accept" if index % 4 < 2 else "hold", "hold_reason": "low_evidence" if index % 4 > 1 else None,
    }  # fmt: skip
    return {**dict.fromkeys(COLUMNS), **values}


def make_status():
    """Return a platform_status frame in which one platform is held."""
    names = list(PLATFORMS)
    reason = dict.fromkeys(names)
    zh = {**reason, "baidu_search": "合计行与明细相差 1,204.50 元（允许 0.01），文件 baidu_0331.csv"}
    en = {**reason, "baidu_search": "totals row differs from the rows by 1,204.50 (0.01 allowed), file baidu_0331.csv"}
    return pd.DataFrame({
        "platform": names,
        "is_held": [name == "baidu_search" for name in names],
        "reason_code": ["totals_mismatch" if name == "baidu_search" else None for name in names],
        "reason_zh": list(zh.values()),
        "reason_en": list(en.values()),
        "last_complete_date": pd.to_datetime(["2026-03-31"] * 3 + ["2026-03-30", "2026-03-31"]),
        "cost_last_day": [5120.4, 2210.0, 880.1, np.nan, 1500.0],
        "cost_median_day": [5000.0, 2300.0, 900.0, 410.0, 1450.0],
        "n_quarantined": pd.array([2, 0, 0, 57, pd.NA], dtype="Int64"),
    })  # fmt: skip


def make_nodes():
    """Return a budget_nodes frame: the total and its platforms."""
    return pd.DataFrame(
        {
            "name": ["total", *PLATFORMS],
            "parent": [None, *["total"] * len(PLATFORMS)],
            "cost": [9820.0, 5200.0, 2300.0, 850.0, 410.0, 1060.0],
            "min_cost": [0.0, 0.0, 500.0, 0.0, 0.0, 0.0],
            "max_cost": [10000.0, np.nan, 2300.0, np.nan, np.nan, np.nan],
            "price": [1.18, 1.18, 1.92, 1.18, np.nan, 1.18],
            "sentence": ["the next ¥1 here returns ¥1.18"] * 6,
        }
    )


def make_summary(recommendations):
    """Return the night's summary."""
    return {
        "night": "2026-03-31",
        "currency": "CNY",
        "money": {
            "cost": {"before": 9710.55, "after": 9820.0, "low": 9400.0, "high": 10120.0},
            "value": {"before": 28450.2, "after": 31020.75, "low": 29100.0, "high": 33150.0},
            "profit": {"before": 1210.4, "after": 1998.3, "low": 1420.0, "high": 2560.0},
        },
        "actions": count_actions(recommendations),
    }
