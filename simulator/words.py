"""The vocabulary of the simulated shop: categories, modifiers and junk words in Chinese and English. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language; ``join`` stands between the words of a keyword."""

    categories: tuple[str, ...]
    modifiers: tuple[str, ...]
    useful: tuple[str, ...]  # words that shoppers add
    junk: tuple[str, ...]  # words of people who will not buy
    brand: str
    brand_modifiers: tuple[str, ...]
    join: str
    generic_campaign: str
    brand_campaign: str


CHINESE = Vocabulary(
    categories=("保温杯", "露营灯", "瑜伽垫", "折叠椅", "登山包", "天幕帐篷"),
    modifiers=(
        "儿童", "大容量", "便携", "户外", "学生", "防水", "折叠", "轻便", "加厚", "高颜值", "送礼", "超轻", "家用",
        "车载", "新款", "男士", "女士", "专业", "平价", "耐用", "野营", "徒步", "运动", "办公室", "多功能",
    ),
    useful=("正品", "推荐", "套装", "加大", "2025款", "好用"),
    junk=("二手", "维修", "批发", "图片", "怎么做", "租赁"),
    brand="山野集",
    brand_modifiers=("", "官方旗舰店", "旗舰店", "正品", "新品"),
    join="",
    generic_campaign="{category}_通用词",
    brand_campaign="山野集_品牌词",
)  # fmt: skip

ENGLISH = Vocabulary(
    categories=("insulated bottle", "camping lantern", "yoga mat", "folding chair", "hiking backpack", "camping tent"),
    modifiers=(
        "kids", "large", "portable", "outdoor", "waterproof", "lightweight", "heavy duty", "compact", "ultralight",
        "travel", "gift", "mens", "womens", "family", "cheap", "premium", "eco", "rechargeable", "extra thick",
        "foldable", "backyard", "beginner", "beach", "office", "all weather",
    ),
    useful=("set", "with case", "for adults", "near me", "sale", "reviews"),
    junk=("diy", "free", "repair", "rental", "wallpaper", "used"),
    brand="shanye",
    brand_modifiers=("", "official store", "store", "outdoors", "new arrivals"),
    join=" ",
    generic_campaign="{category} | generic",
    brand_campaign="shanye | brand",
)  # fmt: skip

VOCABULARIES = {"zh": CHINESE, "en": ENGLISH}
AUTO_TARGETS = ("close-match", "loose-match", "substitutes", "complements")
