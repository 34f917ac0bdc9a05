"""The row rules on real exports: what the platforms really write may not be mistaken for an error."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets.expectations.profile import profile_facts
from assets.expectations.rows import check_rows
from assets.platforms.reader import read_source
from configs.loader import load_platforms

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
EXPORTS = [
    ("amazon_ads/sp_targeting_daily_in_2020.xlsx", "keyword_daily", date(2020, 3, 1), (1_683, 1_955, 47_108.12)),
    ("google_ads/search_terms_2024.csv", "search_terms", date(2024, 2, 16), (29_762, 2_910, 45_131.01)),
]


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "kind", "night", "expected"), EXPORTS, ids=[case[0] for case in EXPORTS])
def test_every_row_of_a_real_export_passes_and_its_profile_adds_up(file, kind, night, expected):
    if not (DATA / file).exists():
        pytest.skip(f"{file} is not here")
    frames = [table.frame for table in read_source(DATA / file, load_platforms()).tables if table.kind == kind]
    checked = check_rows(frames[0], kind, night)
    profile = profile_facts(checked.good, kind, "real", night)
    assert checked.counts == {}
    assert (profile["rows"].sum(), profile["clicks"].sum(), round(profile["cost"].sum(), 2)) == expected
