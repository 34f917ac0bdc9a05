"""What ``configs/expectations.yaml`` may say: row rules by kind, suites by table, hold sentences by reason.

Here belongs the shape of those rules and their loading. Applying them is the work of ``assets.expectations``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError, field_validator, model_validator

from configs.loader import CONFIG_FOLDER, ConfigError, read_yaml
from configs.platform_schema import Frozen

DEFAULT_PATH = CONFIG_FOLDER / "expectations.yaml"


class NumberRule(Frozen):
    """The range of one numeric column, the same in every kind that has the column."""

    max: float = Field(allow_inf_nan=False)
    min: float = Field(default=0.0, allow_inf_nan=False)
    is_min_refused: bool = False  # a bid of 0 is not a bid
    is_money: bool = False  # stored in micros; the bounds here are main currency units
    may_be_infinite: bool = False  # growth from nothing, never money

    @model_validator(mode="after")
    def _ordered(self) -> NumberRule:
        if self.min >= self.max:
            raise ValueError(f"min {self.min:g} must be below max {self.max:g}")
        return self


class KindRules(Frozen):
    """What a row of one kind must satisfy beyond the ranges of its columns."""

    date: str = ""  # column with the row's day; empty = a state without a day
    is_daily: bool = False  # a day that is missing can be named
    max_age_days: int = Field(default=800, ge=1)
    required: tuple[str, ...] = ()
    key: tuple[str, ...] = ()  # beside platform, account and the day; empty = only exact duplicates are told
    click_slack: float | None = Field(default=None, ge=0)  # clicks <= impressions + slack
    click_slack_except: dict[str, str] = Field(default_factory=dict)  # column -> pattern of rows left aside
    conversions_per_click: float | None = Field(default=None, gt=0)
    conversions_slack: float = Field(default=0.0, ge=0)


class RowRules(Frozen):
    """Row rules: columns mean the same in every kind, so their ranges are stated once."""

    numbers: dict[str, NumberRule]
    allowed: dict[str, tuple[str, ...]]
    patterns: dict[str, str]
    kinds: dict[str, KindRules]

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: dict[str, str]) -> dict[str, str]:
        for column, pattern in patterns.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern of {column} does not compile: {error}") from error
        return patterns


class Suite(Frozen):
    """What one of tonight's tables must satisfy as a whole. Rules on a column that is not required wait for it."""

    min_rows: int = Field(default=0, ge=0)
    max_rows: int = Field(default=50_000_000, ge=1)
    required: tuple[str, ...]
    not_null: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    between: dict[str, tuple[float, float]] = Field(default_factory=dict)
    in_set: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ordered: tuple[tuple[str, ...], ...] = ()  # each a chain of columns that may not fall
    may_be_infinite: tuple[str, ...] = ()
    remedy: str = "Nothing is published from it. Mend what the night was given, or the stage, and run the night again."

    @model_validator(mode="after")
    def _strict_columns_are_required(self) -> Suite:
        loose = sorted({*self.not_null, *self.unique} - set(self.required))
        if loose:
            raise ValueError(f"not_null and unique name {loose[:5]}, which are not in required; add them there")
        return self


class Sentence(Frozen):
    """One sentence in both languages with ``{field}`` places."""

    zh: str
    en: str


class Expectations(Frozen):
    """All of ``configs/expectations.yaml``."""

    rows: RowRules
    finite_limit: float = Field(gt=0, allow_inf_nan=False)  # of every float column without a range of its own
    whole_table_rows: int = Field(default=100_000, ge=1)  # larger tables are checked by vectorised rules
    suites: dict[str, Suite]
    holds: dict[str, Sentence]
    warnings: dict[str, Sentence]


@lru_cache(maxsize=4)
def load_expectations(path: Path = DEFAULT_PATH) -> Expectations:
    """Return the rules of ``path``; raise ConfigError that names the keys to mend."""
    try:
        return Expectations.model_validate(read_yaml(path))
    except ValidationError as error:
        found = error.errors()
        lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in found[:5]]
        tail = f"\n  and {len(found) - 5} more" if len(found) > 5 else ""
        raise ConfigError(
            f"{path} is not valid:\n" + "\n".join(lines) + tail + "\nMend these keys and run again."
        ) from error
