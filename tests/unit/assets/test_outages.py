"""A lost tag is proposed with the line that takes its days out, and nothing is done about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from assets.account_days import account_days, combine_days
from assets.batch import Batch
from assets.maturity_curves import seen_versions
from assets.outages import outage_lines, propose_outages
from assets.performance import learn_shared, load_daily
from configs.schema import Calendar
from tests.unit.assets.made_up import make_batch, put, with_platform

LOST = (30, 31)


@pytest.fixture
def batch(tmp_path) -> Batch:
    mature = with_platform(make_batch(tmp_path), "google_ads", maturity=(1.0,))
    rng = np.random.default_rng(2)
    rows = [
        {"campaign": "C", "ad_group": "G", "keyword": "tent", "match_type": "exact", "cost": 9.0, "clicks": 500,
         "report_date": str(np.datetime64("2025-01-15") + n), "conversions": 0.0 if n in LOST else float(rng.poisson(25))}
        for n in range(50)
    ]  # fmt: skip
    return put(mature, "keyword_daily", rows)


def proposals(batch: Batch):
    shared = learn_shared(combine_days([account_days(load_daily(batch))]), seen_versions(batch), batch)
    return propose_outages(shared.days, shared.maturity, shared.factors)


def test_a_lost_tag_is_proposed_with_its_numbers(batch):
    (row,) = proposals(batch).to_dict("records")
    assert (row["platform"], row["first_date"], row["last_date"]) == ("google_ads", "2025-02-14", "2025-02-15")
    assert (row["clicks"], row["conversions"]) == (1000.0, 0.0)
    assert row["expected"] == pytest.approx(50.0, rel=0.3)


def test_the_line_to_paste_is_an_event_of_the_calendar_and_settles_the_matter(batch):
    (line,) = proposals(batch)["line"]
    calendar = Calendar.model_validate({"events": yaml.safe_load(line)})
    settled = replace(batch, calendar=calendar)
    assert load_daily(settled)["report_date"].nunique() == 48
    assert proposals(settled).empty


def test_a_proposal_leaves_the_days_in_and_says_what_to_do(batch):
    assert load_daily(batch)["report_date"].nunique() == 50
    (told,) = outage_lines(proposals(batch))
    assert told.startswith("google_ads (main) 2025-02-14 to 2025-02-15: 1,000 clicks, 0 conversions where ")
    assert "calendar.yaml" in told
