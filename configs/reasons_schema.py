"""What ``configs/reasons.yaml`` may say: why a row changes, in Chinese and English, and the words for actions.

Here belongs the shape of those sentences and the list of fields they may name. Filling in the numbers is the work of
``assets.presentation.reasons``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal

from pydantic import ValidationError, field_validator

from configs.loader import CONFIG_FOLDER, ConfigError, read_yaml
from configs.platform_schema import Frozen

FieldKind = Literal[
    "text", "limit", "platform", "value", "money", "change", "ratio", "share", "signed_share", "count", "amount"
]

# Columns of `recommendations` that a sentence may name, and how each is printed.
COLUMN_FIELDS: dict[str, FieldKind] = {
    "platform": "platform", "item": "text", "campaign": "text", "ad_group": "text", "keyword": "text",
    "search_term": "text", "product_id": "text", "evidence_grade": "text", "status": "text",
    "binding_limit": "limit", "hold_reason": "limit", "old_value": "value", "new_value": "value",
    "cost": "money", "expected_cost": "money", "cost_change": "change", "value_change": "change",
    "profit_change": "change", "profit_change_low": "change", "profit_change_high": "change",
    "roas": "ratio", "roas_low": "ratio", "roas_high": "ratio", "marginal_roas": "ratio", "p_below_floor": "share",
    "p_unprofitable": "share", "p_loss": "share", "lowest_bid": "value", "lowest_cpc": "money",
    "lowest_marginal_cost": "money", "expected_waste": "money", "probation_worth": "change",
    "clicks": "count", "conversions": "count", "searches": "count",
    "growth": "ratio", "growth_low": "ratio", "growth_high": "ratio", "growth_usual": "ratio",
    "competition": "share", "source": "platform", "score": "count",
    "limit_seen": "amount", "limit_most": "amount", "brand_value": "change",
}  # fmt: skip
# Fields that are worked out from the columns and the settings.
DERIVED_FIELDS: dict[str, FieldKind] = {
    "change_share": "signed_share", "floor": "ratio", "target": "ratio", "scale": "ratio",
    "level": "share",
}  # fmt: skip
FIELDS: dict[str, FieldKind] = {**COLUMN_FIELDS, **DERIVED_FIELDS}


class Words(Frozen):
    """One short text in both languages."""

    zh: str
    en: str


class Template(Words):
    """One sentence in both languages whose ``{field}`` places are filled from a recommendation row."""

    @field_validator("zh", "en")
    @classmethod
    def _only_known_fields(cls, text: str) -> str:
        unknown = sorted(set(template_fields(text)) - set(FIELDS))
        if unknown:
            raise ValueError(f"unknown fields {unknown[:5]}; a sentence may name {sorted(FIELDS)}")
        return text


class Reason(Frozen):
    """Why a row is as it is: a short title, the sentence, and what would change it."""

    title: Words
    sentence: Template
    would_change: Template


class Reasons(Frozen):
    """All words that people read beside a number."""

    reasons: dict[str, Reason]
    actions: dict[str, Words]
    levers: dict[str, Words]
    limits: dict[str, Words]
    places: dict[str, Words]
    notes: tuple[Words, ...]


def template_fields(text: str) -> tuple[str, ...]:
    """Return the field names in a ``{field}`` template, in order; plain names only, no format or attribute."""
    names = []
    for _, name, specification, conversion in Formatter().parse(text):
        if name is None:
            continue
        if specification or conversion or not name.isidentifier():
            raise ValueError(f"{{{name}}} must be a plain field name without format, index or attribute")
        names.append(name)
    return tuple(names)


@lru_cache(maxsize=4)
def load_reasons(path: Path = CONFIG_FOLDER / "reasons.yaml") -> Reasons:
    """Return the sentences of ``path``; raise ConfigError that names the keys to mend."""
    try:
        return Reasons.model_validate(read_yaml(path))
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()[:5]]
        more = error.error_count() - len(lines)
        tail = f"\n  and {more} more" if more > 0 else ""
        raise ConfigError(
            f"{path} is not valid:\n" + "\n".join(lines) + tail + "\nMend these keys and run again."
        ) from error
