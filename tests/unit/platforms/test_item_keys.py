from __future__ import annotations

import pandas as pd
import pytest

from assets.platforms.items import item_key, join_key
from configs.loader import load_platforms


def frame(**columns: object) -> pd.DataFrame:
    base = {"platform": "google_ads", "account": "main", "campaign": "Brand", "ad_group": "G", "match_type": "exact"}
    return pd.DataFrame([{**base, **columns}])


def test_a_key_is_readable_and_its_keyword_is_folded():
    keys = item_key(frame(keyword=" Ｑuilt "), load_platforms()["google_ads"], "keyword")
    assert keys.tolist() == ["google_ads|main|keyword|Brand|G|quilt|exact"]
    assert str(keys.dtype) == "str"


def test_a_bar_inside_a_part_is_escaped_so_that_two_items_never_share_a_key():
    left = item_key(frame(campaign="a|b", ad_group="c", keyword="k"), load_platforms()["google_ads"], "keyword")
    right = item_key(frame(campaign="a", ad_group="b|c", keyword="k"), load_platforms()["google_ads"], "keyword")
    assert left.tolist() == [r"google_ads|main|keyword|a\|b|c|k|exact"]
    assert left.tolist() != right.tolist()


def test_a_missing_part_makes_the_key_missing():
    assert item_key(frame(keyword=None), load_platforms()["google_ads"], "keyword").isna().all()


def test_a_platform_without_such_a_level_is_refused():
    with pytest.raises(KeyError, match="keyword"):
        item_key(frame(keyword="k"), load_platforms()["taobao_audience"], "keyword")


def test_a_report_row_and_its_bulk_sheet_row_meet_in_one_key(samples):
    report = frame(
        platform="amazon_sp", campaign="SP", ad_group="Quilt", keyword='ASIN="B0FAKE0001"', match_type="auto"
    )
    entity = frame(
        platform="amazon_sp", campaign="SP", ad_group="Quilt", keyword='asin="B0FAKE0001"', match_type="auto"
    )
    platform = load_platforms()["amazon_sp"]
    assert item_key(report, platform, "keyword").tolist() == item_key(entity, platform, "keyword").tolist()


def test_an_empty_frame_gives_no_keys():
    assert join_key([pd.Series([], dtype="str"), pd.Series([], dtype="str")]).tolist() == []
