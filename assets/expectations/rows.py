"""Row rules: splits a frame of facts into the rows that may pass and those that go to quarantine, with every reason.

Here belongs the splitting and the telling. What makes a row wrong is in ``assets.expectations.predicates``, the
numbers are in ``configs/expectations.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from assets.expectations.predicates import Broken, Mask, broken_rules, coded_frame, number_words
from assets.platforms.coded import CodedTable, are_different, in_common
from configs.expectations_schema import Expectations, KindRules, load_expectations

# Bit i of `reason_mask` is RULES[i]: append, never reorder.
RULES = (
    "missing", "date_missing", "date_in_future", "date_too_old", "period_reversed", "not_finite", "below_minimum",
    "above_maximum", "unknown_value", "malformed", "clicks_over_impressions", "conversions_over_clicks",
    "duplicate_key_conflict",
)  # fmt: skip
DAY_COLUMNS = ("report_date", "order_date", "post_date", "period_start", "period_end")
SOURCE_COLUMNS = ("line", "file")  # where a row stood, not what it says
VALUE_WITHOUT_CONVERSIONS = "value_without_conversions"
EXACT_DUPLICATE = "exact_duplicate"
SHOWN = 5
QUARANTINE_COLUMNS = ("file", "line", "column", "value", "reason", "row")


class UnknownKindError(ValueError):
    """No row rules exist for a kind of facts, so none of its rows may pass."""

    def __init__(self, kind: str, known: tuple[str, ...]) -> None:
        self.kind, self.known = kind, known
        super().__init__(
            f"cannot check rows of kind {kind!r}: rules exist for {len(known)} kinds ({', '.join(known[:5])} ...). "
            f"Add {kind!r} under rows.kinds in configs/expectations.yaml."
        )


@dataclass(frozen=True)
class RowCheck:
    """What became of a frame's rows. ``good`` + ``bad`` + ``duplicates`` are all of them.

    ``bad`` has `reasons` (``rule:column`` joined by ``;``) and `reason_mask` (bit i = RULES[i]). ``counts`` says how
    many rows each reason met; ``warnings`` speaks of rows that stay good.
    """

    good: pd.DataFrame
    bad: pd.DataFrame
    duplicates: pd.DataFrame
    counts: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RowVerdict:
    """Which rows are bad and why, and which repeat an earlier one; see ``RowCheck`` for counts and warnings."""

    is_bad: Mask
    is_repeated: Mask
    met: tuple[Broken, ...]
    counts: dict[str, int]
    warnings: dict[str, int]

    @property
    def is_good(self) -> Mask:
        """Return the rows that may pass."""
        return ~(self.is_bad | self.is_repeated)

    def with_reasons(self, bad: pd.DataFrame) -> pd.DataFrame:
        """Return the bad rows with `reasons` and `reason_mask`."""
        reasons = np.full(len(bad), "", dtype=object)
        bits = np.zeros(len(bad), dtype=np.int64)
        for rule, column, mask in self.met:
            here = mask[self.is_bad]
            reasons[here] += ";" + reason_code(rule, column)
            bits[here] |= np.int64(1) << RULES.index(rule)
        return bad.assign(
            reasons=pd.array([text.removeprefix(";") for text in reasons], dtype="str"),
            reason_mask=pd.array(bits, dtype="Int64"),
        )


def check_rows(frame: pd.DataFrame, kind: str, night: date) -> RowCheck:
    """Split ``frame`` (money in micros) by the rules of ``kind``; null is not 0 and passes unless it is required."""
    rows = coded_frame(frame, load_expectations().rows.numbers, DAY_COLUMNS)
    verdict = judge_rows(rows, kind, night)
    bad = verdict.with_reasons(_chosen(frame, verdict.is_bad))
    good, repeated = (_chosen(frame, one) for one in (verdict.is_good, verdict.is_repeated))
    return RowCheck(good, bad, repeated, verdict.counts, verdict.warnings)


def judge_rows(rows: CodedTable, kind: str, night: date) -> RowVerdict:
    """Return which rows the rules of ``kind`` let pass; the same rules as ``check_rows``, for coded rows."""
    expectations = load_expectations()
    rules = kind_rules(kind, expectations)
    repeated, conflicting = _duplicates(rows, rules)
    broken = [*broken_rules(rows, expectations.rows, rules, night), ("duplicate_key_conflict", "", conflicting)]
    met = tuple(one for one in broken if one[2].any())
    is_bad = np.zeros(len(rows), dtype=bool)
    for _, _, mask in met:
        is_bad |= mask
    is_repeated = repeated & ~is_bad
    counts = {reason_code(rule, column): int(mask.sum()) for rule, column, mask in met}
    if is_repeated.any():
        counts[EXACT_DUPLICATE] = int(is_repeated.sum())
    return RowVerdict(is_bad, is_repeated, met, counts, _warnings(rows, ~(is_bad | is_repeated)))


def kind_rules(kind: str, expectations: Expectations) -> KindRules:
    """Return the rules of ``kind``; raise UnknownKindError where there are none."""
    if kind not in expectations.rows.kinds:
        raise UnknownKindError(kind, tuple(expectations.rows.kinds))
    return expectations.rows.kinds[kind]


def reason_code(rule: str, column: str) -> str:
    """Return the code that people and counts see: the rule, with its column where it has one."""
    return f"{rule}:{column}" if column else rule


def quarantine_table(bad: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return the bad rows for writing down: a row per file line and reason, and the whole row as text beside it."""
    shown = bad.drop(columns=[name for name in ("reasons", "reason_mask") if name in bad])
    texts = [_row_text(record) for record in shown.to_dict(orient="records")]
    long = pd.DataFrame({
        "file": pd.Series(file, index=bad.index, dtype="str"),
        "line": bad["line"] if "line" in bad else pd.Series(pd.NA, index=bad.index, dtype="Int64"),
        "reason": bad["reasons"].str.split(";"),
        "row": pd.Series(texts, index=bad.index, dtype="str"),
        "at": np.arange(len(bad)),
    }).explode("reason", ignore_index=True)  # fmt: skip
    parts = long["reason"].astype("str").str.split(":", n=1)
    long["reason"], column = parts.str[0].astype("str"), parts.str[1].fillna("").astype("str")
    long["column"] = column
    long["value"] = [
        "" if name not in shown else str(shown[name].iloc[at]) for name, at in zip(column, long["at"], strict=True)
    ]
    return long.astype({"value": "str"})[list(QUARANTINE_COLUMNS)]


def describe_bad_rows(bad: pd.DataFrame) -> list[str]:
    """Return one sentence that counts the bad rows and names the first lines with their reasons; none for no bad row."""
    if bad.empty:
        return []
    named = [f"line {line}: {why}" for line, why in bad[["line", "reasons"]].head(SHOWN).itertuples(index=False)]
    more = len(bad) - len(named)
    tail = f" and {more} more" if more > 0 else ""
    return [
        f"{len(bad)} rows break the row rules and are set aside ({'; '.join(named)}{tail}). Mend them in the export."
    ]


def _row_text(record: Mapping[Any, Any]) -> str:
    return "; ".join(f"{name}={value}" for name, value in record.items() if pd.notna(value))


def _chosen(frame: pd.DataFrame, mask: Mask) -> pd.DataFrame:
    if mask.all():
        return frame.reset_index(drop=True)
    return frame[mask].reset_index(drop=True) if mask.any() else frame.iloc[:0]


def _duplicates(rows: CodedTable, rules: KindRules) -> tuple[Mask, Mask]:
    """Return the rows that repeat an earlier one exactly, and the rows that share a key but differ."""
    nothing = np.zeros(len(rows), dtype=bool)
    told = [name for name in rows.columns if name not in SOURCE_COLUMNS]
    key = [name for name in ("platform", "account", *DAY_COLUMNS, *rules.key) if name in rows] if rules.key else told
    if not key or _names_differ(rows, key):
        return nothing, nothing
    shared = in_common([rows[name] for name in key], len(rows))
    if not shared.any():
        return nothing, nothing
    repeated, conflicting = nothing.copy(), nothing.copy()
    some = CodedTable({name: rows[name] for name in told}, len(rows)).keep(shared)
    values = pd.DataFrame({name: column.merged().codes for name, column in some.columns.items()})
    repeated[shared] = values.duplicated().to_numpy(dtype=bool)
    n_versions = values.assign(is_first=~repeated[shared]).groupby(key)["is_first"].transform("sum")
    conflicting[shared] = (n_versions > 1).to_numpy(dtype=bool)
    return repeated, conflicting


def _names_differ(rows: CodedTable, key: list[str]) -> bool:
    """Return whether the day and the name with most words tell all rows apart, so that nothing else needs a look."""
    longest = max(key, key=lambda name: len(rows[name].words))
    return are_different([rows[name] for name in key if name == longest or name in DAY_COLUMNS], len(rows))


def _warnings(rows: CodedTable, is_good: Mask) -> dict[str, int]:
    if "conversion_value" not in rows or "conversions" not in rows:
        return {}
    value, sold = rows["conversion_value"], rows["conversions"]
    is_found = value.where(number_words(value) > 0) & sold.where(number_words(sold) == 0) & is_good
    return {VALUE_WITHOUT_CONVERSIONS: int(is_found.sum())} if is_found.any() else {}
