"""Writing bid and undo files: all or nothing, in the platform's words, the same bytes for the same rows."""

import csv
import hashlib
import io
import json

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from assets.platforms.writer import BidFileRefusedError, undo_rows, write_bid_files
from configs.loader import choose_bid_files, load_platforms, load_settings
from tests.golden.sample_rows import NIGHT, keyword_row, sample_rows

PLATFORMS = choose_bid_files(load_platforms(), load_settings())  # without alternatives
WRITING = [platform for platform in PLATFORMS.values() if platform.bid_files]
EDITOR = PLATFORMS["google_ads"]
BULK = PLATFORMS["amazon_sp"]
API = PLATFORMS["taobao_keyword"]
CLIENT = PLATFORMS["baidu_search"]


def bids(platform, n=1, **changes):
    own = {"lever": "keyword_bid", "action": "raise", "old_value": 1.0, "new_value": 1.1, "platform": platform.name}
    return pd.DataFrame([keyword_row(number, **{**own, **changes}) for number in range(n)])


def write(rows, platform, folder):
    return write_bid_files(rows, platform, folder / platform.name, night=NIGHT)


def read_rows(file, encoding="utf-8"):
    """Read a written file back with other code than wrote it: a list of header -> cell."""
    content = file.path.read_bytes()
    if file.path.suffix == ".json":
        return json.loads(content)
    if file.path.suffix == ".xlsx":
        header, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        return [dict(zip(header, row, strict=True)) for row in rows]
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline="")))


def one_change(platform, folder, spec, **changes):
    """Write one row; return its line in the bid file and its line in the undo file of ``spec``."""
    files = [file for file in write(bids(platform, **changes), platform, folder) if file.spec == spec]
    return [read_rows(file, platform.bid_files[0].encoding)[0] for file in files]


def test_a_written_file_says_its_rows_its_hash_and_how_well_its_format_is_known(tmp_path):
    bid, undo = (file for file in write(bids(EDITOR, 3), EDITOR, tmp_path) if file.spec == "keywords")
    assert (bid.kind, bid.spec, bid.rows, bid.evidence) == ("bid", "keywords", 3, "DOC")
    assert bid.path == tmp_path / "google_ads" / "google_ads_keywords_2026-11-20.csv"
    assert undo.path.name == "undo_google_ads_keywords_2026-11-20.csv"
    assert bid.sha256 == hashlib.sha256(bid.path.read_bytes()).hexdigest()
    assert bid.sha256 != undo.sha256


@pytest.mark.parametrize("platform", WRITING, ids=lambda platform: platform.name)
def test_the_same_rows_in_another_order_give_the_same_bytes(platform, tmp_path):
    rows = sample_rows(platform)
    first = write(rows, platform, tmp_path / "a")
    second = write(rows.sample(frac=1, random_state=7), platform, tmp_path / "b")
    assert [(file.path.name, file.sha256) for file in first] == [(file.path.name, file.sha256) for file in second]


@pytest.mark.parametrize(
    "changes",
    [{"is_writable": False}, {"is_writable": None}, {"decision": "hold"}, {"action": "keep"}, {"new_value": 1.0}],
    ids=["not writable", "unknown whether writable", "held", "kept", "unchanged"],
)
def test_a_row_that_is_no_accepted_change_is_not_written(changes, tmp_path):
    assert write(bids(EDITOR, **changes), EDITOR, tmp_path) == ()


def test_an_offer_is_ordered_even_where_its_fee_is_told_as_the_old_value_too(tmp_path):
    platform = PLATFORMS["kol"]
    rows = bids(
        platform, lever="kol_offer", action="sign", old_value=300.0, new_value=300.0, item="kol|main|placement|o-1"
    )
    bid, undo = (read_rows(file)[0] for file in write(rows, platform, tmp_path))
    assert (bid["报价编号"], bid["费用"], bid["操作"]) == ("o-1", 300.0, "下单")
    assert (undo["报价编号"], undo["费用"], undo["操作"]) == ("o-1", "", "取消")


def test_one_breach_refuses_every_file_of_the_platform_and_leaves_the_folder_as_it_was(tmp_path):
    write(bids(EDITOR), EDITOR, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    rows = pd.concat([bids(EDITOR, 3), bids(EDITOR, item="bad", keyword="=bad")])
    with pytest.raises(BidFileRefusedError, match="starts like a spreadsheet formula"):
        write(rows, EDITOR, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["google_ads"]


def test_a_refusal_names_five_offenders_the_count_of_the_others_and_the_remedy(tmp_path):
    with pytest.raises(BidFileRefusedError, match=r"7 breach.*and 2 more.*configs/platforms/google_ads.yaml") as caught:
        write(bids(EDITOR, 7, status="archived"), EDITOR, tmp_path)
    assert len(caught.value.breaches) == 7
    assert "碎花裙 4" in str(caught.value)
    assert "碎花裙 5" not in str(caught.value)
    assert not (tmp_path / "google_ads").exists()


def test_a_character_that_the_encoding_cannot_hold_refuses_the_platform(tmp_path):
    narrow = [spec.model_copy(update={"encoding": "gbk"}) for spec in CLIENT.bid_files]
    platform = CLIENT.model_copy(update={"bid_files": tuple(narrow)})
    rows = pd.concat([bids(platform), bids(platform, item="offender", keyword="red 😀 shoes")])
    with pytest.raises(BidFileRefusedError, match=r"offender.*cannot be encoded.*limit gbk"):
        write(rows, platform, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_publication_replaces_the_folder_as_a_whole(tmp_path):
    write(sample_rows(API), API, tmp_path)
    files = write(bids(API), API, tmp_path)
    assert {path.name for path in (tmp_path / API.name).iterdir()} == {file.path.name for file in files}


def test_rows_beyond_one_api_call_go_to_further_files(tmp_path):
    files = write(bids(API, 250), API, tmp_path)
    assert [file.rows for file in files if file.kind == "bid"] == [100, 100, 50]
    assert [file.path.name[-12:-5] for file in files if file.kind == "bid"] == ["part001", "part002", "part003"]
    ids = [row["keywordId"] for file in files if file.kind == "bid" for row in read_rows(file)]
    assert len(set(ids)) == 250


def test_a_bid_and_a_status_of_one_keyword_share_a_row_so_that_neither_reverts_the_other(tmp_path):
    rows = pd.concat(
        [bids(BULK, status="paused"), bids(BULK, lever="status", action="resume", status="paused", new_value=None)]
    )
    bid, undo = (read_rows(file) for file in write(rows, BULK, tmp_path))
    assert [(row["State"], row["Bid"]) for row in bid] == [("enabled", 1.1)]
    assert [(row["State"], row["Bid"]) for row in undo] == [("paused", 1.0)]


def test_the_bid_of_a_paused_keyword_does_not_wake_it(tmp_path):
    bid, undo = one_change(BULK, tmp_path, "keyword_updates", status="paused")
    assert bid["State"] == undo["State"] == "paused"


def test_a_long_id_survives_the_workbook_digit_by_digit(tmp_path):
    bid, _ = one_change(BULK, tmp_path, "keyword_updates", keyword_id="9223372036854775807")
    assert bid["Keyword ID"] == "9223372036854775807"


def test_a_product_target_is_written_under_its_own_id_column(tmp_path):
    bid, _ = one_change(BULK, tmp_path, "keyword_updates", entity_type="Product Targeting", match_type="auto")
    assert (bid["Entity"], bid["Product Targeting ID"], bid["Keyword ID"]) == (
        "Product Targeting", "3592782537720000000", ""
    )  # fmt: skip


def test_prices_of_the_api_are_whole_hundredths_and_ids_are_numbers(tmp_path):
    bid, undo = one_change(API, tmp_path, "keyword_bids", old_value=0.29, new_value=0.57)
    assert bid == {"keywordId": 3592782537720000000, "maxPrice": 57, "isDefaultPrice": 0}
    assert undo["maxPrice"] == 29


def test_float_noise_in_a_bid_is_not_written(tmp_path):
    bid, _ = one_change(EDITOR, tmp_path, "keywords", new_value=0.1 + 0.2, old_value=0.2)
    assert bid["Max CPC"] == "0.30"


def test_an_old_bid_with_more_decimals_than_the_step_is_restored_exactly(tmp_path):
    _, undo = one_change(EDITOR, tmp_path, "keywords", old_value=1.2345)
    assert undo["Max CPC"] == "1.2345"


@pytest.mark.parametrize("platform", [EDITOR, BULK, CLIENT], ids=lambda platform: platform.name)
def test_a_negative_has_no_bid(platform, tmp_path):
    rows = bids(
        platform, lever="negative_keyword", action="negative", search_term="free", old_value=None, new_value=None
    )
    line = read_rows(write(rows, platform, tmp_path)[0], platform.bid_files[0].encoding)[0]
    assert {cell for header, cell in line.items() if header in {"Bid", "Max CPC", "关键词出价"}} <= {""}
    assert "free" in line.values()


def test_a_new_keyword_without_a_match_type_is_exact(tmp_path):
    rows = bids(BULK, lever="new_keyword", action="add", search_term="red", match_type=None, old_value=None)
    bid, undo = (read_rows(file)[0] for file in write(rows, BULK, tmp_path))
    assert (bid["Operation"], bid["Keyword Text"], bid["Match Type"], bid["Bid"]) == ("Create", "red", "exact", 1.1)
    assert (undo["Operation"], undo["Keyword Text"], undo["Match Type"], undo["Bid"]) == ("Archive", "red", "exact", "")


def test_the_client_file_is_gb18030_with_windows_line_ends(tmp_path):
    bid, _ = write(bids(CLIENT, keyword="裙子 €"), CLIENT, tmp_path)
    content = bid.path.read_bytes()
    assert content.startswith("推广计划名称,".encode("gb18030"))
    assert content.endswith(b"\r\n")
    assert "裙子 €" in content.decode("gb18030")


def test_undo_rows_swap_values_and_reverse_actions():
    rows = bids(EDITOR, 4)
    rows["action"] = ["lower", "pause", "add", "sign"]
    undone = undo_rows(rows)
    assert undone["action"].tolist() == ["raise", "resume", "remove", "cancel"]
    assert undone["status"].tolist() == ["enabled", "paused", "enabled", "enabled"]
    assert undone["old_value"].tolist() == [1.1] * 4
    assert undone["new_value"].isna().tolist() == [False, False, True, True]


def test_undoing_an_undo_of_values_and_status_gives_the_rows_back():
    rows = bids(EDITOR, 2)
    rows["action"] = ["raise", "pause"]
    pd.testing.assert_frame_equal(undo_rows(undo_rows(rows)), rows)
