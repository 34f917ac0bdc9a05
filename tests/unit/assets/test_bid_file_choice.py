"""Two ways to upload the same edits must never both be written by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.loader import ConfigError, choose_bid_files, load_platforms, load_settings
from configs.schema import Settings


def names(upload: list[str] | None = None) -> list[str]:
    platform = load_platforms()["baidu_search"]
    files = (
        *platform.bid_files,
        platform.bid_files[0].model_copy(update={"name": "other_way", "is_alternative": True}),
    )
    settings = load_settings(None).model_dump()
    settings["platforms"]["baidu_search"]["upload"] = upload or []
    known = {"baidu_search": platform.model_copy(update={"bid_files": files})}
    chosen = choose_bid_files(known, Settings.model_validate(settings))
    return [spec.name for spec in chosen["baidu_search"].bid_files]


def test_an_alternative_file_is_written_only_where_the_shop_asks_for_it():
    assert "other_way" not in names()
    assert names(["other_way"]) == ["other_way"]


def test_a_file_that_the_platform_cannot_write_is_refused_with_those_it_can():
    with pytest.raises(ConfigError, match=r"upload names \['nothing'\]; baidu_search can write .*other_way"):
        names(["nothing"])


def test_the_packaged_platforms_write_each_lever_once_by_default():
    chosen = choose_bid_files(load_platforms(), load_settings(None))
    for name, platform in chosen.items():
        levers = [lever for spec in platform.bid_files for lever in spec.levers]
        assert len(levers) == len(set(levers)), f"{name} writes a lever into two files: {Path(name)}"
