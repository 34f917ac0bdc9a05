"""The mark before the cents is decided once per file, and never guessed."""

from __future__ import annotations

import pytest

from assets.platforms.reader import read_source
from configs.loader import load_platforms

HEADER = "Campaign;Ad group;Keyword;Match type;Day;Clicks;Impr.;Cost;Conv. value"


def read_costs(tmp_path, rows, header=HEADER):
    path = tmp_path / "any.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (table,) = read_source(path, load_platforms()).tables
    return table


def row(number, clicks, cost, value="0"):
    return f"c;g;word {number};Exact;2026-05-01;{clicks};100000;{cost};{value}"


@pytest.mark.parametrize(
    ("cost", "micros"),
    [("1.234,56", 1_234_560_000), ("12,5", 12_500_000), ("1 234,56", 1_234_560_000), ("1\u202f234,56", 1_234_560_000),
     ("1.234.567,89", 1_234_567_890_000), ("€ 1.234,56", 1_234_560_000), ("1.234,56 €", 1_234_560_000), ("7", 7_000_000)],
)  # fmt: skip
def test_a_file_of_decimal_commas_is_read_to_the_cent(tmp_path, cost, micros):
    table = read_costs(tmp_path, [row(1, 3, cost), row(2, 3, "0,50"), row(3, 3, "2,75")])
    assert table.frame["cost"].iloc[0] == micros
    assert len(table.quarantine) == 0


def test_thousands_with_a_point_are_thousands_where_the_cents_have_a_comma(tmp_path):
    table = read_costs(tmp_path, [row(1, "1.234", "56,78", "1.234"), row(2, "5", "1,00")])
    assert table.frame["clicks"].tolist() == [1234, 5]
    assert table.frame["conversion_value"].iloc[0] == 1_234_000_000


def test_a_cell_of_the_other_style_is_set_aside_and_not_read_wrong(tmp_path):
    table = read_costs(tmp_path, [row(1, 1, "56,78"), row(2, 1, "1,00"), row(3, 1, "9.99")])
    assert table.frame["cost"].tolist() == [56_780_000, 1_000_000]
    assert table.quarantine[["line", "column", "value"]].to_numpy().tolist() == [[4, "Cost", "9.99 ?"]]


def test_a_point_before_three_digits_is_not_guessed_where_nothing_tells_what_it_means(tmp_path):
    table = read_costs(tmp_path, [row(1, 1, "1.234"), row(2, 1, "5")])
    assert table.frame["cost"].tolist() == [5_000_000]
    assert table.quarantine["value"].tolist() == ["1.234 ?"]


def test_plain_decimals_elsewhere_in_the_file_say_that_a_point_is_a_point(tmp_path):
    table = read_costs(tmp_path, [row(1, 1, "1.234", "0.5"), row(2, 1, "5", "1.75")])
    assert table.frame["cost"].tolist() == [1_234_000, 5_000_000]


@pytest.mark.parametrize(
    ("cost", "micros"), [("1,23,456.78", 123_456_780_000), ("203,834", 203_834_000_000), ("１２.５", 12_500_000)]
)
def test_grouped_and_full_width_numbers_of_a_point_file_are_read(tmp_path, cost, micros):
    table = read_costs(tmp_path, [row(1, 1, cost), row(2, 1, "3.20")])
    assert table.frame["cost"].iloc[0] == micros
