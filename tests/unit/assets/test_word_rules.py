"""Which words are refused, which are harmless, which are the shop's own."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.word_rules import is_long, is_own_word, is_refused
from tests.unit.assets.made_up import make_batch, make_items, put


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("最好的帐篷", True), ("最香的咖啡", True), ("第一帐篷品牌", True), ("国家级保温杯", True), ("NO.1 tent", True),
        ("top1 帐篷", True),
        ("最近的帐篷店", False), ("第一次露营装备", False), ("国王牌扑克", False), ("最近最便宜的帐篷", True),
        ("户外帐篷", False),
        ("second best tent", False), ("", False),
    ],
)  # fmt: skip
def test_absolute_claims_are_refused_and_words_of_time_and_order_are_not(batch, text, answer):
    assert is_refused(pd.Series([text]), batch).tolist() == [answer]


def test_the_shops_lists_refuse_and_allow(tmp_path):
    rule = {"blocked_terms": ["cheap"], "other_brands": ["Acme"], "allowed_terms": ["独家记忆", "cheap"]}
    batch = make_batch(tmp_path, discovery=rule)
    texts = pd.Series(["cheap tent", "ACME tent", "独家记忆 帐篷", "独家帐篷", "cheaper tent"])
    assert is_refused(texts, batch).tolist() == [True, True, False, True, False]


def test_the_shops_brand_its_protected_keywords_and_words_are_its_own(tmp_path):
    batch = make_batch(tmp_path, discovery={"protected_terms": ["warranty"]})
    night = put(batch, "products", [{"product_id": "p1", "brand": "Nordhut"}])
    items = make_items({"keyword": "nh tents", "is_brand": True}, {"keyword": "hero tent", "is_protected": True}, {})
    texts = pd.Series(["NORDHUT repair", "old nh tents", "hero tent used", "tent warranty", "nordhutt", "tent"])
    assert is_own_word(texts, items, night).tolist() == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "answer"),
    [("red tent", False), ("red tent sale", True), ("帐篷", False), ("户外大号帐篷推荐", True), ("户外 帐篷", False)],
)
def test_long_tail_words_have_three_words_or_four_chinese_segments(text, answer):
    assert is_long(pd.Series([text])).tolist() == [answer]
