"""Made-up nights: a home with a few facts in its warehouse, and judged items with round numbers, for tests of the stages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assets.batch import Batch
from assets.identity import with_items
from assets.platforms.items import join_key
from assets.platforms.kinds import KIND_COLUMNS
from assets.warehouse.facts import FactSource, write_facts
from assets.warehouse.home import open_home
from assets.warehouse.inputs import InputFile, NightInputs
from configs.loader import choose_bid_files, load_guardrails, load_platforms, load_settings
from configs.schema import Calendar, Guardrails, Settings

NIGHT = date(2025, 3, 10)
USD = {"currency": "USD", "from_date": date(2025, 1, 1), "rate": 7.0}
DTYPES = {"text": "str", "date": "datetime64[us]", "count": "Int64", "money": "Int64", "number": "float64",
          "share": "float64", "flag": "boolean"}  # fmt: skip

# One keyword of round numbers: 100 clicks a day at 1.00, a bid of 2.00, sales of 3.00 and margin of 1.50 a click.
ITEM: dict[str, Any] = {
    "platform": "google_ads", "account": "main", "level": "keyword", "campaign_id": None, "campaign": "Tents",
    "campaign_key": "Tents", "ad_group_id": None, "ad_group": "Group", "keyword_id": None, "keyword": "tent",
    "match_type": "exact", "product_id": "p1", "entity_type": "Keyword", "status": "enabled", "currency": "CNY",
    "fx_rate": 1.0, "bid": 2.0, "first_bid": np.nan, "daily_budget": np.nan, "target_roas": np.nan, "commission_rate": np.nan,
    "campaign_budget": np.nan,
    "is_brand": False, "is_protected": False, "do_not_touch_until": pd.NaT, "stock": 10.0, "is_held": False,
    "value_source": "reported", "margin": 0.5, "cvr": 0.03, "aov": 100.0, "revenue_per_click": 3.0,
    "value_per_click": 1.5, "value_per_click_low": 1.0, "value_per_click_high": 2.0, "roas": 3.0, "roas_low": 2.0,
    "roas_high": 4.0, "cpc": 1.0, "clicks_per_day": 100.0, "cost_per_day": 100.0, "next_day_factor": 1.0,
    "demand_clicks": 100.0, "served_share": 1.0, "is_exhausted": False, "usual_cost": 100.0, "cost_now_7d": 700.0,
    "days_7d": 7.0, "clicks_now_7d": 700.0, "cost_7d": 700.0, "clicks_7d": 700.0, "usual_days": 40.0,
    "usual_days_7d": 7.0, "day_log_sd": 0.0,
    "maturity_log_sd": 0.0, "next_day_cvr_log_sd": 0.0, "cvr_level_log_sd": 0.0, "order_cv": 0.6, "clicks_widening": 1.0,
    "click_price_cv": 0.5, "net_share": 1.0, "net_share_low": 1.0,
    "net_share_high": 1.0, "next_day_log_sd": 0.0,
    "lost_to_rank_share": np.nan, "lost_to_budget_share": np.nan, "roas_floor": 2.0,
    "eta": 0.6, "eta_log_sd": 0.35, "rho": 1.0, "kappa": 1.0, "beta": 0.7, "ceiling": 10.0, "response_evidence": "prior",
    "p_below_floor": 0.1, "p_unprofitable": 0.05,
    "p_loss": 0.05, "lowest_bid": 1.4, "lowest_clicks": 80.0, "lowest_cpc": 0.8, "lowest_marginal_cost": 1.4,
    "expected_waste": 0.0, "is_on_trial": False, "starts_trial": False,
    "probation_worth": np.nan, "probation_clicks": np.nan, "probation_cost": np.nan,
    "effective_clicks": 1000.0, "effective_conversions": 30.0,
    "effective_paid_clicks": 1000.0, "clicks": 3000.0, "cost": 3000.0, "n_days": 30.0,
    "cvr_shape": 33.0, "cvr_rate": 1100.0, "aov_log_sd": 0.0, "is_maturity_learned": True, "is_net_known": True,
    "conversions": 90.0, "conversion_value": 9000.0, "net_factor": 1.0, "effective_impressions": 20_000.0,
    "effective_impression_clicks": 1000.0, "effective_cart_clicks": 0.0, "effective_carts": 0.0,
    "effective_favorite_clicks": 0.0, "effective_favorites": 0.0, "effective_new_orders": 0.0,
    "effective_new_customers": 0.0,
    "score": 50.0, "evidence_grade": "A", "searches": 1000.0, "verdict": "keep",
}  # fmt: skip
TEXTS = [name for name, value in ITEM.items() if isinstance(value, str) or value is None]


def make_items(*changes: Mapping[str, Any]) -> pd.DataFrame:
    """Return one judged item per mapping: the round one with these changes, its key from campaign and keyword."""
    rows = [ITEM | dict(change) for change in changes]
    for row in rows:
        row.setdefault(
            "item", "|".join([row["platform"], row["account"], row["level"], row["campaign"], row["keyword"]])
        )
    frame = pd.DataFrame(rows, columns=["item", *ITEM])
    frame[["item", *TEXTS]] = frame[["item", *TEXTS]].astype("str")
    numbers = [name for name, value in ITEM.items() if isinstance(value, float)]
    frame[numbers] = frame[numbers].astype("float64")
    flags = [name for name, value in ITEM.items() if isinstance(value, bool)]
    frame[flags] = frame[flags].astype(bool)
    frame["do_not_touch_until"] = frame["do_not_touch_until"].astype("datetime64[us]")
    return frame


@lru_cache(maxsize=1)
def packaged() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the packaged settings and guardrails; reading YAML is slow and every test asks."""
    return load_settings(None).model_dump(), load_guardrails(None).model_dump()


def make_batch(root: Path, *, calendar: Calendar | None = None, guardrails: Mapping[str, Any] | None = None,
               **settings: Any) -> Batch:  # fmt: skip
    """Return a night whose home is empty; ``settings`` go over the packaged ones, and bids are set as planned."""
    base, limits = packaged()
    wanted = Settings.model_validate({**base, "explore": {"jitter_share": 0.0}, **settings})
    return Batch(
        open_home(root), NIGHT, NightInputs(NIGHT, 1, (), "config"),
        wanted,
        Guardrails.model_validate({**limits, **({} if guardrails is None else guardrails)}),
        Calendar() if calendar is None else calendar, choose_bid_files(load_platforms(), wanted), "config",
    )  # fmt: skip


def put(batch: Batch, kind: str, rows: Sequence[Mapping[str, Any]], *, as_of: date = NIGHT, name: str = "a") -> Batch:
    """Store facts as the file ``name`` of night ``as_of``; money is in whole currency units."""
    frame = make_facts(batch, kind, rows)
    sha256 = hashlib.sha256(f"{as_of}-{kind}-{name}".encode()).hexdigest()
    write_facts(batch.home, FactSource(sha256, "any", "report", kind), frame)
    files = (*batch.inputs.files, InputFile(sha256, f"{name}.csv", as_of))
    return replace(batch, inputs=replace(batch.inputs, files=files))


def make_facts(batch: Batch, kind: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return facts as the reader gives them: every column of the kind in its type, with items."""
    spec = {"platform": "text", "account": "text", **KIND_COLUMNS[kind]}
    if rows and "period_start" in rows[0]:
        del spec["report_date"]
        spec |= {"period_start": "date", "period_end": "date"}
    extra = {name: "text" for row in rows for name in row if name.endswith("_censored")}
    columns = {}
    for name, cell in (spec | extra).items():
        usual = {"platform": "google_ads", "account": "main", "currency": "CNY"}.get(name)
        values = [row.get(name, usual) for row in rows]
        if cell == "money":
            values = [None if value is None else round(value * 1_000_000) for value in values]
        columns[name] = pd.Series(values, dtype=DTYPES[cell])
    frame = pd.DataFrame(columns)
    frame["line"] = pd.array(range(2, len(frame) + 2), dtype="Int64")
    return with_items(frame, kind, batch)


def day(number: int) -> str:
    """Return a day of March 2025; the night is the tenth."""
    return f"2025-03-{number:02d}"


def item_of(*parts: str) -> str:
    """Return the item key of these parts."""
    return str(join_key([pd.Series([part], dtype="str") for part in parts]).iloc[0])


def with_platform(batch: Batch, platform: str, **changes: Any) -> Batch:
    """Return the night with parts of one platform's file changed."""
    model = batch.platforms[platform].model_copy(update=changes)
    return replace(batch, platforms={**batch.platforms, platform: model})
