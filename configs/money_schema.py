"""Settings of where money goes beside the plain optimum: tiers of platforms, days to come, and what is spent to learn.

Here belong the models; they are part of ``configs.schema.Settings``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from configs.platform_schema import Frozen

Tier = Literal["core", "growing", "testing"]


class TierShare(Frozen):
    """Least and most that a tier's platforms may spend together, as shares of ``budget.daily_total``; None = no limit."""

    min_share: float | None = Field(default=None, ge=0, le=1)
    max_share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> TierShare:
        if self.min_share is not None and self.max_share is not None and self.min_share > self.max_share:
            raise ValueError(f"min_share {self.min_share} is above max_share {self.max_share}; lower it")
        return self


class Focus(Frozen):
    """What core, growing and testing platforms share; a tier counts once ``platforms.<name>.tier`` names it.

    70/20/10 (Schmidt and Rosenberg 2014, "How Google Works"): most on what is proven, a little on what may be. Half of
    the testing share is spent for sure, or nothing would be learned of a platform under test; the half is an assumption.
    """

    core: TierShare = TierShare(min_share=0.70)
    growing: TierShare = TierShare(max_share=0.20)
    testing: TierShare = TierShare(min_share=0.05, max_share=0.10)


class Pacing(Frozen):
    """Money for a span of days, from which each night's total is made; it then stands for ``budget.daily_total``.

    Everything that the daily total pays for counts, fees of posts too. Off while neither span has money.
    """

    month_total: float | None = Field(default=None, gt=0)  # of a calendar month
    events: dict[str, float] = Field(
        default_factory=dict
    )  # money for all days of an event of the calendar, by its name
    min_day: float = Field(default=0.0, ge=0)  # of a day to come
    max_day: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _has_money(self) -> Pacing:
        bad = sorted(name for name, money in self.events.items() if not 0 < money < float("inf"))
        if bad:
            raise ValueError(f"pacing.events need money above 0: {', '.join(bad[:5])}; remove or mend them")
        if self.max_day is not None and self.min_day > self.max_day:
            raise ValueError(f"pacing.min_day {self.min_day} is above max_day {self.max_day}; lower it")
        return self


class Explore(Frozen):
    """Money spent to learn, besides what it earns; a share of 0 switches either kind off.

    Every edited bid is moved at random by up to ``jitter_share``, which teaches how clicks answer to bids. Keywords whose
    value a click would be worth knowing better are bid up for ``days`` by up to ``share`` of the daily total together.
    """

    jitter_share: float = Field(default=0.05, ge=0, le=0.2)
    share: float = Field(default=0.02, ge=0, le=0.2)
    days: int = Field(default=7, ge=1, le=90)  # a bid that explores is weighed as if it stayed up for so long
    horizon_days: int = Field(default=60, ge=1, le=730)  # what is learned is used for so long

    @model_validator(mode="after")
    def _ordered(self) -> Explore:
        if self.days > self.horizon_days:
            raise ValueError(f"explore.days {self.days} is above horizon_days {self.horizon_days}; lower it")
        return self
