"""The platform gate: decides which platforms keep their bids tonight, and says why in both languages.

Here belongs one small rule per reason, most severe first as in ``configs/expectations.yaml``. Rules are pure: the same
tables give the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from assets.expectations.agreement import cross_report_differences
from assets.expectations.claims import claimed_over_own
from assets.expectations.platform_facts import Background, PlatformFacts, gather_facts
from configs.expectations_schema import Expectations, Sentence, load_expectations
from configs.schema import Guardrails, PlatformUse

Fields: TypeAlias = dict[str, str] | None  # what the sentence needs; None = no reason to hold
KindRule: TypeAlias = Callable[[PlatformFacts, str], Fields]

MIN_HISTORY_DAYS = 7
CONFLICT_DAYS = 7  # of older contradictions the rest of the window knows more
JUMP_WITHOUT_HISTORY = 100.0
OK = "ok"
STATUS_DTYPES = {
    "platform": "str", "is_held": "bool", "reason_code": "str", "reason_zh": "str", "reason_en": "str",
    "reasons": "str", "warnings": "str", "warning_zh": "str", "warning_en": "str",
    "last_complete_date": "datetime64[us]", "cost_last_day": "float64", "cost_median_day": "float64",
    "n_quarantined": "Int64", "failed_share": "float64", "n_messages": "Int64",
}  # fmt: skip


def judge_platforms(
    profile: pd.DataFrame,
    source_files: pd.DataFrame,
    history: pd.DataFrame | Background,
    uses: Mapping[str, PlatformUse],
    night: date,
    guardrails: Guardrails,
) -> pd.DataFrame:
    """Return the table `platform_status`: one row per enabled platform, held or not, with its first reason in words.

    ``profile`` speaks of the rows that count tonight (costs in main currency units); ``history`` of earlier days, or a
    ``Background`` where restatements and missing exchange rates are known too.
    """
    expectations = load_expectations()
    background = history if isinstance(history, Background) else Background(history)
    enabled = {name: use for name, use in sorted(uses.items()) if use.is_enabled}
    claims = claimed_over_own(profile, {name: use.required for name, use in enabled.items()}, night)
    differences = cross_report_differences(profile)
    rows = []
    for name, use in enabled.items():
        facts = gather_facts(name, use, (profile, source_files, background), night, guardrails)
        warned = [] if claims is None else [("claimed_over_own", claims)]
        warned += [(one.code, one.fields) for one in differences if one.platform == name]
        rows.append(_status(facts, warned, expectations))
    return pd.DataFrame(rows, columns=list(STATUS_DTYPES)).astype(STATUS_DTYPES)


def _status(
    facts: PlatformFacts, warned: list[tuple[str, dict[str, str]]], expectations: Expectations
) -> dict[str, Any]:
    found = {code: fields for code in expectations.holds if (fields := HOLD_RULES[code](facts)) is not None}
    last = facts.last_complete_date
    if found:
        code, fields = next(iter(found.items()))
        sentence = expectations.holds[code]
    else:
        code, fields, sentence = OK, {"date": _day(last)}, expectations.warnings[OK]
    zh, en = _say(sentence, facts.name, fields)
    warnings = [_say(expectations.warnings[one], facts.name, told) for one, told in warned]
    days = facts.main_days
    history = facts.history(next(iter(facts.days), ""))
    tonight = facts.files[facts.files["as_of"] == pd.Timestamp(facts.night)]
    return {
        "platform": facts.name, "is_held": bool(found), "reason_code": code, "reason_zh": zh, "reason_en": en,
        "reasons": ";".join(found), "warnings": ";".join(dict.fromkeys(one for one, _ in warned)),
        "warning_zh": "".join(zh for zh, _ in warnings), "warning_en": " ".join(en for _, en in warnings),
        "last_complete_date": last,
        "cost_last_day": days["cost"].get(last, np.nan), "cost_median_day": history["cost"].median(),
        "n_quarantined": int(tonight["quarantined_rows"].sum()),
        "failed_share": pd.Series([_failed_share(facts, kind) for kind in facts.use.required], dtype="float64").max(),
        "n_messages": int((tonight["message"].fillna("") != "").sum()),
    }  # fmt: skip


def _say(sentence: Sentence, platform: str, fields: Mapping[str, str]) -> tuple[str, str]:
    return sentence.zh.format(platform=platform, **fields), sentence.en.format(platform=platform, **fields)


def _day(value: Any) -> str:
    return "-" if pd.isna(value) else pd.Timestamp(value).date().isoformat()


def _is_present(facts: PlatformFacts, kind: str) -> bool:
    read = facts.files[(facts.files["kind"] == kind) & (facts.files["status"] == "read")]
    return bool((facts.of_kind(kind)["rows"] > 0).any() or (read["rows"] > 0).any() or len(facts.days.get(kind, ())))


def _no_data(facts: PlatformFacts) -> Fields:
    kinds = {*facts.profile["kind"], *facts.files["kind"], *facts.days}
    return None if any(_is_present(facts, kind) for kind in kinds) else {}


def _missing_report(facts: PlatformFacts, kind: str) -> Fields:
    return None if _is_present(facts, kind) else {"kind": kind}


def _missing_last_day(facts: PlatformFacts, kind: str) -> Fields:
    """Hold unless the last complete day is there; a period that reaches it counts too."""
    if kind not in facts.days or not _is_present(facts, kind):
        return None
    day, days, periods = facts.expected_day, facts.days[kind], facts.of_kind(kind)["period_end"]
    if day in days.index or (periods >= day).any():
        return None
    newest = max((one for one in (days.index.max(), periods.max()) if not pd.isna(one)), default=pd.NaT)
    return {"kind": kind, "date": _day(day), "newest": _day(newest)}


def _live(facts: PlatformFacts, wanted: pd.Series) -> pd.DataFrame:
    rows = facts.files[wanted]
    keep = [facts.is_needed(row["kind"]) and not facts.is_superseded(row) for _, row in rows.iterrows()]
    return rows[np.array(keep, dtype=bool)]


def _unreadable_file(facts: PlatformFacts) -> Fields:
    rows = _live(facts, facts.files["status"] == "refused")
    return {"count": str(len(rows)), "file": ", ".join(rows["file"].astype("str").head(5))} if len(rows) else None


def _totals_mismatch(facts: PlatformFacts) -> Fields:
    rows = _live(facts, facts.files["totals_hold"].fillna(False).astype(bool))
    return {"count": str(len(rows)), "file": ", ".join(rows["file"].astype("str").head(5))} if len(rows) else None


def _failed_share(facts: PlatformFacts, kind: str) -> float:
    """Return the larger share of failed rows: as the files were read, or as the profile has it; NaN without rows."""
    files, rows = facts.newest_files(kind), facts.newest_of_kind(kind)
    pairs = ((files["quarantined_rows"].sum(), files["rows"].sum()), (rows["failed_rows"].sum(), rows["rows"].sum()))
    return max((float(failed) / float(failed + good) for failed, good in pairs if failed + good > 0), default=np.nan)


def _too_many_failed(facts: PlatformFacts, kind: str) -> Fields:
    share, limit = _failed_share(facts, kind), facts.guardrails.max_failed_share
    return {"kind": kind, "value": f"{share:.1%}", "limit": f"{limit:.1%}"} if share > limit else None


def _mixed_currency(facts: PlatformFacts, kind: str) -> Fields:
    rows = facts.of_kind(kind)
    found = (
        sorted({code for text in rows["currencies"].dropna() for code in text.split()}) if "currencies" in rows else []
    )
    return {"kind": kind, "value": ", ".join(found)} if len(found) > 1 else None


def _missing_fx(facts: PlatformFacts) -> Fields:
    names = sorted(facts.missing_fx["currency"].astype("str").fillna("?").unique()) if len(facts.missing_fx) else []
    return {"value": ", ".join(names)} if names else None


def _restatement(facts: PlatformFacts) -> Fields:
    """Hold for what was refused tonight; of older refusals the older, larger version counts and needs no hold."""
    rows = facts.restatements
    if "refused_as_of" in rows:
        rows = rows[rows["refused_as_of"] == pd.Timestamp(facts.night)]
    if rows.empty:
        return None
    first = rows["report_date"].min() if "report_date" in rows else pd.NaT
    return {"count": str(len(rows)), "date": _day(first), "limit": f"{facts.guardrails.max_restatement:.1%}"}


def _last_cost(facts: PlatformFacts, kind: str) -> tuple[float, float, float] | None:
    """Return cost, clicks and the median cost before it of the expected day; None where the day is not there."""
    days, day = facts.days.get(kind), facts.expected_day
    if days is None or day not in days.index:
        return None
    here, median = days.index == day, float(facts.history(kind)["cost"].median())
    return float(days["cost"][here].sum(skipna=False)), float(days["clicks"][here].sum(skipna=False)), median


def _cost_unknown(facts: PlatformFacts, kind: str) -> Fields:
    last = _last_cost(facts, kind)
    if last is None or np.isfinite(last[0]):
        return None
    return {"kind": kind, "date": _day(facts.expected_day)}


def _cost_jump(facts: PlatformFacts, kind: str) -> Fields:
    last, n_days = _last_cost(facts, kind), len(facts.history(kind))
    limit = (
        facts.guardrails.max_jump
        if n_days >= MIN_HISTORY_DAYS
        else max(JUMP_WITHOUT_HISTORY, facts.guardrails.max_jump)
    )
    if last is None or not last[2] > 0 or not last[0] > limit * last[2]:
        return None
    return _cost_fields(facts, last, limit)


def _zero_cost_day(facts: PlatformFacts, kind: str) -> Fields:
    last = _last_cost(facts, kind)
    if last is None or len(facts.history(kind)) < MIN_HISTORY_DAYS or last[0] != 0 or not last[2] > 0:
        return None
    return _cost_fields(facts, last, 0.0)


def _cost_drop(facts: PlatformFacts, kind: str) -> Fields:
    """Hold a day whose cost all but vanished, whatever its clicks: a partial export loses both."""
    last, limit = _last_cost(facts, kind), 1 - facts.guardrails.max_drop
    if last is None or len(facts.history(kind)) < MIN_HISTORY_DAYS or not 0 < last[0] < limit * last[2]:
        return None
    return _cost_fields(facts, last, limit)


def _cost_fields(facts: PlatformFacts, last: tuple[float, float, float], limit: float) -> dict[str, str]:
    cost, clicks, median = last
    return {
        "date": _day(facts.expected_day), "value": f"{cost:,.2f}", "median": f"{median:,.2f}",
        "ratio": f"{cost / median:.4g}", "limit": f"{limit:.4g}",
        "clicks": "-" if np.isnan(clicks) else f"{clicks:,.0f}",
    }  # fmt: skip


def _conflict(facts: PlatformFacts) -> Fields:
    """Hold while two files of one night contradict each other about the last days: neither of them can be believed."""
    rows = facts.conflicts
    if rows.empty:
        return None
    recent = rows[rows["report_date"] > pd.Timestamp(facts.night) - pd.Timedelta(days=CONFLICT_DAYS)]
    return {"count": str(len(recent)), "date": _day(recent["report_date"].min())} if len(recent) else None


def _first(rule: KindRule, facts: PlatformFacts) -> Fields:
    """Return what ``rule`` says of the first required kind that breaks it."""
    return next((fields for kind in facts.use.required if (fields := rule(facts, kind)) is not None), None)


HOLD_RULES: dict[str, Callable[[PlatformFacts], Fields]] = {
    "no_data": _no_data,
    "unreadable_file": _unreadable_file,
    "totals_mismatch": _totals_mismatch,
    "failed_share": partial(_first, _too_many_failed),
    "missing_required_report": partial(_first, _missing_report),
    "missing_last_day": partial(_first, _missing_last_day),
    "mixed_currency": partial(_first, _mixed_currency),
    "missing_fx": _missing_fx,
    "restatement_held": _restatement,
    "conflicting_rows": _conflict,
    "cost_unknown": partial(_first, _cost_unknown),
    "cost_jump": partial(_first, _cost_jump),
    "zero_cost_day": partial(_first, _zero_cost_day),
    "cost_drop": partial(_first, _cost_drop),
}
