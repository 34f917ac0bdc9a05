"""Shapes of upload files that few platforms have: records before the edits, lines to paste, one file per unit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from assets.platforms.bid_errors import BidFileRefusedError
from assets.platforms.levers import check_rows
from assets.platforms.writer import write_bid_files
from configs.loader import load_platforms
from configs.platform_schema import BidFileSpec, Platform
from tests.golden.sample_rows import NIGHT, sample_rows

BAIDU = load_platforms()["baidu_search"]


def with_file(**changes: object) -> Platform:
    """Return a platform with one file of new bids, changed in its shape."""
    spec = BAIDU.bid_files[0].model_dump() | {"levers": ("keyword_bid",), "encoding": "utf-8"} | changes
    return BAIDU.model_copy(update={"bid_files": (BidFileSpec.model_validate(spec),)})


def bid_rows():
    rows = sample_rows(BAIDU)
    return rows[rows["lever"] == "keyword_bid"]


def texts(platform: Platform, rows, folder) -> dict[str, str]:
    files = write_bid_files(rows, platform, folder / "out", night=NIGHT)
    return {file.path.name: file.path.read_text(encoding="utf-8") for file in files if file.kind == "bid"}


def test_records_before_the_edits_stand_first_and_leave_other_cells_blank(tmp_path):
    platform = with_file(leading_rows=({"推广计划名称": "Format Version", "匹配模式": "6.0"},))
    (content,) = texts(platform, bid_rows(), tmp_path).values()
    lines = content.splitlines()
    assert lines[1] == "Format Version,,,6.0,,"
    assert lines[2].startswith("夏季 summer,连衣裙 A,碎花裙 1,精确,1.38")


def test_lines_to_paste_have_no_header(tmp_path):
    (content,) = texts(with_file(has_header=False), bid_rows(), tmp_path).values()
    assert content.splitlines()[0].startswith("夏季 summer,")


def test_each_unit_gets_its_own_file_and_units_of_like_names_stay_apart(tmp_path):
    rows = bid_rows()
    rows["ad_group"] = ["连衣裙?A" if at == 1 else "连衣裙/A" for at in range(len(rows))]
    n_written = int(((rows["decision"] == "accept") & rows["is_writable"]).sum())
    found = texts(with_file(split_by="ad_group"), rows, tmp_path)
    assert len(found) == 2
    assert all(name.startswith("baidu_search_keywords_2026-11-20_连衣裙-A-") for name in found)
    assert sum(len(text.splitlines()) - 1 for text in found.values()) == n_written


def test_a_row_without_the_unit_that_its_file_is_named_after_is_a_breach(tmp_path):
    rows = bid_rows().assign(ad_group_id=None)
    platform = with_file(split_by="ad_group_id")
    assert set(check_rows(rows, platform)["column"]) == {"ad_group_id"}
    with pytest.raises(BidFileRefusedError, match=r"ad_group_id .* is missing"):
        write_bid_files(rows, platform, tmp_path / "out", night=NIGHT)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"leading_rows": ({"no such": "x"},)}, "no column of the file"),
        ({"format": "xlsx", "has_header": False}, "for csv and tsv"),
    ],
)
def test_a_shape_that_cannot_be_written_is_refused_when_the_platform_is_loaded(changes, told):
    with pytest.raises(ValidationError, match=told):
        with_file(**changes)
