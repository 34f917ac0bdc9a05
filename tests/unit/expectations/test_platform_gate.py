"""The platform gate: one small healthy shop, and one change for each reason to hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.expectations.gates import Background, judge_platforms
from assets.expectations.holds import HOLD_RULES
from assets.expectations.profile import as_profile, empty_profile
from configs.expectations_schema import load_expectations
from configs.schema import Guardrails, PlatformUse

NIGHT = date(2026, 3, 1)
KIND = "keyword_daily"


def profile_of(costs: list[float], end: date = NIGHT, **change: object) -> pd.DataFrame:
    """Return one profile row a day, the last one on ``end``."""
    days = pd.date_range(end=end, periods=len(costs))
    row = {
        "platform": "google_ads", "account": "main", "kind": KIND, "as_of": pd.Timestamp(NIGHT), "currencies": "CNY",
        "rows": 10, "failed_rows": 0, "clicks": 50, "conversions": 2.0, **change,
    }  # fmt: skip
    return as_profile(
        pd.DataFrame([{**row, "report_date": day, "cost": cost} for day, cost in zip(days, costs, strict=True)])
    )


def a_file(name: str = "a.csv", **change: object) -> dict[str, object]:
    return {
        "file": name, "sha256": name, "as_of": NIGHT, "platform": "google_ads", "kind": KIND, "report": "keywords",
        "status": "read", "first_date": "2026-02-01", "last_date": NIGHT, "rows": 100, "quarantined_rows": 0,
        "totals_hold": False, "message": "", **change,
    }  # fmt: skip


def files_of(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(a_file()))
    dates = dict.fromkeys(("as_of", "first_date", "last_date"), "datetime64[us]")
    return frame.astype({**dates, "rows": "Int64", "quarantined_rows": "Int64", "totals_hold": bool})


@dataclass(frozen=True)
class Shop:
    profile: pd.DataFrame = field(default_factory=lambda: profile_of([100.0] * 20))
    files: pd.DataFrame = field(default_factory=lambda: files_of(a_file()))
    background: pd.DataFrame | Background = field(default_factory=empty_profile)
    use: PlatformUse = field(default_factory=PlatformUse)

    def judge(self) -> pd.Series:
        status = judge_platforms(
            self.profile, self.files, self.background, {"google_ads": self.use}, NIGHT, Guardrails()
        )
        return status.iloc[0]


def known(**facts: object) -> Background:
    return Background(empty_profile(), **facts)


RESTATED = pd.DataFrame({
    "platform": ["google_ads"], "report_date": [pd.Timestamp("2026-02-20")], "refused_as_of": [pd.Timestamp(NIGHT)],
})  # fmt: skip
CONTRADICTED = pd.DataFrame({  # the first is too old to matter tonight, the last is another platform's
    "platform": ["google_ads", "google_ads", "google_ads", "amazon_sp"],
    "report_date": pd.to_datetime(["2026-02-10", "2026-02-27", "2026-03-01", "2026-02-28"]),
})  # fmt: skip
UNPRICED = pd.DataFrame({"platform": ["google_ads", "google_ads", "amazon_sp"], "currency": ["USD", None, "INR"]})
REFUSED = a_file("bad.csv", status="refused", kind="", rows=0, first_date=None, last_date=None, message="half a file")
HELD: list[tuple[str, Callable[[], Shop], str]] = [
    ("no_data", lambda: Shop(empty_profile(), files_of()), "no usable data"),
    ("unreadable_file", lambda: Shop(files=files_of(a_file(), REFUSED)), "1 files that cannot be read: bad.csv"),
    ("missing_required_report", lambda: Shop(use=PlatformUse(required=(KIND, "entities"))), "report entities"),
    (
        "missing_last_day",
        lambda: Shop(profile_of([100.0] * 20, date(2026, 2, 28))),
        "2026-03-01 in keyword_daily, the newest day is 2026-02-28",
    ),
    (
        "totals_mismatch",
        lambda: Shop(files=files_of(a_file(status="quarantined", totals_hold=True))),
        "rows of a.csv do not add up",
    ),
    (
        "failed_share",
        lambda: Shop(profile_of([100.0] * 20, failed_rows=1)),
        "9.1% of the rows of keyword_daily failed, the limit is 5.0%",
    ),
    (
        "failed_share",
        lambda: Shop(files=files_of(a_file(rows=70, quarantined_rows=30, status="quarantined"))),
        "30.0% of the rows",
    ),
    ("mixed_currency", lambda: Shop(profile_of([100.0] * 20, currencies="CNY USD")), "mixes currencies: CNY, USD"),
    ("missing_fx", lambda: Shop(background=known(missing_fx=UNPRICED)), "no exchange rate for ?, USD"),
    (
        "restatement_held",
        lambda: Shop(background=known(restatements=RESTATED)),
        "cuts the cost of 1 days (first 2026-02-20) by more than 5.0%",
    ),
    (
        "conflicting_rows",
        lambda: Shop(background=known(conflicts=CONTRADICTED)),
        "contradict each other in 2 rows (first 2026-02-27)",
    ),
    ("cost_unknown", lambda: Shop(profile_of([100.0] * 19 + [np.nan])), "no usable cost on 2026-03-01"),
    ("cost_unknown", lambda: Shop(profile_of([100.0] * 19 + [np.inf])), "no usable cost on 2026-03-01"),
    (
        "cost_jump",
        lambda: Shop(profile_of([100.0] * 19 + [2_001.0])),
        "cost 2,001.00 on 2026-03-01, 20.01 times its median day of 100.00, the limit is 20",
    ),
    ("cost_jump", lambda: Shop(profile_of([100.0] * 3 + [10_001.0])), "the limit is 100"),
    (
        "zero_cost_day",
        lambda: Shop(profile_of([100.0] * 19 + [0.0])),
        "cost nothing on 2026-03-01, its median day is 100.00",
    ),
    (
        "cost_drop",
        lambda: Shop(profile_of([100.0] * 19 + [4.9])),
        "only 0.049 times its median day of 100.00, the limit is 0.05 (50 clicks)",
    ),
]


@pytest.mark.parametrize(("code", "build", "words"), HELD, ids=[f"{at}_{case[0]}" for at, case in enumerate(HELD)])
def test_a_platform_is_held_for(code, build, words):
    status = build().judge()
    assert status["is_held"]
    assert status["reason_code"] == code
    assert words in status["reason_en"]
    assert status["reason_zh"] != status["reason_en"]
    assert "google_ads" in status["reason_zh"]


PASSING: list[tuple[str, Callable[[], Shop]]] = [
    ("a_healthy_platform", Shop),
    ("a_jump_just_inside_the_limit", lambda: Shop(profile_of([100.0] * 19 + [2_000.0]))),
    ("a_jump_of_99_without_a_week_of_history", lambda: Shop(profile_of([100.0] * 6 + [9_900.0]))),
    ("a_zero_day_of_a_platform_that_usually_costs_nothing", lambda: Shop(profile_of([0.0] * 20))),
    ("a_zero_day_without_a_week_of_history", lambda: Shop(profile_of([100.0] * 3 + [0.0]))),
    ("a_failed_share_at_the_limit", lambda: Shop(files=files_of(a_file(rows=95, quarantined_rows=5)))),
    (
        "a_report_that_lags_a_day",
        lambda: Shop(profile_of([100.0] * 20, date(2026, 2, 28)), use=PlatformUse(report_lag_days=1)),
    ),
    (
        "a_refused_file_that_a_later_one_replaced",
        lambda: Shop(files=files_of({**REFUSED, "as_of": date(2026, 2, 27)}, a_file())),
    ),
    (
        "a_mismatch_that_a_full_export_of_the_same_night_replaced",
        lambda: Shop(
            files=files_of(a_file("part.csv", status="quarantined", totals_hold=True, quarantined_rows=90), a_file())
        ),
    ),
    (
        "a_mismatch_in_a_report_that_is_not_required",
        lambda: Shop(
            files=files_of(a_file(), a_file("terms.csv", kind="search_terms", totals_hold=True, status="quarantined"))
        ),
    ),
    (
        "a_refusal_of_an_older_night",
        lambda: Shop(background=known(restatements=RESTATED.assign(refused_as_of=pd.Timestamp("2026-02-25")))),
    ),
    (
        "a_restatement_of_another_platform",
        lambda: Shop(background=known(restatements=RESTATED.assign(platform="amazon_sp"))),
    ),
    (
        "required_entities_that_only_the_files_show",
        lambda: Shop(
            files=files_of(a_file(), a_file("e.csv", kind="entities")), use=PlatformUse(required=(KIND, "entities"))
        ),
    ),
]


@pytest.mark.parametrize("build", [case[1] for case in PASSING], ids=[case[0] for case in PASSING])
def test_nothing_is_held_for(build):
    status = build().judge()
    assert (status["reason_code"], status["is_held"], status["reasons"]) == ("ok", False, "")


def test_a_period_that_reaches_the_last_day_stands_in_for_it():
    period = profile_of([np.nan], period_end=pd.Timestamp(NIGHT)).assign(report_date=pd.NaT)
    assert Shop(as_profile(period)).judge()["reason_code"] == "ok"


def test_the_numbers_beside_the_verdict_are_those_of_the_last_complete_day():
    status = Shop(
        profile_of([100.0] * 19 + [150.0]), files_of(a_file(quarantined_rows=2, rows=98, message="2 rows failed"))
    ).judge()
    assert status["last_complete_date"] == pd.Timestamp(NIGHT)
    assert (status["cost_last_day"], status["cost_median_day"]) == (150.0, 100.0)
    assert (status["n_quarantined"], status["failed_share"], status["n_messages"]) == (2, 0.02, 1)
    assert status["reason_en"] == "google_ads is complete up to 2026-03-01."


def test_all_reasons_are_listed_the_most_severe_first():
    shop = Shop(profile_of([100.0] * 19 + [0.0]), files_of(a_file(totals_hold=True, status="quarantined"), REFUSED))
    assert shop.judge()["reasons"] == "unreadable_file;totals_mismatch;zero_cost_day"


def test_history_outside_the_profile_is_the_median_s_source():
    shop = Shop(profile_of([10_000.0]), background=profile_of([100.0] * 20, date(2026, 2, 28)))
    assert shop.judge()["reason_code"] == "cost_jump"


def test_a_day_that_profile_and_history_both_have_counts_once():
    profile = profile_of([100.0] * 20)
    assert (
        Shop(profile, background=profile[profile["report_date"] < pd.Timestamp(NIGHT)]).judge()["cost_median_day"]
        == 100.0
    )


def test_two_accounts_are_added_and_two_versions_are_not():
    other = profile_of([50.0], account="second")
    older = profile_of([999.0]).assign(as_of=pd.Timestamp("2026-02-27"))
    profile = pd.concat([profile_of([100.0]), other, older], ignore_index=True)
    assert Shop(profile).judge()["cost_last_day"] == 150.0


def test_a_disabled_platform_has_no_row_and_the_others_are_in_name_order():
    uses = {"z": PlatformUse(), "google_ads": PlatformUse(), "off": PlatformUse(is_enabled=False)}
    shop = Shop()
    status = judge_platforms(shop.profile, shop.files, shop.background, uses, NIGHT, Guardrails())
    assert status[["platform", "is_held"]].to_numpy().tolist() == [["google_ads", False], ["z", True]]


def test_no_platform_gives_an_empty_status_with_its_columns():
    status = judge_platforms(empty_profile(), files_of(), empty_profile(), {}, NIGHT, Guardrails())
    assert status.empty
    assert {"platform", "is_held", "reason_zh", "reason_en"} <= set(status.columns)


def test_more_claimed_than_own_orders_is_a_warning_in_numbers_and_holds_nobody():
    orders = profile_of([np.nan] * 7, platform="templates", kind="store_orders", distinct_items=1)
    shop = Shop(pd.concat([profile_of([100.0] * 20), orders], ignore_index=True))
    status = shop.judge()
    assert (status["is_held"], status["warnings"]) == (False, "claimed_over_own")
    assert status["warning_en"] == "Since 2026-02-23 the platforms claim 14.0 orders, more than the shop's own 7."
    enough = pd.concat([profile_of([100.0] * 20), orders.assign(distinct_items=3)], ignore_index=True)
    assert replace(shop, profile=enough).judge()["warnings"] == ""


def test_every_reason_has_a_rule_a_sentence_and_a_case():
    assert list(load_expectations().holds) == list(HOLD_RULES)
    assert {case[0] for case in HELD} == set(HOLD_RULES)
