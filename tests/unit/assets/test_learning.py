"""Earlier forecasts against what happened: who is scored, at which maturity, what is learned and what is laid on tonight."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from assets.corrections import (
    CORRECTIONS,
    Correction,
    add_corrections,
    corrections_before,
    to_payload,
    widen_clicks,
)
from assets.expectations.gates import check_table
from assets.hindsight import edit_outcomes, score_night
from assets.learning import learn_corrections, score_nights, summarise_scores
from assets.presentation.forecast_words import forecast_sentences, scores_table
from assets.rates import add_rates
from assets.warehouse.state import write_state
from tests.unit.assets.made_up import NIGHT, make_batch
from tests.unit.assets.test_scoring import counted

DAY = NIGHT + timedelta(days=1)
NO_EDITS = pd.DataFrame({"item": [], "outcome": [], "edit_night": []}).astype(
    {"item": "str", "outcome": "str", "edit_night": "datetime64[us]"}
)
MEASURES = ("clicks", "cost", "conversions", "conversion_value")


def forecast(item: str = "a", level: str = "keyword", **change: object) -> dict[str, object]:
    """One forecast of 10 clicks at 1.00 and half a conversion worth 50."""
    middle = {"clicks": 10.0, "cost": 10.0, "conversions": 0.5, "conversion_value": 50.0}
    bounds = {f"{name}_{side}": middle[name] * by for name in MEASURES for side, by in (("low", 0.5), ("high", 1.5))}
    return {
        "level": level, "platform": "google_ads", "account": "main", "item": item, "action": "keep", "evidence_grade": "A",
        **middle, **bounds, "clicks_shape": 20.0, "cvr": 0.05, "cvr_shape": 30.0, "cvr_rate": 600.0, **change,
    }  # fmt: skip


def seen(*rows: dict[str, object]) -> pd.DataFrame:
    """Daily facts of the next day: by default 8 clicks, 8.00, one conversion worth 60, all of it reported."""
    usual = {
        "platform": "google_ads", "account": "main", "item": "a", "clicks": 8.0, "cost": 8.0, "conversions": 1.0,
        "conversion_value": 60.0, "share": 1.0,
    }  # fmt: skip
    return pd.DataFrame([usual | row for row in rows])


def cells(
    forecasts: list[dict[str, object]], facts: pd.DataFrame, outcomes: dict[str, str] | None = None
) -> pd.DataFrame:
    told = pd.Series({} if outcomes is None else outcomes, dtype="str")
    return score_night(pd.DataFrame(forecasts), facts, told, NIGHT)


def one(scored: pd.DataFrame, measure: str, **cell: str) -> pd.Series:
    rows = scored[scored["measure"] == measure]
    for name, value in ({"level": "item"} | cell).items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_a_forecast_is_added_up_beside_what_happened():
    scored = cells([forecast("a"), forecast("b")], seen({"item": "a"}))
    clicks = one(scored, "clicks")
    assert (clicks["n"], clicks["forecast"], clicks["actual"]) == (
        2.0,
        20.0,
        8.0,
    )  # b has no row on a reported day: none
    assert one(scored, "conversion_value")["actual"] == 60.0


def test_an_account_without_a_report_of_that_day_is_not_scored():
    scored = cells([forecast("a"), forecast("b", account="other")], seen({}))
    assert one(scored, "clicks")["n"] == 1.0


def test_conversions_are_compared_at_the_share_that_is_reported_and_not_before_half_of_it_is():
    half = cells([forecast("a")], seen({"share": 0.6}))
    assert one(half, "conversions")["forecast"] == pytest.approx(0.3)
    assert one(half, "cvr")["forecast"] == pytest.approx(0.05 * 8 * 0.6)
    early = cells([forecast("a")], seen({"share": 0.4}))
    assert not len(early[early["measure"] == "conversions"])
    assert one(early, "clicks")["n"] == 1.0


def test_a_rate_is_judged_by_the_clicks_that_came_so_items_without_clicks_say_nothing_of_it():
    scored = cells([forecast("a"), forecast("b")], seen({"item": "a"}))
    assert one(scored, "cvr")["n"] == 1.0


def test_conversions_that_a_platform_does_not_tell_are_no_zeros():
    scored = cells([forecast("a"), forecast("b")], seen({"conversions": np.nan, "conversion_value": np.nan}))
    assert set(scored["measure"]) == {"clicks", "cost"}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["applied"], "as_planned"), (["applied", "rejected"], "not_applied"), (["unknown", "applied"], "unknown"),
        (["changed_by_hand", "unknown"], "not_applied"),
    ],
    ids=["applied", "one_refused", "one_unknown", "by_hand"],
)  # fmt: skip
def test_the_worst_of_an_items_edits_decides(outcomes, expected):
    edits = pd.DataFrame({"item": "a", "outcome": outcomes})
    assert edit_outcomes(edits).to_dict() == {"a": expected}


def test_forecasts_under_bids_that_were_never_applied_stand_apart():
    facts = seen({"item": "a"}, {"item": "b"}, {"item": "c"})
    rows = [forecast("a"), forecast("b", action="raise"), forecast("c", action="raise")]
    scored = cells(rows, facts, {"b": "as_planned", "c": "not_applied"})
    assert one(scored, "clicks", action="raise", outcome="as_planned")["n"] == 1.0
    assert one(scored, "clicks", outcome="not_applied")["n"] == 1.0
    assert one(scored, "clicks", action="keep", outcome="as_planned")["n"] == 1.0


def test_totals_are_judged_by_their_interval_against_everything_reported():
    total = forecast("", "platform", clicks_low=15.0, clicks=20.0, clicks_high=25.0)
    night = forecast("", "total", platform="all", clicks_low=15.0, clicks=20.0, clicks_high=15.5)
    scored = cells([forecast("a"), total, night], seen({}, {"item": "new", "clicks": 9.0}))
    assert one(scored, "clicks", level="total", platform="google_ads")["n_inside"] == 1.0
    assert one(scored, "clicks", level="total", platform="all")["actual"] == 17.0
    assert one(scored, "clicks", level="total", platform="all")["n_inside"] == 0.0


def test_the_order_of_rows_changes_nothing():
    rows = [forecast(f"k{n}", clicks=float(n + 1), evidence_grade="AB"[n % 2]) for n in range(8)]
    facts = seen(*({"item": f"k{n}", "clicks": float(n)} for n in range(8)))
    pd.testing.assert_frame_equal(cells(rows, facts), cells(rows[::-1], facts.iloc[::-1]))


def nightly(ratio: float, nights: int = 28, clicks: float = 500.0, platform: str = "google_ads") -> pd.DataFrame:
    """Cells of several nights in which ``ratio`` times the expected clicks came."""
    parts = []
    for back in range(nights):
        facts = seen({"platform": platform, "clicks": clicks * ratio})
        row = pd.DataFrame([forecast(clicks=clicks, platform=platform)])
        parts.append(score_night(row, facts, pd.Series(dtype="str"), NIGHT - timedelta(days=back + 1)))
    return pd.concat(parts, ignore_index=True)


def test_clicks_that_were_forecast_too_high_are_corrected_by_what_is_left_after_the_prior(tmp_path):
    learned = learn_corrections(nightly(0.9), make_batch(tmp_path))
    assert learned["google_ads"].clicks == pytest.approx(0.9, abs=0.01)
    assert set(learned) == {"all", "google_ads"}


def test_a_correction_that_works_does_not_unlearn_itself(tmp_path):
    """Forecasts that were corrected by 0.9 and came true say that 0.9 is right, not that nothing is wrong."""
    batch = make_batch(tmp_path)
    write_state(batch.home, NIGHT - timedelta(days=60), CORRECTIONS, to_payload({"google_ads": Correction(clicks=0.9)}))
    assert learn_corrections(nightly(1.0), batch)["google_ads"].clicks == pytest.approx(0.9, abs=0.01)


def test_what_was_not_applied_teaches_nothing_of_clicks_but_all_of_what_a_click_brings(tmp_path):
    facts = seen({"clicks": 400.0, "conversions": 10.0})
    parts = [
        score_night(
            pd.DataFrame([forecast(clicks=500.0)]), facts, pd.Series({"a": "not_applied"}, dtype="str"),
            NIGHT - timedelta(days=back + 1),
        )
        for back in range(28)
    ]  # fmt: skip
    learned = learn_corrections(pd.concat(parts), make_batch(tmp_path))["google_ads"]
    assert learned.clicks == 1.0
    assert learned.cvr < 0.75


def test_a_young_platform_leans_on_what_the_others_teach(tmp_path):
    young = nightly(1.0, nights=1, clicks=3.0, platform="amazon_sp")
    learned = learn_corrections(pd.concat([nightly(0.85), young]), make_batch(tmp_path))
    assert learned["amazon_sp"].clicks == pytest.approx(0.86, abs=0.02)
    assert learned["google_ads"].clicks == pytest.approx(0.85, abs=0.02)


def test_first_nights_have_an_empty_table_that_passes_its_gate_and_says_nothing(tmp_path):
    batch = make_batch(tmp_path)
    scores = summarise_scores(score_nights(batch, NO_EDITS), {})
    assert scores.empty
    assert check_table(scores, "forecast_scores").passed
    assert forecast_sentences(scores) == []
    assert scores_table(scores).empty


def test_a_platforms_bias_is_told_in_words_with_its_interval_and_what_is_done(tmp_path):
    sums = pd.concat([nightly(1 / 1.04, nights=14), nightly(1 / 1.05, nights=14)])
    learned = learn_corrections(sums, make_batch(tmp_path))
    scores = summarise_scores(sums, learned)
    assert check_table(scores, "forecast_scores").passed, check_table(scores, "forecast_scores").told
    told = [line for line in forecast_sentences(scores) if "clicks" in line["en"]]
    assert len(told) == 1
    assert "the forecast of clicks was 4.5% too high" in told[0]["en"]
    assert "corrected by 0.96" in told[0]["en"]
    assert "点击预测偏高 4.5%" in told[0]["zh"]
    assert scores_table(scores).shape[1] == 7


def test_margins_add_up_to_their_cells():
    scores = summarise_scores(pd.concat([nightly(0.9), nightly(1.1).assign(evidence_grade="B")]), {})
    clicks = scores[(scores["measure"] == "clicks") & (scores["level"] == "item")]
    whole = clicks[(clicks["evidence_grade"] == "all") & (clicks["action"] == "all")]
    parts = clicks[(clicks["evidence_grade"] != "all") & (clicks["action"] != "all")]
    assert len(whole) == 1
    assert whole["actual"].iloc[0] == pytest.approx(parts["actual"].sum())


def corrected(tmp_path, learned: Correction, night: date = NIGHT - timedelta(days=1)) -> pd.DataFrame:
    batch = make_batch(tmp_path)
    write_state(batch.home, night, CORRECTIONS, to_payload({"google_ads": learned}))
    items = counted({"keyword": "a"}, {"keyword": "b", "effective_conversions": 60.0}, {"keyword": "c"})
    return add_rates(add_corrections(items, batch))


def test_a_correction_multiplies_every_rate_and_its_interval_and_the_next_days_clicks(tmp_path):
    plain = corrected(tmp_path / "plain", Correction())
    lower = corrected(tmp_path / "lower", Correction(cvr=0.9, clicks=1.1))
    for name in ("cvr", "cvr_low", "cvr_high", "value_per_click"):
        assert lower[name].to_numpy() == pytest.approx(0.9 * plain[name].to_numpy(), rel=0.02)
    assert lower["next_day_factor"].tolist() == [1.1] * 3
    assert lower["cvr_correction"].tolist() == [0.9] * 3


def test_a_widening_keeps_the_rate_of_a_well_known_item_and_makes_it_less_sure(tmp_path):
    plain, wide = corrected(tmp_path / "a", Correction()), corrected(tmp_path / "b", Correction(cvr_widening=1.5))
    width = [(one["cvr_high"] / one["cvr_low"]).to_numpy() for one in (plain, wide)]
    assert (width[1] > 1.1 * width[0]).all()
    assert wide["cvr"].to_numpy() == pytest.approx(plain["cvr"].to_numpy(), rel=0.1)


def test_a_night_never_sees_what_it_or_a_later_night_learned(tmp_path):
    items = corrected(tmp_path, Correction(cvr=0.8), NIGHT)
    assert items["cvr_correction"].tolist() == [1.0] * 3
    batch = make_batch(tmp_path)
    assert corrections_before(batch.home, NIGHT) == {}
    assert corrections_before(batch.home, DAY)["google_ads"].cvr == 0.8


def test_a_platform_without_scores_takes_what_all_teach(tmp_path):
    batch = make_batch(tmp_path)
    write_state(batch.home, NIGHT - timedelta(days=1), CORRECTIONS, to_payload({"all": Correction(clicks=0.95)}))
    assert add_corrections(counted({}), batch)["clicks_correction"].tolist() == [0.95]


def test_clicks_are_made_as_unsure_as_they_turned_out_to_be():
    """1.5 times the standard deviation of 10 clicks with shape 20: variance 15 becomes 33.75."""
    plain = pd.DataFrame({"next_clicks": [10.0, 0.0], "next_clicks_shape": [20.0, 20.0], "clicks_widening": [1.5, 1.5]})
    wide = widen_clicks(plain)
    assert 10.0 + 100.0 / wide["next_clicks_shape"].iloc[0] == pytest.approx(33.75)
    assert wide["next_clicks"].tolist() == [10.0, 0.0]
    assert widen_clicks(plain.assign(clicks_widening=1.0))["next_clicks_shape"].tolist() == pytest.approx([20.0, 20.0])


def test_a_few_nights_are_not_told_to_people(tmp_path):
    scores = summarise_scores(nightly(0.5, nights=6), {})
    assert forecast_sentences(scores) == []
    assert len(scores_table(scores)) > 0
