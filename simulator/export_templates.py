"""The documented CSV templates: entities, products, mapping, own orders, other channels and KOLs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulator.cells import encode_text, render
from simulator.kol import build_offers, build_posts
from simulator.layouts import load_layout
from simulator.ledger import days
from simulator.seasons import is_out_of_stock
from simulator.view import NightView, midnight

CHANNELS = {"douyin_live": (900.0, 2.6), "xiaohongshu_ads": (420.0, 2.1), "wechat_moments": (260.0, 1.7)}


def export_entities(view: NightView) -> Path:
    """Write the bids, budgets and targets of the two 万相台 products, whose pages export none."""
    keywords = view.names("taobao_keyword")
    keywords = keywords.assign(platform="taobao_keyword", level="keyword", is_closed_bid="false")
    plans = view.world.audience.plans
    sold = view.world.products.iloc[plans["product"]].reset_index(drop=True)
    placements = plans.assign(
        platform="taobao_audience",
        level="placement",
        is_closed_bid="true",
        product_id=sold["product_id"],
        entity_type="主体",
        currency="CNY",
    )
    return _write(view, "entities", pd.concat([keywords, placements], ignore_index=True))


def export_products(view: NightView) -> Path:
    """Write price, margin and stock; a product that is out of stock tonight shows 0."""
    products = view.world.products
    is_out = is_out_of_stock(view.night, np.arange(len(products)), view.world.options)
    return _write(view, "products", products.assign(stock=products["stock"].where(~is_out, 0)))


def export_mapping(view: NightView) -> Path:
    """Write which product each ad group sells and which campaigns are brand campaigns."""
    parts = []
    for name in view.world.accounts:
        named = view.names(name).drop_duplicates("ad_group_id")
        is_brand = np.where(named["is_brand"], "true", "false")
        parts.append(named.assign(mapped_platform=name, is_brand=is_brand, is_protected=is_brand))
    return _write(view, "mapping", pd.concat(parts, ignore_index=True))


def export_store_orders(view: NightView) -> Path:
    """Write the shop's own orders of the export window, with the refunds known tonight."""
    orders = view.world.ledger.store_orders(view.first, view.night, view.night)
    sold = view.world.products[["product_id", "currency"]]
    orders = orders.join(sold, on="product").sort_values("order_id", kind="stable", ignore_index=True)
    orders["is_new_customer"] = np.where(orders["is_new"], "true", "false")
    return _write(view, "store_orders", orders.assign(revenue=orders["value"]))


def export_channel_daily(view: NightView) -> Path:
    """Write a week of channels that are bought outside these platforms; a past day keeps its numbers."""
    rows = []
    for day in days(view.first, view.night):
        rng = np.random.default_rng([view.world.options.seed, 95, day.toordinal()])
        for channel, (cost, roas) in CHANNELS.items():
            spent = round(cost * float(np.exp(rng.normal(0, 0.15))), 2)
            orders = int(rng.poisson(spent * roas / 140))
            value = round(orders * 140 * float(rng.uniform(0.9, 1.1)), 2)
            rows.append((pd.Timestamp(midnight(day)), channel, spent, orders, value, "CNY"))
    columns = ["report_date", "channel", "cost", "conversions", "conversion_value", "currency"]
    return _write(view, "channel_daily", pd.DataFrame(rows, columns=columns))


def export_kol_offers(view: NightView) -> Path:
    """Write the offers on the table."""
    return _write(view, "kol_offers", build_offers(view.world.options))


def export_kol_posts(view: NightView) -> Path:
    """Write the posts that are out by tonight."""
    posts = build_posts(view.world.options)
    return _write(view, "kol_posts", posts[posts["post_date"] <= pd.Timestamp(midnight(view.night))])


def _write(view: NightView, name: str, frame: pd.DataFrame) -> Path:
    layout = load_layout("templates", name)
    path = view.folder / f"{name}.csv"
    path.write_bytes(encode_text(render(frame, layout), layout))
    return path
