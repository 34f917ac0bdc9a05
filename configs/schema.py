"""The shop's own settings, guardrails and calendar: frozen models, no unknown key, every default a stated number.

Platform knowledge is in ``configs.platform_schema``; reading files is in ``configs.loader``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field, model_validator

from configs.money_schema import Explore, Focus, Pacing, Tier
from configs.platform_schema import Frozen


class Shop(Frozen):
    """Who the shop is: its clock and its money."""

    name: str = "demo shop"
    time_zone: str = "Asia/Shanghai"
    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")


class PlatformUse(Frozen):
    """How the shop uses one platform. Money is per day, in the shop currency."""

    is_enabled: bool = True
    account: str = "main"
    required: tuple[str, ...] = ("keyword_daily",)
    report_lag_days: int = Field(default=0, ge=0, le=7)
    min_cost: float = Field(default=0.0, ge=0)
    max_cost: float | None = Field(default=None, ge=0)  # the same as min_cost: frozen
    min_share: float | None = Field(default=None, ge=0, le=1)  # of budget.daily_total, not of what happens to be spent
    max_share: float | None = Field(default=None, ge=0, le=1)
    min_roas: float | None = Field(default=None, gt=0)  # sales over cost of all that is moved here
    min_marginal_value: float | None = Field(default=None, gt=0)  # of value_basis, by the next unit of cost
    roas_floor: float | None = Field(default=None, gt=0)
    tier: Tier | None = None  # whose share of the money it is part of, see Focus
    ltv_multiplier: float = Field(default=1.0, gt=0, le=20)  # what a sale is worth with later ones, on value_basis ltv
    channel: str | None = (
        None  # sales channel of the shop's own orders in which its orders arrive; None = the whole shop
    )
    upload: tuple[str, ...] = ()  # names of the bid files wanted; empty = every one that is no alternative
    edits_reserved: int = Field(
        default=0, ge=0
    )  # of the platform's edits a day, kept for those that people make by hand


class CampaignLimits(Frozen):
    """What one campaign, or one ad group of it, may spend and has to bring; as on a platform."""

    min_cost: float = Field(default=0.0, ge=0)
    max_cost: float | None = Field(default=None, ge=0)
    min_roas: float | None = Field(default=None, gt=0)
    min_marginal_value: float | None = Field(default=None, gt=0)


class Budget(Frozen):
    """The nightly money. ``daily_total`` None = what the last full week spent on average."""

    daily_total: float | None = Field(default=None, ge=0)
    mode: Literal["fixed", "flexible"] = "flexible"
    min_roas: float | None = Field(default=None, gt=0)  # as on a platform, of all platforms together
    min_marginal_value: float | None = Field(default=None, gt=0)
    kol_share: float = Field(default=0.15, ge=0, le=1)


class RoasGoals(Frozen):
    """The user's lines: prune under the floor, aim for the target, scale above the last."""

    floor: float = Field(default=2.0, gt=0)
    target: float = Field(default=3.0, gt=0)
    scale: float = Field(default=4.0, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> RoasGoals:
        if not self.floor <= self.target <= self.scale:
            raise ValueError(
                f"roas floor {self.floor}, target {self.target}, scale {self.scale} must rise; raise target or scale"
            )
        return self


class Window(Frozen):
    """The days that estimates look back on."""

    days: int = Field(default=60, ge=7, le=400)
    half_life_days: float = Field(default=14.0, gt=0)


class FloorRule(Frozen):
    """When the ROI floor acts, which share of mistakes is accepted, and when a paused keyword gets another chance."""

    level: float = Field(default=0.80, gt=0.5, lt=1)
    max_false_share: float = Field(default=0.10, gt=0, lt=1)
    min_clicks: float = Field(default=0.0, ge=0)
    probation: Literal["ours", "all", "off"] = "ours"  # who may return: what a night paused, any, none
    probation_share: float = Field(default=0.01, ge=0, le=0.2)  # of a platform's cost a day, for all trials together
    probation_days: int = Field(default=14, ge=1, le=90)
    horizon_days: int = Field(default=90, ge=1, le=730)  # what a trial teaches is used for so long
    daily_discount: float = Field(default=0.99, gt=0, le=1)  # of a later day: rates drift, so lessons age


class ScoreWeights(Frozen):
    """Weights of the 0-100 score; they are shown beside it and must add up to 1."""

    volume: float = Field(default=0.35, ge=0)
    competition: float = Field(default=0.20, ge=0)
    conversion: float = Field(default=0.45, ge=0)

    @model_validator(mode="after")
    def _sum_to_one(self) -> ScoreWeights:
        total = self.volume + self.competition + self.conversion
        if abs(total - 1) > 1e-9:
            raise ValueError(f"score weights add up to {total:g}, they must add up to 1")
        return self


class KolRules(Frozen):
    """The KOL portfolio's frame."""

    horizon_days: int = Field(default=28, ge=1, le=180)
    max_share_per_kol: float = Field(default=0.4, gt=0, le=1)
    min_koc_per_head: float = Field(default=0.0, ge=0)
    max_offers: int = Field(default=20, ge=0)
    max_new_per_audience: int | None = Field(default=10, ge=0)  # new offers for one category x platform; None = any
    max_share_per_audience: float = Field(default=1.0, gt=0, le=1)  # of all permitted fees
    max_tests: int = Field(default=2, ge=0)  # partners without own posts, signed for what their post teaches
    max_test_share: float = Field(default=0.2, ge=0, le=1)  # of all permitted fees
    max_tail_loss: float | None = Field(
        default=None, ge=0
    )  # of all permitted fees, lost in the worst tenth; None = any


class Discovery(Frozen):
    """When a search term becomes a keyword or a negative, and which words may not be bought."""

    min_clicks: float = Field(default=3.0, ge=0)
    max_new_keywords: int = Field(default=50, ge=0)
    max_new_negatives: int = Field(default=50, ge=0)
    max_proposals: int = Field(default=20, ge=0)  # a platform and source (another platform, the market)
    are_proposals_held: bool = True  # False: inside the guardrails they are bought without a person
    blocked_terms: tuple[str, ...] = ()  # never bought
    other_brands: tuple[str, ...] = ()  # other people's brands: never bought
    allowed_terms: tuple[str, ...] = ()  # harmless words that hold one of configs/words.yaml
    protected_terms: tuple[str, ...] = ()  # never excluded, like the shop's own brand


class FxRate(Frozen):
    """What one unit of ``currency`` is worth in the shop currency from ``from_date`` on."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    from_date: date
    rate: float = Field(gt=0, allow_inf_nan=False)


class Confirmed(Frozen):
    """A person looked at a real export and found a report's description right (``bidwright inspect --confirm``)."""

    on: date
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    headers: tuple[str, ...]


class Settings(Frozen):
    """All that a shop may set. ``<home>/settings.yaml`` goes over ``configs/settings.yaml`` key by key."""

    shop: Shop = Shop()
    platforms: dict[str, PlatformUse] = Field(default_factory=dict)
    campaigns: dict[str, CampaignLimits] = Field(default_factory=dict)  # "platform / campaign" or ".. / ad group"
    budget: Budget = Budget()
    focus: Focus = Focus()
    pacing: Pacing = Pacing()
    roas: RoasGoals = RoasGoals()
    window: Window = Window()
    floor: FloorRule = FloorRule()
    score_weights: ScoreWeights = ScoreWeights()
    value_basis: Literal["margin", "conversion_value", "ltv"] = "margin"  # ltv: margin x the platform's multiplier
    default_margin: float | None = Field(default=None, gt=0, le=1)
    refund_share: float = Field(default=0.0, ge=0, lt=1)  # of sales, where the shop's own orders do not tell
    kol: KolRules = KolRules()
    discovery: Discovery = Discovery()
    explore: Explore = Explore()
    fx: tuple[FxRate, ...] = ()
    review: Literal["auto", "approve"] = "auto"
    threads: int = Field(default=1, ge=1, le=64)
    schedule: str = "30 2 * * *"
    is_schedule_on: bool = True
    deadline: str = Field(default="09:30", pattern=r"^\d\d:\d\d$")
    lease_wait_seconds: float = Field(default=30.0, ge=0)
    messages_to: tuple[str, ...] = ()
    confirmed: dict[str, Confirmed] = Field(default_factory=dict)  # "platform/report"; kept in <home>/confirmed.yaml


class Guardrails(Frozen):
    """Hard limits that no optimum may cross. Shares are 0-1."""

    max_raise: float = Field(default=0.30, gt=0, le=2)
    max_lower: float = Field(default=0.30, gt=0, lt=1)
    max_budget_raise: float = Field(default=0.30, gt=0, le=2)
    max_budget_lower: float = Field(default=0.30, gt=0, lt=1)
    min_change: float = Field(default=0.02, ge=0, lt=1)  # smaller moves are kept as they are
    max_paused_share: float = Field(default=0.20, ge=0, le=1)  # of a platform's cost, a night
    max_jump: float = Field(default=20.0, gt=1)  # of a platform's cost against its median day
    max_drop: float = Field(default=0.95, gt=0, lt=1)
    max_failed_share: float = Field(default=0.05, ge=0, lt=1)
    max_restatement: float = Field(default=0.05, ge=0, lt=1)
    max_expected_spend: float = Field(default=1.5, ge=1)  # of last week's mean day
    max_unapplied_days: int = Field(default=30, ge=1)
    entity_max_age_days: int = Field(default=14, ge=1)


class Anchor(Frozen):
    """A day that moves from year to year: a table of its dates, or the n-th weekday of a month."""

    dates: tuple[date, ...] = ()
    month: int | None = Field(default=None, ge=1, le=12)
    weekday: int = Field(default=0, ge=0, le=6)  # 0 = Monday
    nth: int = Field(default=1, ge=1, le=4)
    source: str = ""  # who says so

    @model_validator(mode="after")
    def _is_told_once(self) -> Anchor:
        if bool(self.dates) == (self.month is not None):
            raise ValueError("an anchor has either dates or month, weekday and nth; keep one of the two")
        return self

    def days(self, first_year: int, last_year: int) -> tuple[date, ...]:
        """Return its days in these years; a year that the table does not reach has none."""
        if self.month is None:
            return tuple(one for one in self.dates if first_year <= one.year <= last_year)
        firsts = [date(year, self.month, 1) for year in range(first_year, last_year + 1)]
        return tuple(
            one + timedelta(days=(self.weekday - one.weekday()) % 7 + 7 * (self.nth - 1)) for one in firsts
        )  # fmt: skip


class Event(Frozen):
    """A phase of a promotion, or days to leave out of every estimate.

    Its days are ``start`` to ``end`` (with or without a year), or ``first_day`` to ``last_day`` counted from ``anchor``.
    """

    name: str
    start: str | None = Field(default=None, pattern=r"^(\d{4}-)?\d\d-\d\d$")
    end: str | None = Field(default=None, pattern=r"^(\d{4}-)?\d\d-\d\d$")  # last day included
    anchor: str = ""
    first_day: int = Field(default=0, ge=-120, le=120)
    last_day: int = Field(default=0, ge=-120, le=120)
    kind: Literal["promotion", "outage"] = "promotion"
    factor: float = Field(default=1.0, gt=0, le=20)  # expected clicks against a usual day
    cvr_factor: float = Field(default=1.0, gt=0, le=20)  # expected conversions a click against a usual day
    presale: bool = False  # deposits now, orders later: conversions of these days mature by a curve of their own
    platforms: tuple[str, ...] = ()  # empty = all
    time_zones: tuple[str, ...] = ()  # where no platform is named: those with one of these clocks

    @model_validator(mode="after")
    def _has_days(self) -> Event:
        if (self.start is None) != (self.end is None) or (self.start is None) == (self.anchor == ""):
            raise ValueError(f"{self.name}: give start and end, or an anchor with first_day and last_day")
        if self.anchor and self.first_day > self.last_day:
            raise ValueError(f"{self.name}: first_day {self.first_day} is after last_day {self.last_day}; swap them")
        if self.start is not None and self.end is not None:
            self._refuse_bad_days(self.start, self.end)
        return self

    def _refuse_bad_days(self, start: str, end: str) -> None:
        if len(start) != len(end):
            raise ValueError(f"{self.name}: start {start} and end {end} must both have a year, or neither")
        for told in (start, end):
            date.fromisoformat(told if len(told) > len("MM-DD") else f"2024-{told}")  # a leap year: 02-29 is a day
        if len(start) > len("MM-DD") and start > end:
            raise ValueError(f"{self.name}: ends on {end} before it starts on {start}; swap start and end")


class Calendar(Frozen):
    """Promotions and outages, and the moving days that they are counted from."""

    anchors: dict[str, Anchor] = Field(default_factory=dict)
    events: tuple[Event, ...] = ()

    @model_validator(mode="after")
    def _has_known_names(self) -> Calendar:
        names = [event.name for event in self.events]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"events named twice: {', '.join(twice[:5])}; what is learned goes by the name, rename one"
            )
        lost = sorted({event.anchor for event in self.events} - {"", *self.anchors})
        if lost:
            raise ValueError(f"unknown anchors {', '.join(lost[:5])}; known are {', '.join(sorted(self.anchors))}")
        return self
