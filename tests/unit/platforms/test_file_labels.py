"""What a log may call a file: its kind and its days, never the account or the person in its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.platforms.labels import HIDDEN, file_label

SHA = "3f2a91bc00"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (
            "someone@example.com_2026-04-28至2026-07-27_关键词报告.csv",
            "…_2026-04-28至2026-07-27_关键词报告~3f2a91bc.csv",
        ),
        ("小仙女旗舰店_百度推广关键词.csv", "…_百度推广关键词~3f2a91bc.csv"),
        ("13800138000-report.xlsx", "…-report~3f2a91bc.xlsx"),
        ("wei.zhang+ads@qq.com.csv", "…~3f2a91bc.csv"),
        ("张三 (1).xlsx", "… (1)~3f2a91bc.xlsx"),
    ],
)
def test_an_account_a_person_or_an_address_in_a_file_name_is_hidden(name, label):
    assert file_label(name, SHA) == label


@pytest.mark.parametrize(
    "name", ["2026-11-20/关键词报表_20261120_093000.zip", "google_ads-search_keyword_report-2025-06-24.csv", "cut.csv"]
)
def test_a_name_that_tells_nobody_stays_as_it_is(name):
    assert file_label(name, SHA) == name


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x9FFF), min_size=1, max_size=60))
def test_no_foreign_word_of_a_name_is_shown(name):
    shown = file_label(f"Schmidt{name}王小明.csv", SHA)
    assert "Schmidt" not in shown
    assert "王小明" not in shown
    assert HIDDEN in shown
