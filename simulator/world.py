"""The market's present state and the passing of a day: traffic, orders, staff habits. No files here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulator.accounts import Account, build_accounts
from simulator.audience import AudienceAccount, build_audience, serve_audience_day
from simulator.catalogue import build_products
from simulator.habits import adjust_bids
from simulator.ledger import Ledger, Placed
from simulator.options import MarketOptions, Profile
from simulator.orders import Arrays, Clicked, draw_orders, draw_organic
from simulator.seasons import click_factor, cvr_factor, is_out_of_stock
from simulator.terms import live_terms, open_shares
from simulator.traffic import serve_day

CART_RATE, FAVORITE_RATE = 2.6, 0.9  # times the conversion rate
STOCK_OUT_CVR = 0.02
ORGANIC_CHANNEL = {"zh": "taobao", "en": "website"}


@dataclass
class World:
    """Everything that is true on the morning of ``today``; ``has_tool`` ends the staff's own bid changes."""

    options: MarketOptions
    today: date
    products: pd.DataFrame
    accounts: dict[str, Account]
    audience: AudienceAccount
    ledger: Ledger = field(default_factory=Ledger)
    has_tool: bool = False


def build_world(options: MarketOptions) -> World:
    """Return the market on its first morning."""
    products = build_products(options)
    return World(
        options=options,
        today=options.first_day,
        products=products,
        accounts=build_accounts(products, options),
        audience=build_audience(products, options),
    )


def live_day(world: World) -> None:
    """Let ``world.today`` happen and move to the next morning."""
    day = world.today
    for account in world.accounts.values():
        if not world.has_tool:
            adjust_bids(account, world.ledger, day, world.options.seed)
        _live_keywords(world, account, day)
    _live_audience(world, day)
    for language, channel in ORGANIC_CHANNEL.items():
        is_out = is_out_of_stock(day, np.arange(len(world.products)), world.options)
        rng = np.random.default_rng([world.options.seed, 51, len(channel), day.toordinal()])
        orders = draw_organic(world.products, language, is_out, rng)
        world.ledger.place(day, Placed(channel, f"R{language.upper()}", orders))
    world.today = day + timedelta(days=1)


def cvr_of_day(world: World, profile: Profile, frame: pd.DataFrame, day: date) -> np.ndarray:
    """Return each item's conversion rate of ``day`` against its usual one, the stock-out included."""
    season = cvr_factor(day, profile.language, frame["category"].to_numpy())
    is_out = is_out_of_stock(day, frame["product"].to_numpy(), world.options)
    return season * np.where(is_out, STOCK_OUT_CVR, 1.0)


def _live_keywords(world: World, account: Account, day: date) -> None:
    profile, keywords = account.profile, account.keywords
    rng = _rng(world, profile, day)
    click_share, sale_share = open_shares(live_terms(account.terms, keywords), len(keywords))
    factor = click_factor(day, profile.language, keywords["category"].to_numpy()) * click_share
    facts = serve_day(keywords, account.campaigns["daily_budget"].to_numpy(), factor, rng)
    lift = np.divide(sale_share, click_share, out=np.zeros(len(keywords)), where=click_share > 0)
    cvr = keywords["cvr"].to_numpy() * lift * cvr_of_day(world, profile, keywords, day)
    _record(world, profile, day, facts, (cvr, keywords["product"].to_numpy(), rng))


def _live_audience(world: World, day: date) -> None:
    profile, plans = world.audience.profile, world.audience.plans
    rng = _rng(world, profile, day)
    factor = click_factor(day, profile.language, plans["category"].to_numpy())
    facts = serve_audience_day(plans, factor, rng)
    clicks = facts["clicks"]
    cvr = np.divide(facts.pop("expected_orders"), clicks, out=np.zeros(len(plans)), where=clicks > 0)
    cvr = cvr * cvr_of_day(world, profile, plans, day)
    _record(world, profile, day, facts, (cvr, plans["product"].to_numpy(), rng))


def _record(
    world: World,
    profile: Profile,
    day: date,
    facts: Arrays,
    truth: tuple[np.ndarray, np.ndarray, np.random.Generator],
) -> None:
    """Draw the day's orders, carts and favourites, and keep them."""
    cvr, product, rng = truth
    row, clicks = facts["row"], facts["clicks"]
    clicked = Clicked(row, product[row], clicks * cvr[row])
    orders = draw_orders(clicked, world.products, profile.reported, profile.refund, rng)
    facts["carts"] = rng.binomial(clicks, np.minimum(CART_RATE * cvr[row], 0.9))
    facts["favorites"] = rng.binomial(clicks, np.minimum(FAVORITE_RATE * cvr[row], 0.9))
    world.ledger.record(profile.platform, day, facts, orders)
    world.ledger.place(day, Placed(profile.channel, f"A{profile.index}", orders))


def _rng(world: World, profile: Profile, day: date) -> np.random.Generator:
    """One stream per platform and day, so that a change on one platform leaves the others' noise alone."""
    return np.random.default_rng([world.options.seed, 61, profile.index, day.toordinal()])
