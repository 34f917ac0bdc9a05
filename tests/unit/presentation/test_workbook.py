import openpyxl
import pytest

from assets.presentation import workbook_rows
from assets.presentation.tables import changes_first
from assets.presentation.workbook import SHEETS, write_workbook
from assets.presentation.workbook_cells import DECISIONS, neutralise, safe_text
from configs.schema import RoasGoals, Settings
from tests.unit.presentation.sample_night import make_nodes, make_recommendations, make_status, make_summary


def write(path, rows, **options):
    return write_workbook(path, rows, make_status(), make_nodes(), make_summary(rows), **options)


@pytest.fixture(scope="module")
def rows():
    frame = make_recommendations(90)
    frame.loc[0, "keyword"] = '=HYPERLINK("http://evil.example","click")'
    frame.loc[3, "campaign"] = "@SUM(1+1)"
    return frame


@pytest.fixture(scope="module")
def book(rows, tmp_path_factory):
    return openpyxl.load_workbook(write(tmp_path_factory.mktemp("book") / "review.xlsx", rows))


def table(sheet, top=3):
    values = list(sheet.iter_rows(min_row=top, values_only=True))
    return [dict(zip(values[0], row, strict=True)) for row in values[1:]]


def test_the_sheets_stand_in_reading_order(book):
    assert tuple(book.sheetnames) == SHEETS


def test_the_same_input_gives_the_same_bytes(rows, tmp_path):
    assert write(tmp_path / "a.xlsx", rows).read_bytes() == write(tmp_path / "b.xlsx", rows).read_bytes()


def test_changes_list_every_change_most_money_first(book, rows):
    listed = table(book["变更 Changes"])
    changed = changes_first(rows)
    assert [row["键\nItem key"] for row in listed] == changed["item"].tolist()
    assert [row["键\nLever key"] for row in listed] == changed["lever"].tolist()
    assert [row["花费变化/天\nCost (CNY)"] for row in listed] == pytest.approx(changed["cost_change"].tolist())
    assert [row["默认\nDefault"] for row in listed] == changed["decision"].tolist()
    assert {row["决定\nDecision"] for row in listed} == {None}


def test_no_cell_is_a_formula_and_none_starts_like_one(book):
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not isinstance(cell.value, str) or cell.value[0] not in "=+-@\t\r"
    names = [cell.value for cell in book["变更 Changes"]["A"]]
    assert '\'=HYPERLINK("http://evil.example","click")' in names


def test_decisions_are_chosen_from_a_list(book):
    for name in ("变更 Changes", "批量决定 Bulk decisions"):
        formulas = [rule.formula1 for rule in book[name].data_validations.dataValidation if rule.type == "list"]
        assert formulas == [f'"{",".join(DECISIONS)}"']


def test_tables_have_filters_and_frozen_headers(book):
    for name in SHEETS[1:5]:
        assert book[name].auto_filter.ref.startswith("A3:")
    assert book["变更 Changes"].freeze_panes == "C4"


def test_twenty_rows_have_the_most_at_stake(book, rows):
    looked = table(book["看这20个 Look at these 20"])
    stake = rows["cost_change"].abs() + (rows["profit_change_high"] - rows["profit_change_low"])
    changed = changes_first(rows).index
    assert len(looked) == 20
    assert looked[0]["花费变化/天\nCost (CNY)"] == pytest.approx(rows.loc[stake[changed].idxmax(), "cost_change"])
    assert all(row["原因\nReason (zh)"] and row["原因\nReason (en)"] for row in looked)


def test_bulk_rows_add_up_to_the_changes(book, rows):
    bulk = table(book["批量决定 Bulk decisions"])
    changed = changes_first(rows)
    by_reason = [row for row in bulk if row["范围\nScope"].startswith("原因")]
    assert sum(row["行数\nRows"] for row in by_reason) == len(changed)
    total = sum(row["花费变化/天\nCost change (CNY)"] for row in by_reason)
    assert total == pytest.approx(changed["cost_change"].fillna(0).sum())
    accepted = sum(row["默认接受\nAccepted by default"] for row in by_reason)
    assert accepted == (changed["decision"] == "accept").sum()


def test_holds_are_listed_with_their_reason(book):
    holds = table(book["暂停平台 Holds"])
    assert [row["平台\nPlatform"] for row in holds] == ["百度 搜索推广"]
    assert "1,204.50" in holds[0]["原因\nReason (zh)"]


def test_more_changes_than_a_sheet_takes_are_counted(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_rows, "MAX_CHANGES", 5)
    small = openpyxl.load_workbook(write(tmp_path / "small.xlsx", rows))
    assert len(table(small["变更 Changes"])) == 5
    n_changes = len(changes_first(rows))
    assert f"共 {n_changes} 项变更，列出 5 项 · {n_changes} changes, 5 listed" in small["变更 Changes"]["A2"].value


def test_a_night_without_changes_still_has_all_sheets(rows, tmp_path):
    empty = openpyxl.load_workbook(write(tmp_path / "empty.xlsx", rows[rows["action"] == "keep"].iloc[:0]))
    assert tuple(empty.sheetnames) == SHEETS
    assert table(empty["变更 Changes"]) == []


def test_the_settings_lines_are_quoted(rows, tmp_path):
    settings = Settings(roas=RoasGoals(floor=2.75))
    book = openpyxl.load_workbook(write(tmp_path / "own.xlsx", rows, settings=settings))
    assert any("底线 2.75" in row["原因\nReason (zh)"] for row in table(book["变更 Changes"]))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "＝1"])
def test_a_start_that_would_run_gets_a_quote(text):
    assert neutralise(text) == f"'{text}"


def test_harmless_text_stays_and_long_text_is_cut():
    assert safe_text("保温杯 -50%") == "保温杯 -50%"
    assert safe_text(None) == ""
    assert len(safe_text("x" * 5_000)) == 2_000
