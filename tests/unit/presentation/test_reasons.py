from string import Formatter

import numpy as np
import pandas as pd
import pytest

from assets.presentation.errors import MissingColumnsError, UnknownReasonError
from assets.presentation.reasons import SENTENCE_COLUMNS, reason_sentences, reason_title, settings_of
from configs.loader import ConfigError
from configs.reasons_schema import FIELDS, load_reasons, template_fields
from configs.schema import PlatformUse, RoasGoals, Settings, Shop
from tests.unit.presentation.sample_night import COLUMNS, make_recommendations, make_summary

EXPECTED_CODES = """bid_up_profitable bid_down_unprofitable bid_up_scale roas_below_floor roas_below_floor_pause waste_pause
probation protected stock_hold no_entity learning_freeze budget_exhausted_lower_bids budget_raise budget_lower target_raise
target_lower change_cap unchanged within_min_change discover_add discover_add_shared discover_source_negative
discover_negative protected_term discover_cross_platform discover_market rising_term blocked_term kol_sign kol_skip
kol_committed kol_unjudged platform_held plan_refused uncalibrated_brand no_fx closed_bid bid_not_exported low_evidence
edits_used back_in_stock commission_raise commission_lower on_probation plan_loss_pause
discover_unsure discover_no_money explore""".split()  # noqa: SIM905


def one_row(**changes):
    frame = make_recommendations(1)
    for name, value in changes.items():
        frame[name] = value
    return frame


def sentence(language="zh", settings=None, **changes):
    return reason_sentences(one_row(**changes), settings)[f"reason_{language}"].iloc[0]


def test_every_agreed_reason_code_has_words():
    assert sorted(load_reasons().reasons) == sorted(EXPECTED_CODES)


@pytest.mark.parametrize("code", EXPECTED_CODES)
def test_each_reason_has_both_languages_and_a_number_or_a_name_in_its_sentence(code):
    reason = load_reasons().reasons[code]
    for words in (reason.title, reason.sentence, reason.would_change):
        assert words.zh.strip()
        assert words.en.strip()
        assert any("一" <= sign <= "鿿" for sign in words.zh)
        assert words.en.replace("“", "").replace("”", "").replace("→", "").replace("×", "").isascii()
    assert set(template_fields(reason.sentence.zh)) == set(template_fields(reason.sentence.en))
    assert template_fields(reason.sentence.zh)


def test_sentences_name_only_columns_of_the_contract_or_derived_fields():
    derived = {"change_share", "floor", "target", "scale"}
    for reason in load_reasons().reasons.values():
        for text in (reason.sentence.zh, reason.sentence.en, reason.would_change.zh, reason.would_change.en):
            names = {name for _, name, _, _ in Formatter().parse(text) if name}
            assert names <= set(COLUMNS) | derived
            assert names <= set(FIELDS)


def test_a_raise_says_old_and_new_bid_in_account_money_and_profit_in_shop_money():
    text = sentence(
        "en",
        currency="USD",
        old_value=1.0,
        new_value=1.3,
        profit_change=4.237,
        profit_change_low=-0.004,
        marginal_roas=3.5,
    )
    assert "from $1.00 to $1.30 (+30%)" in text
    assert "expected profit +¥4.24 a day (80% interval ¥0.00 to" in text
    assert "ROAS of 3.50" in text


def test_a_target_is_a_ratio_and_not_money():
    text = sentence(reason_code="target_raise", lever="target_roas", old_value=3.0, new_value=3.3)
    assert "目标由 3.00 提到 3.30（+10%）" in text


def test_missing_numbers_are_unknown_in_words():
    assert "提到 未知（未知）" in sentence(new_value=np.nan)
    assert "to unknown (unknown)" in sentence("en", new_value=np.inf)
    assert "「未知」" in sentence(reason_code="discover_add", search_term=None)


def test_the_platforms_own_floor_and_currency_are_quoted():
    settings = Settings(
        shop=Shop(currency="USD"), roas=RoasGoals(floor=2.5),
        platforms={"google_ads": PlatformUse(roas_floor=1.7)},
    )  # fmt: skip
    assert "底线 1.70" in sentence(settings=settings, reason_code="waste_pause", platform="google_ads")
    assert "底线 2.50" in sentence(settings=settings, reason_code="waste_pause", platform="baidu_search")
    assert "每天省下 $12.00" in sentence(settings=settings, reason_code="waste_pause", cost=12.0)


def test_a_held_platform_is_named_by_its_title():
    assert sentence(reason_code="platform_held", platform="google_ads").startswith("Google 搜索广告")


def test_what_stops_a_change_is_named_in_words():
    assert "受限于「每晚涨幅上限」" in sentence(reason_code="change_cap", binding_limit="max_change")


def test_braces_in_a_search_term_are_only_text():
    assert "「{cost} {0}」" in sentence(reason_code="discover_add", search_term="{cost} {0}")


def test_sentences_keep_the_index_and_the_order_of_the_rows():
    frame = make_recommendations(40)
    shuffled = frame.sample(frac=1, random_state=3)
    assert tuple(reason_sentences(frame).columns) == SENTENCE_COLUMNS
    pd.testing.assert_frame_equal(reason_sentences(shuffled).sort_index(), reason_sentences(frame))


def test_no_rows_give_no_sentences():
    assert len(reason_sentences(make_recommendations(3).iloc[:0])) == 0


def test_an_unknown_reason_code_is_refused_with_its_name():
    with pytest.raises(
        UnknownReasonError, match=r"cannot explain 1 rows: 1 reason codes .* 'mystery'.*reasons.yaml"
    ) as caught:
        sentence(reason_code="mystery")
    assert caught.value.codes == ("mystery",)
    assert caught.value.n_rows == 1


def test_missing_columns_are_refused_together():
    with pytest.raises(MissingColumnsError, match="roas, clicks") as caught:
        reason_sentences(make_recommendations(2).drop(columns=["clicks", "roas"]))
    assert set(caught.value.missing) == {"clicks", "roas"}


def test_a_title_is_short_and_an_unknown_code_stays():
    assert reason_title("kol_sign", "en") == "sign the offer"
    assert reason_title("whatever", "zh") == "whatever"


def test_settings_default_to_the_currency_of_the_summary():
    summary = make_summary(make_recommendations(2)) | {"currency": "EUR"}
    assert settings_of(summary, None).shop.currency == "EUR"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{nope}", r"unknown fields \['nope'\]"), ("{cost:.2f}", "plain field name"), ("{cost.real}", "plain field name")],
    ids=["unknown field", "format", "attribute"],
)
def test_a_sentence_with_a_wrong_field_is_refused_when_it_is_read(tmp_path, text, complaint):
    words = "{zh: a, en: a}"
    path = tmp_path / "reasons.yaml"
    path.write_text(
        f"reasons:\n  one:\n    title: {words}\n    sentence: {{zh: '{text}', en: a}}\n    would_change: {words}\n"
        "actions: {}\nlevers: {}\nlimits: {}\nplaces: {}\nnotes: []\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=complaint):
        load_reasons(path)
