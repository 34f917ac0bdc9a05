"""The channel-level mode on files: rows in any order, words as events, friendly refusals, a whole report."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.channels import (
    ChannelColumns,
    PlanWish,
    find_columns,
    read_experiments,
    read_table,
    study_channels,
)
from assets.presentation.channel_report import cautions, report_markdown
from optimizers.channel_fit import Effort
from optimizers.errors import InvalidInputError

QUICK = Effort(n_chains=24, n_warm=150, n_kept=8, thin=10)
COLUMNS = ChannelColumns("date", "sales", ("search", "social"), ("event",))
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def make_frame(n_weeks: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    spend = rng.uniform(10.0, 100.0, (n_weeks, 2)).round(2)
    event = np.where(np.arange(n_weeks) % 9 == 0, "festival", "none")
    sales = 3000 + 900 * spend[:, 0] / (spend[:, 0] + 60) + 400 * spend[:, 1] / (spend[:, 1] + 30)
    sales = (sales + 300 * (event == "festival") + rng.normal(0, 20, n_weeks)).round(2)
    dates = pd.date_range("2024-01-01", periods=n_weeks, freq="7D").strftime("%Y-%m-%d")
    return pd.DataFrame({"date": dates, "sales": sales, "search": spend[:, 0], "social": spend[:, 1], "event": event})


def save(folder: Path, frame: pd.DataFrame, name: str = "weeks.csv") -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def test_rows_in_any_order_are_the_same_table(tmp_path):
    frame = make_frame()
    one = read_table(save(tmp_path, frame), COLUMNS)
    two = read_table(save(tmp_path, frame.sample(frac=1, random_state=1), "mixed.csv"), COLUMNS)
    for name in ("day", "sales", "spend", "controls"):
        assert (getattr(one.data, name) == getattr(two.data, name)).all()


def test_words_become_one_column_each_but_the_usual_one(tmp_path):
    table = read_table(save(tmp_path, make_frame()), COLUMNS)
    assert table.data.controls.shape == (60, 1)
    assert table.data.controls.sum() == 7


def test_dates_and_sales_are_found_by_their_usual_names(tmp_path):
    path = save(tmp_path, make_frame().rename(columns={"date": "日期", "sales": "revenue"}))
    found = find_columns(path, ("search",), ())
    assert (found.date, found.sales) == ("日期", "revenue")


def test_a_table_without_sales_is_refused_with_the_names_that_would_do(tmp_path):
    path = save(tmp_path, make_frame().rename(columns={"sales": "umsatz"}))
    with pytest.raises(InvalidInputError, match="0 such columns, limit exactly one of sales, revenue"):
        find_columns(path, ("search",), ())


def test_a_lift_test_covers_the_weeks_between_its_dates(tmp_path):
    table = read_table(save(tmp_path, make_frame()), COLUMNS)
    tests = pd.DataFrame([["search", "2024-03-04", "2024-03-31", -20.0, -100.0, 30.0]])
    tests.columns = pd.Index(["channel", "start", "end", "extra_spend", "lift", "error"])
    (one,) = read_experiments(save(tmp_path, tests, "tests.csv"), table)
    assert (one.channel, one.first, one.last, one.extra_spend, one.lift, one.error) == (0, 9, 12, -20.0, -100.0, 30.0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param(["radio", "2024-03-04", "2024-03-31", 5, 5, 1], r"1 unknown channels.*radio", id="channel"),
        pytest.param(["search", "spring", "2024-03-31", 5, 5, 1], r"1 bad dates.*row 2: 'spring'", id="date"),
        pytest.param(["search", "2030-03-04", "2030-03-31", 5, 5, 1], "cannot use the experiment", id="later"),
        pytest.param(["search", "2024-03-04", "2024-03-31", 5, "", 1], r"lift row 2: ''", id="empty"),
    ],
)
def test_a_lift_test_that_fits_no_table_is_refused(tmp_path, row, message):
    table = read_table(save(tmp_path, make_frame()), COLUMNS)
    tests = pd.DataFrame([row], columns=["channel", "start", "end", "extra_spend", "lift", "error"])
    with pytest.raises(InvalidInputError, match=message):
        read_experiments(save(tmp_path, tests, "tests.csv"), table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda f: f.drop(index=20), r"1 uneven steps.*period 20 comes 14 days after", id="a week missing"),
        pytest.param(lambda f: f.assign(search=f["search"].where(f.index != 4)), r"search row 6: ''", id="empty cell"),
        pytest.param(lambda f: f.assign(search=-f["search"]), "bad numbers", id="negative spend"),
        pytest.param(lambda f: f.assign(social=7.0), r"1 constant channels.*social", id="constant channel"),
        pytest.param(lambda f: f.head(29), "29 periods, limit at least 30", id="too short"),
        pytest.param(lambda f: f.assign(sales=0.0), r"sales of 0.00 in every period", id="no sales"),
        pytest.param(lambda f: f.assign(sales="many"), r"60 cells that are no number.*'many'", id="words"),
        pytest.param(lambda f: f.assign(date="soon"), "60 bad dates", id="no dates"),
        pytest.param(lambda f: f.head(0), "0 periods", id="empty file"),
        pytest.param(lambda f: f.assign(event=f["date"]), "60 different words", id="identifiers as events"),
        pytest.param(lambda f: f.drop(columns="social"), r"1 missing columns.*social", id="no such column"),
    ],
)
def test_a_broken_table_is_refused_with_what_to_mend(tmp_path, change, message):
    with pytest.raises(InvalidInputError, match=message):
        read_table(save(tmp_path, change(make_frame())), COLUMNS)


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(PlanWish(budget=0.0), id="no budget"),
        pytest.param(PlanWish(budget=float("nan")), id="budget is no number"),
        pytest.param(PlanWish(margin=1.5), id="margin above one"),
    ],
)
def test_a_wish_that_is_no_plan_is_refused_before_anything_is_fitted(tmp_path, wish):
    with pytest.raises(InvalidInputError, match="a budget above 0, a margin in"):
        study_channels(read_table(save(tmp_path, make_frame()), COLUMNS), (), wish, QUICK)


def test_a_study_spends_no_more_than_its_budget_and_the_report_tells_it(tmp_path):
    study = study_channels(read_table(save(tmp_path, make_frame()), COLUMNS), (), PlanWish(budget=80.0), QUICK)
    assert study.plan.total_cost <= 80.0 * (1 + 1e-9)
    assert study.plan.solver_gap <= 1e-9
    page = report_markdown(study)
    assert f"| search | {study.table.usual_spend[0]:,.2f} | {study.plan.cost[0]:,.2f} |" in page
    assert f"{study.plan.dual_bound:,.2f}" in page
    picture = re.search(r"base64,([A-Za-z0-9+/=]+)\)", page)
    assert base64.b64decode(picture.group(1)).startswith(b"\x89PNG")
    assert any("No lift test: search, social" in one for one in cautions(study))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "date", "sales", "spend"),
    [
        pytest.param("robyn/dt_simulated_weekly.csv", "DATE", "revenue", r"_S$", id="robyn"),
        pytest.param("meridian/national_all_channels.csv", "time", "conversions", r"_spend$", id="meridian"),
    ],
)
def test_simulated_sets_of_other_makers_run_end_to_end(file, date, sales, spend):
    if not (DATA / file).is_file():
        pytest.skip("no shared data")
    names = tuple(name for name in pd.read_csv(DATA / file, nrows=1).columns if re.search(spend, name))
    table = read_table(DATA / file, ChannelColumns(date, sales, names))
    study = study_channels(table, (), PlanWish(), QUICK)
    assert len(names) == 5
    assert study.plan.solver_gap <= 1e-9
    assert all(f"| {name} |" in report_markdown(study) for name in names)
