"""Creators' names, links and addresses are kept as pseudonyms only."""

from __future__ import annotations

import pytest

from assets.platforms.persons import HIDDEN_VALUE, pseudonym
from assets.platforms.reader import read_source
from assets.warehouse.home import open_home
from assets.warehouse.secrets import KEY_BYTES, pseudonym_key
from configs.platform_schema import Platform

SOURCE = {"evidence": "CODE", "source": "made up for this test", "checked_on": "2026-11-22"}
CREATORS = Platform.model_validate({
    "name": "creators", "title": {"zh": "达人", "en": "Creators"},
    "reports": [{
        "name": "list", "kinds": ["kol_profiles"], "source": SOURCE, "date_from": "file_night",
        "columns": {
            "kol_id": {"headers": ["达人ID"], "type": "id", "required": True},
            "kol_name": {"headers": ["昵称"], "type": "text", "required": True, "personal": True},
            "email": {"headers": ["联系邮箱"], "type": "text", "personal": True},
            "followers": {"headers": ["粉丝数"], "type": "count"},
        },
    }],
})  # fmt: skip
KEY = b"k" * 32
ROWS = (
    "达人ID,昵称,联系邮箱,粉丝数\n1,王小明,wang@example.com,1.2万\n2,李小红,,800\n1, 王小明 ,WANG@example.com,1.2万\n"
)


def read(tmp_path, text=ROWS, key=KEY):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    (table,) = read_source(path, {"creators": CREATORS}, key=key).tables
    return table


def test_a_person_has_one_pseudonym_in_every_spelling_and_a_missing_name_stays_missing(tmp_path):
    frame = read(tmp_path).frame
    assert frame["kol_name"].iloc[0] == frame["kol_name"].iloc[2] == pseudonym("王小明", KEY)
    assert frame["email"].iloc[0] == frame["email"].iloc[2]
    assert frame["email"].isna().tolist() == [False, True, False]
    assert frame["followers"].tolist() == [12_000, 800, 12_000]
    assert "王" not in frame.to_csv()
    assert "example.com" not in frame.to_csv()


def test_another_home_gives_another_pseudonym():
    assert pseudonym("王小明", KEY) != pseudonym("王小明", b"other" * 7)


def test_without_a_key_nobody_is_kept_at_all(tmp_path):
    assert read(tmp_path, key=None).frame["kol_name"].isna().all()


@pytest.mark.parametrize("row", ["3,陈\ufffd,x@example.com,5", "陈大文,4,x@example.com,5,6"])
def test_a_row_that_is_set_aside_names_nobody(tmp_path, row):
    table = read(tmp_path, ROWS + row + "\n")
    assert table.quarantine["value"].tolist() == [HIDDEN_VALUE]
    told = table.quarantine.to_csv() + " ".join(map(str, table.messages)) + "".join(one.value for one in table.messages)
    assert "陈" not in told


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path):
    home = open_home(tmp_path)
    key = pseudonym_key(home)
    assert len(key) == KEY_BYTES
    assert pseudonym_key(home) == key
    assert [path.stat().st_mode & 0o777 for path in home.keys.iterdir()] == [0o600]
