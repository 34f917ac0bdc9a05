"""Cells that were moved out of their row or column are set aside; nothing is read one place further."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

HEADER = "product_id,product_name,price,margin,brand"
ROWS = ["p1,quilt,10,0.4,A", "p2,blanket,20,0.3,B", "p3,pillow,30,0.2,"]


def sheet(rows: list[list[object]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    for line, row in enumerate(rows):
        page.write_row(line, 0, row)
    book.close()
    return target.getvalue()


@pytest.mark.parametrize("first", [1, 2, 5], ids=["id", "name", "last"])
def test_a_quote_that_opens_in_one_row_and_closes_in_another_costs_both(read_one, first):
    cells, others = ROWS[0].split(","), ROWS[1].split(",")
    cells[first - 1], others[first - 1] = '"' + cells[first - 1], others[first - 1] + '"'
    table = read_one("\n".join([HEADER, ",".join(cells), ",".join(others), ROWS[2], ""]))
    assert table.frame["product_id"].tolist() == ["p3"]
    assert table.quarantine["line"].tolist() == [2, 3]


def test_a_quote_that_swallows_the_rest_of_a_damaged_row_costs_both(read_one):
    table = read_one(f'{HEADER}\n{ROWS[0]}\n"p2,20,0.3\n"p3,pillow,30,0.2,\n')
    assert table.frame["product_id"].tolist() == ["p1"]
    assert table.quarantine["line"].tolist() == [3, 4]


def test_a_cell_with_a_line_end_and_a_few_delimiters_is_a_cell(read_one):
    table = read_one(f'{HEADER}\np1,"quilt\nsoft, warm",10,0.4,A\n{ROWS[1]}\n')
    assert table.frame["product_name"].tolist() == ["quilt\nsoft, warm", "blanket"]
    assert table.frame["line"].tolist() == [2, 4]


def test_a_very_long_cell_does_not_confuse_the_count_of_lines(read_one):
    table = read_one(f'{HEADER}\np1,"quilt\n{"x" * 200_000}",10,0.4,A\n{ROWS[1]}\n')
    assert table.frame["line"].tolist() == [2, 4]


def test_one_row_with_an_empty_cell_too_many_is_not_read_one_column_further(read_one):
    table = read_one("\n".join([HEADER, *ROWS[:2], "p3,,pillow,30,0.2,", ""]))
    assert table.frame["product_id"].tolist() == ["p1", "p2"]
    assert table.quarantine["line"].tolist() == [4]


def test_a_row_of_a_sheet_that_reaches_further_than_the_header_is_set_aside(read_one):
    rows = [HEADER.split(","), ["p1", "quilt", 10, 0.4, "A"], ["p2", "", "blanket", 20, 0.3, "B"]]
    table = read_one(sheet(rows), name="a.xlsx")
    assert table.frame["product_id"].tolist() == ["p1"]
    assert table.quarantine["line"].tolist() == [3]


def test_a_column_without_a_name_beside_a_sheet_is_no_moved_cell(read_one):
    rows = [HEADER.split(","), ["p1", "quilt", 10, 0.4, "A", "my note"], ["p2", "blanket", 20, 0.3, "B", "another"]]
    assert read_one(sheet(rows), name="a.xlsx").frame["product_id"].tolist() == ["p1", "p2"]


def test_a_totals_row_is_known_after_its_column_was_moved(read_one):
    header = "Match type,Campaign,Ad group,Impr.,Clicks,Cost,Search term"
    rows = ["Exact match,C,G,10,1,1.00,a", "Exact match,C,G,20,3,2.50,b", ",,,30,4,3.50,Total: Search terms"]
    table = read_one("\n".join(['"May 1, 2026 - May 31, 2026"', header, *rows, ""]))
    assert table.frame["search_term"].tolist() == ["a", "b"]
    assert [one.holds for one in table.totals] == [True, True, True]


def test_one_strange_word_is_not_taken_for_the_longest_window(read_one, samples):
    text = (samples / "taobao_keyword" / "keyword_report_shops.csv").read_bytes().decode("gb18030")
    whole = read_one(text, encoding="gb18030")
    line = next(at for at, row in enumerate(text.splitlines()) if "3天转化" in row)
    lines = text.splitlines()
    lines[line] = lines[line].replace("3天转化", "9401")
    table = read_one("\r\n".join([*lines, ""]), encoding="gb18030")
    assert len(table.frame) == len(whole.frame)
    assert table.quarantine[["line", "reason"]].to_numpy().tolist() == [[line + 1, "its 转化周期 is no window"]]


def test_a_row_without_any_name_is_set_aside(read_one):
    header = '"May 1, 2026 - May 31, 2026"\nSearch term,Match type,Campaign,Ad group,Impr.,Clicks,Cost'
    table = read_one(f"{header}\na,Exact match,C,G,10,1,1.00\n --, --, --, --,10,1,1.00\n")
    assert table.frame["search_term"].tolist() == ["a"]
    assert table.quarantine["reason"].tolist() == ["none of the names that it needs is filled"]


def test_one_keyword_that_looks_decorated_changes_no_other_keywords_match_type(read_one):
    rows = ["c,g,summer quilt,Exact match,2026-05-01,3,1.50", "c,g,+odd one,Broad match,2026-05-01,3,1.50"]
    table = read_one("\n".join(["Campaign,Ad group,Keyword,Match type,Day,Clicks,Cost", *rows, ""]))
    assert table.frame["match_type"].tolist() == ["exact", "broad"]


def test_a_header_among_the_rows_is_no_row(read_one):
    table = read_one("\n".join([HEADER, ROWS[0], HEADER, ROWS[1], ""]))
    assert table.frame["product_id"].tolist() == ["p1", "p2"]
    assert table.quarantine[["line", "reason"]].to_numpy().tolist() == [[3, "it repeats the header"]]
