"""Lists of creators as marketplaces and vendors write them: figures in 万 and w, prices per form, and no person in the facts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assets.platforms.reader import ReadTable, read_source
from configs.loader import load_platforms

SAMPLES = Path(__file__).parents[2] / "samples"
LISTS = ("xiaohongshu_pugongying", "huitun", "xingtu")
FEES = ["fee_short", "fee_medium", "fee_long"]


def creators(platform: str, key: bytes | None = b"k" * 32) -> ReadTable:
    (table,) = read_source(SAMPLES / platform / "kol_list.xlsx", load_platforms(), key=key).tables
    return table


@pytest.mark.parametrize("platform", LISTS)
def test_creators_are_kept_without_their_names_links_and_addresses(platform):
    frame = creators(platform).frame
    kept = frame.to_csv()
    for word in ("示例", "example.com", "@", "合作请私信"):
        assert word not in kept, word
    assert frame["kol_id"].is_unique
    people = [name for name in ("kol_name", "profile_url", "email") if frame[name].notna().any()]
    assert "kol_name" in people
    assert all(frame[name].dropna().str.fullmatch(r"p-[a-z2-7]{12}").all() for name in people)


@pytest.mark.parametrize("platform", LISTS)
def test_without_the_homes_key_no_person_is_kept_and_everything_else_is(platform):
    with_key, without = creators(platform).frame, creators(platform, key=None).frame
    people = ["kol_name", "profile_url", "email"]
    assert without[people].isna().all(axis=None)
    pd.testing.assert_frame_equal(with_key.drop(columns=people), without.drop(columns=people))


def test_an_address_that_is_not_given_stays_missing():
    assert creators("huitun").frame["email"].isna().tolist() == [True, False] * 4


@pytest.mark.parametrize(
    ("platform", "followers"),
    [
        ("xiaohongshu_pugongying", [12_000, 86_000, 356, 12_400, 1_035_000, 41_000, 2_310, 278_000, 980]),
        ("huitun", [53_000, 121_000, 8_800, 19_000, 640, 330_000, 22_000, 71_000]),
        ("xingtu", [1_205_000, 3_562_000, 451_000, 88_000, 10_200_000, 9_600, 2_300_000, 310_000, 18_904_000]),
    ],
)
def test_followers_in_ten_thousands_are_whole_numbers(platform, followers):
    frame = creators(platform).frame
    assert frame["followers"].tolist() == followers
    assert set(frame["kol_platform"]) == ({"抖音"} if platform == "xingtu" else {"小红书"})


def test_each_length_of_video_has_its_own_price_and_a_missing_one_is_not_free():
    frame = creators("xingtu").frame
    assert (frame.loc[0, FEES] / 1e6).tolist()[1:] == [11_000.0, 16_000.0]
    assert (frame.loc[1, FEES] / 1e6).tolist() == [12_000.0, 18_000.0, 25_000.0]
    assert frame[FEES].isna().sum().tolist() == [1, 0, 1]
    assert frame["expected_views"].tolist()[:2] == [325_000, 880_000]
    assert pd.isna(frame["expected_views"].iloc[8])
    assert frame["expected_cpm"].notna().all()


def test_image_and_video_notes_have_their_own_prices():
    frame = creators("huitun").frame
    assert frame["fee_image"].notna().all()
    assert frame["fee_video"].isna().tolist() == [False] * 4 + [True] + [False] * 3
    assert frame["active_share"].between(0, 1).all()
    assert frame["category"].tolist()[:2] == ["穿搭", "美妆"]


def test_a_creator_without_a_public_id_goes_by_the_other_one():
    ids = creators("xiaohongshu_pugongying").frame["kol_id"]
    assert ids.str.fullmatch(r"\d{9,10}").tolist() == [True] * 4 + [False] + [True] * 4
    assert ids.iloc[4].startswith("5f4")


def test_reads_are_the_views_and_what_was_only_shown_is_not():
    """The list prints the median of both; the shop's own posts are counted in reads."""
    frame = creators("xiaohongshu_pugongying").frame
    assert frame["expected_views"].isna().tolist() == [n == 2 for n in range(9)]
    assert frame["expected_views"].max() < 40_000


@pytest.mark.parametrize("cpm", ["预期cpm", "预期CPM"])
def test_the_case_of_a_header_does_not_matter(read_one, cpm):
    table = read_one(f"星图ID,达人昵称,21-60s报价,{cpm},种草指数\n6661421325313164563,甲,1.5w,25.5,80\n")
    assert (table.platform, table.unknown_columns) == ("xingtu", ())
    assert table.frame[["kol_id", "fee_medium", "expected_cpm"]].to_numpy().tolist() == [
        ["6661421325313164563", 15_000_000_000, 25_500_000]
    ]


@pytest.mark.parametrize("word", ["xiaohongshu", "小红书", "RED", "red", "蒲公英", "Xiaohongshu"])
def test_offers_name_their_platform_as_the_lists_do(read_one, word):
    table = read_one(f"报价编号,达人编号,达人平台,费用\no1,k1,{word},800\n")
    assert table.frame["kol_platform"].tolist() == ["小红书"]


def test_a_platform_of_an_offer_that_no_list_knows_is_kept_as_it_is_written(read_one):
    assert read_one("报价编号,达人编号,达人平台,费用\no1,k1,B站,800\n").frame["kol_platform"].tolist() == ["B站"]
