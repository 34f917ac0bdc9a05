"""The canonical columns of every kind of facts and what their cells are. Here the words of all platforms become one.

A ``share`` column has a companion ``<column>_censored``: ``<`` or ``>`` where the platform printed a bound only.
"""

from __future__ import annotations

from typing import Literal

CellType = Literal["text", "date", "count", "money", "number", "share", "flag"]

_NAMES: dict[str, CellType] = {"campaign_id": "text", "campaign": "text", "ad_group_id": "text", "ad_group": "text"}
_DAY: dict[str, CellType] = {"report_date": "date"}
_RESULTS: dict[str, CellType] = {
    "currency": "text",
    "impressions": "count",
    "clicks": "count",
    "cost": "money",
    "conversions": "number",
    "conversion_value": "money",
}
_SHOP: dict[str, CellType] = {"carts": "count", "favorites": "count", "new_customers": "count"}
_KOL: dict[str, CellType] = {
    "kol_id": "text",
    "kol_platform": "text",
    "tier": "text",
    "category": "text",
    "content_format": "text",
}

KIND_COLUMNS: dict[str, dict[str, CellType]] = {
    "keyword_daily": {
        **_DAY,
        **_NAMES,
        "keyword_id": "text",
        "keyword": "text",
        "match_type": "text",
        "product_id": "text",
        **_RESULTS,
        **_SHOP,
        "impression_share": "share",
        "lost_to_rank_share": "share",
        "lost_to_budget_share": "share",
    },
    "placement_daily": {**_DAY, **_NAMES, "product_id": "text", **_RESULTS, **_SHOP},
    "search_terms": {
        **_DAY,
        **_NAMES,
        "keyword": "text",
        "match_type": "text",
        "search_term": "text",
        "term_match": "text",  # how the term met the keyword, in the platform's words
        "is_added": "flag",
        **_RESULTS,
    },
    "keyword_market": {
        "keyword": "text",
        "searches_low": "count",
        "searches_high": "count",
        "competition": "text",
        "competition_index": "number",
        "ctr_low": "share",
        "ctr_high": "share",
        "cvr_low": "share",
        "cvr_high": "share",
        "bid_low": "money",
        "bid_high": "money",
        "currency": "text",
        "three_month_change": "share",
        "yoy_change": "share",
    },
    "entities": {
        "level": "text",
        **_NAMES,
        "keyword_id": "text",
        "keyword": "text",
        "match_type": "text",
        "product_id": "text",
        "entity_type": "text",
        "status": "text",
        "bid": "money",
        "daily_budget": "money",
        "target_roas": "number",
        "commission_rate": "share",
        "is_closed_bid": "flag",
        "currency": "text",
    },
    "bid_landscape": {  # what the platform says a keyword would get at this bid; clicks may be fractions
        **_NAMES,
        "keyword_id": "text",
        "keyword": "text",
        "match_type": "text",
        "bid": "money",
        "impressions": "number",
        "clicks": "number",
        "cost": "money",
        "currency": "text",
    },
    "products": {
        "product_id": "text",
        "product_name": "text",
        "price": "money",
        "margin": "share",
        "stock": "count",
        "is_new": "flag",
        "brand": "text",
        "currency": "text",
    },
    "mapping": {
        "mapped_platform": "text",
        "campaign": "text",
        "ad_group": "text",
        "keyword_pattern": "text",
        "product_id": "text",
        "is_brand": "flag",
        "is_protected": "flag",
        "do_not_touch_until": "date",
    },
    "store_orders": {
        "order_id": "text",
        "order_date": "date",
        "product_id": "text",
        "quantity": "count",
        "revenue": "money",
        "refund": "money",
        "is_new_customer": "flag",
        "channel": "text",
        "currency": "text",
    },
    "channel_daily": {
        **_DAY,
        "channel": "text",
        "cost": "money",
        "conversions": "number",
        "conversion_value": "money",
        "currency": "text",
    },
    "kol_offers": {
        "offer_id": "text",
        **_KOL,
        "fee": "money",
        "commission_rate": "share",
        "delivery_date": "date",
        "followers": "count",
        "expected_views": "count",
        "currency": "text",
        "is_signed": "flag",
    },
    "kol_posts": {
        "post_id": "text",
        **_KOL,
        "post_date": "date",
        "fee": "money",
        "views": "count",
        "engagements": "count",
        "orders": "number",
        "revenue": "money",
        "currency": "text",
    },
    "kol_profiles": {  # a creator as a marketplace lists it: what the offers are compared with
        "kol_id": "text",
        "kol_name": "text",  # a pseudonym, as profile and e-mail
        "profile_url": "text",
        "email": "text",
        "kol_platform": "text",
        "tier": "text",
        "category": "text",
        "followers": "count",
        "fee_min": "money",
        "fee_image": "money",
        "fee_video": "money",
        "fee_short": "money",  # videos up to 20 s, up to 60 s, and longer
        "fee_medium": "money",
        "fee_long": "money",
        "expected_views": "count",
        "expected_cpm": "money",
        "engagements": "count",
        "active_share": "share",
        "currency": "text",
    },
    "edit_results": {  # what a platform says it did with an upload, row by row
        "result": "text",  # applied or rejected
        "row_key": "text",
        "entity_type": "text",
        "operation": "text",
        **_NAMES,
        "keyword_id": "text",
        "keyword": "text",
        "match_type": "text",
        "bid": "money",
        "error_code": "text",
        "error_text": "text",
    },
    "reference": {  # known and kept; nothing is decided by it, because another report tells the same spend better
        **_NAMES,
        "name": "text",
        "keyword": "text",
        **_RESULTS,
    },
}

# Columns that add up over rows, so that a file can be compared with its totals row and shown in one line.
ADDITIVE_COLUMNS = (
    "impressions", "clicks", "cost", "conversions", "conversion_value", "carts", "favorites", "new_customers",
    "quantity", "revenue", "refund", "fee", "views", "engagements", "orders",
)  # fmt: skip


def dated_columns(kind: str) -> tuple[str, ...]:
    """Return the date columns of ``kind``, the day of the report first."""
    return tuple(name for name, cell in KIND_COLUMNS[kind].items() if cell == "date")


def is_daily(kind: str) -> bool:
    """Return whether a row of ``kind`` speaks of a day, or of a period where the export has no days."""
    return "report_date" in KIND_COLUMNS[kind]
