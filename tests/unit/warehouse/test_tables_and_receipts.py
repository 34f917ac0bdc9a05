"""A table is trusted only through its receipt, and through the receipts of all that it was made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from assets.warehouse import tables
from assets.warehouse.errors import BrokenReceiptError, TableError
from assets.warehouse.home import Home
from assets.warehouse.receipts import receipt_path, table_path, verify_chain
from assets.warehouse.tables import Stamp, read_table, write_table

NIGHT = date(2025, 3, 10)
FRAME = pd.DataFrame({"item": ["a", "b"], "cost": [1.5, None], "clicks": pd.array([1, None], dtype="Int64")})
STAMP = Stamp("config", "code", {"table_gate": True})
Keep = Callable[..., Path]


@pytest.fixture
def keep(home: Home) -> Keep:
    """Write a table of the night; return where it lies."""

    def write(name: str, *inputs: str, frame: pd.DataFrame = FRAME, stamp: Stamp = STAMP) -> Path:
        write_table(home, NIGHT, 1, name, frame, inputs, stamp)
        return table_path(home, NIGHT, 1, name)

    return write


@pytest.fixture
def chain(home: Home, keep: Keep) -> Home:
    """first -> second -> bid_files/google_ads, and first -> bid_files/google_ads."""
    keep("first")
    keep("second", "first")
    keep("bid_files/google_ads", "first", "second")
    return home


def verify(home: Home) -> tables.Receipt:
    return verify_chain(home, NIGHT, 1, "bid_files/google_ads")


def test_a_whole_chain_is_trusted_and_the_receipt_tells_what_was_used(chain: Home):
    receipt = verify(chain)
    assert (receipt.name, receipt.rows, sorted(receipt.inputs)) == ("bid_files/google_ads", 2, ["first", "second"])
    assert (receipt.config_hash, receipt.code_hash, receipt.verdicts) == ("config", "code", {"table_gate": True})


def test_a_table_reads_back_as_it_was_written(home: Home, keep: Keep):
    keep("first")
    pd.testing.assert_frame_equal(read_table(home, NIGHT, 1, "first"), FRAME)


def test_the_same_rows_are_the_same_bytes(home: Home, keep: Keep):
    path = keep("first")
    before = path.read_bytes(), receipt_path(home, NIGHT, 1, "first").read_bytes()
    keep("first", frame=FRAME.copy())
    assert (path.read_bytes(), receipt_path(home, NIGHT, 1, "first").read_bytes()) == before


@pytest.mark.parametrize("name", ["first", "second", "bid_files/google_ads"])
def test_an_edited_table_anywhere_in_the_chain_is_refused(chain: Home, name: str):
    path = table_path(chain, NIGHT, 1, name)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BrokenReceiptError, match=f"cannot trust table '{name}': expected sha256") as caught:
        verify(chain)
    assert caught.value.table == name
    with pytest.raises(BrokenReceiptError, match="expected sha256"):
        read_table(chain, NIGHT, 1, name)


@pytest.mark.parametrize("name", ["first", "bid_files/google_ads"])
def test_a_missing_receipt_anywhere_in_the_chain_is_refused(chain: Home, name: str):
    receipt_path(chain, NIGHT, 1, name).unlink()
    with pytest.raises(
        BrokenReceiptError, match=rf"'{name}': expected a receipt at .*, seen none\. Nothing is published"
    ):
        verify(chain)


def test_a_missing_table_is_refused(chain: Home):
    table_path(chain, NIGHT, 1, "first").unlink()
    with pytest.raises(BrokenReceiptError, match=r"expected a table at .* seen No such file"):
        verify(chain)
    with pytest.raises(BrokenReceiptError, match=r"expected a table at .* seen No such file"):
        read_table(chain, NIGHT, 1, "first")


def test_an_input_that_was_written_again_with_other_rows_breaks_the_chain(chain: Home, keep: Keep):
    keep("first", frame=FRAME.assign(cost=9.0))
    with pytest.raises(BrokenReceiptError, match=r"'first': expected the receipt .* that .* was made from"):
        verify(chain)


def test_a_failed_gate_upstream_is_refused_but_the_table_can_be_looked_at(home: Home, keep: Keep):
    keep("first", stamp=Stamp("config", "code", {"table_gate": False, "other": True}))
    keep("bid_files/google_ads", "first")
    with pytest.raises(BrokenReceiptError, match="'first': expected all gates passed, seen failed: table_gate"):
        verify(home)
    assert len(read_table(home, NIGHT, 1, "first")) == 2


def test_a_receipt_of_another_night_is_refused(chain: Home):
    path = receipt_path(chain, NIGHT, 1, "first")
    path.write_text(json.dumps({**json.loads(path.read_text()), "night": "2025-03-09"}))
    with pytest.raises(BrokenReceiptError, match=r"expected the receipt of night 2025-03-10 r1, seen that of"):
        verify(chain)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"night": "soon"}'])
def test_a_damaged_receipt_is_refused(chain: Home, text: str):
    receipt_path(chain, NIGHT, 1, "first").write_text(text)
    with pytest.raises(BrokenReceiptError, match="'first': expected a whole receipt at"):
        verify(chain)


def test_a_table_cannot_be_made_from_one_without_receipt(keep: Keep):
    with pytest.raises(BrokenReceiptError, match="cannot trust table 'missing'"):
        keep("second", "missing")


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/.hidden"])
def test_a_name_that_leaves_the_folder_is_refused(keep: Keep, name: str):
    with pytest.raises(TableError, match="not a table name"):
        keep(name)


def test_a_verdict_in_words_is_refused(keep: Keep):
    with pytest.raises(TableError, match="gate 'table_gate' says 'failed'; a verdict is True or False"):
        keep("first", stamp=Stamp("config", "code", {"table_gate": "failed"}))


def test_a_column_of_mixed_types_is_refused(keep: Keep):
    with pytest.raises(TableError, match=r"cannot write table 'first': .*; a column holds one type"):
        keep("first", frame=pd.DataFrame({"a": [1, "x", None]}, dtype=object))


def test_bytes_that_do_not_read_back_get_no_receipt(home: Home, keep: Keep, monkeypatch: pytest.MonkeyPatch):
    keep("first")
    monkeypatch.setattr(tables, "write_bytes", lambda path, content: path.write_bytes(content[:-1]))
    with pytest.raises(TableError, match="reads back as"):
        keep("first")
    assert not receipt_path(home, NIGHT, 1, "first").exists()
