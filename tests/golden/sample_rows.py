"""One night of recommendations for a platform: every lever that the platform keeps open, in every direction."""

import pandas as pd

from assets.platforms.levers import round_to_step
from configs.platform_schema import Platform

NIGHT = pd.Timestamp("2026-11-20").date()
BASE = {
    "account": "main", "level": "keyword", "campaign_id": "70010000000000001", "campaign": "夏季 summer",
    "ad_group_id": "70020000000000001", "ad_group": "连衣裙 A", "match_type": "exact", "product_id": "700000000001",
    "entity_type": "Keyword", "status": "enabled", "search_term": None, "currency": "CNY", "old_value": None,
    "new_value": None, "reason_code": "raise_profit", "cost": 100.0, "expected_cost": 110.0, "is_writable": True,
    "decision": "accept",
}  # fmt: skip


def keyword_row(number: int, **changes: object) -> dict[str, object]:
    """Return one recommendation about keyword ``number``."""
    keyword = f"碎花裙 {number}"
    own = {"keyword": keyword, "keyword_id": f"{3592782537720000000 + number}"}
    return {**BASE, **own, "item": f"P|main|keyword|夏季 summer|连衣裙 a|{keyword}|exact", **changes}


def plan_row(number: int, **changes: object) -> dict[str, object]:
    """Return one recommendation about a plan that has no keyword."""
    place = {"level": "placement", "campaign": f"人群 {number}", "campaign_id": f"{80010000000000000 + number}"}
    return {**BASE, **place, "match_type": None, "item": f"P|main|placement|人群 {number}", **changes}


def offer_row(number: int, **changes: object) -> dict[str, object]:
    """Return one KOL offer to sign."""
    place = {"campaign": "小红书", "campaign_id": None, "ad_group": "video", "ad_group_id": f"kol-{number}"}
    own = {"level": "placement", "match_type": None, "keyword": None, "item": f"P|main|placement|offer-{number}"}
    return {**BASE, **place, **own, **changes}


CANDIDATES = (
    keyword_row(1, lever="keyword_bid", action="raise", old_value=1.2, new_value=1.38),
    keyword_row(2, lever="keyword_bid", action="lower", old_value=2.5, new_value=1.75, status="paused"),
    keyword_row(3, lever="status", action="pause"),
    keyword_row(4, lever="status", action="resume", status="paused"),
    keyword_row(4, lever="keyword_bid", action="lower", old_value=0.9, new_value=0.6, status="paused"),
    keyword_row(5, lever="new_keyword", action="add", new_value=0.85, search_term="法式 碎花裙", keyword_id=None),
    keyword_row(5, lever="negative_keyword", action="negative", search_term="碎花裙 图片", keyword_id=None),
    keyword_row(6, lever="keyword_bid", action="raise", old_value=1.0, new_value=1.1, decision="hold"),
    keyword_row(7, lever="keyword_bid", action="raise", old_value=1.0, new_value=1.1, is_writable=False),
    plan_row(1, lever="daily_budget", action="budget", old_value=300.0, new_value=360.0),
    plan_row(1, lever="target_roas", action="target", old_value=3.5, new_value=3.2),
    plan_row(1, lever="commission_rate", action="commission", old_value=0.08, new_value=0.1),
    plan_row(2, lever="status", action="pause"),
    plan_row(3, lever="status", action="resume", status="paused"),
    offer_row(1, lever="kol_offer", action="sign", new_value=5000.0),
    offer_row(2, lever="kol_offer", action="sign", new_value=0.0),
)


def sample_rows(platform: Platform) -> pd.DataFrame:
    """Return the candidates whose lever the platform keeps open, on its steps; keywords only where it sells keywords."""
    open_levers = {rule.lever for rule in platform.rulebook.levers}
    has_keywords = "keyword_bid" in open_levers
    chosen = [
        {**row, "platform": platform.name, "item": str(row["item"]).replace("P|", f"{platform.name}|", 1)}
        for row in CANDIDATES
        if row["lever"] in open_levers and (row["lever"] != "status" or (row["level"] == "keyword") == has_keywords)
    ]
    rows = pd.DataFrame(chosen)
    for rule in platform.rulebook.levers:
        is_here = (rows["lever"] == rule.lever) & rule.has_value
        for name in ("old_value", "new_value"):
            rows.loc[is_here, name] = round_to_step(rows.loc[is_here, name], rule)
    return rows
