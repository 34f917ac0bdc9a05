"""Numbers as the world writes them: each is read to the cent or set aside, and no cell changes what another one means."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.platforms.reader import ReadTable, read_source
from configs.loader import load_platforms

HEADER = "Campaign\tAd group\tKeyword\tMatch type\tDay\tClicks\tCost"
ARABIC, DEVANAGARI = (str.maketrans("0123456789", digits) for digits in ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"))
FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


def grouped(amount: Decimal, group: str, mark: str) -> str:
    return f"{amount:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)


def indian(amount: Decimal) -> str:
    whole, cents = f"{amount:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(at - 2, 0) : at] for at in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail]) + f".{cents}"


LOCALES = {
    "point": lambda amount: grouped(amount, ",", "."),
    "German": lambda amount: grouped(amount, ".", ","),
    "French, hard space": lambda amount: grouped(amount, "\u00a0", ","),
    "French, narrow space": lambda amount: grouped(amount, "\u202f", ","),
    "Swiss": lambda amount: grouped(amount, "'", "."),
    "Swiss, printed": lambda amount: grouped(amount, "\u2019", "."),
    "spaces and a point": lambda amount: grouped(amount, "\u00a0", "."),
    "Indian": indian,
    "full width": lambda amount: grouped(amount, ",", ".").translate(FULL_WIDTH),
    "Arabic digits": lambda amount: f"{amount:.2f}".translate(ARABIC),
    "Arabic marks": lambda amount: grouped(amount, "\u066c", "\u066b").translate(ARABIC),
    "Devanagari": lambda amount: indian(amount).translate(DEVANAGARI),
    "minus behind": lambda amount: f"{amount:.2f}-",
    "bracket": lambda amount: f"({amount:,.2f})",
    "printed minus": lambda amount: f"\u2212{amount:.2f}",
    "currency before": lambda amount: f"€ {grouped(amount, '.', ',')}",
    "currency behind": lambda amount: f"{grouped(amount, '.', ',')} €",
    "rupees": lambda amount: f"Rs.{indian(amount)}",
}  # fmt: skip
NEGATIVE = {"minus behind", "bracket", "printed minus"}
ODD_CELLS = (
    "12,5",
    "12.5",
    "1,2",
    "0,5",
    "1.234",
    "1,234",
    "1.2.3",
    "1,2,3",
    "12,34.5",
    "1.234,5",
    "5-",
    "٣٫٥",
    "1 234",
)
AMOUNTS = st.lists(st.decimals("0.01", "99999999", places=2), min_size=1, max_size=6)


def read(costs: list[str]) -> ReadTable:
    rows = [f"c\tg\tword {number}\tExact\t2026-05-01\t3\t{cost}" for number, cost in enumerate(costs)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        (table,) = read_source(path, load_platforms()).tables
    return table


def costs_by_row(table: ReadTable) -> dict[int, int]:
    assert len(table.frame) + len(table.quarantine) > 0
    return dict(zip((table.frame["line"] - 2).tolist(), table.frame["cost"].tolist(), strict=True))


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(LOCALES)), AMOUNTS)
def test_an_amount_is_read_to_the_cent_or_set_aside(locale, amounts):
    sign = -1 if locale in NEGATIVE else 1
    table = read([LOCALES[locale](amount) for amount in amounts])
    assert len(table.frame) + len(table.quarantine) == len(amounts)
    for row, micros in costs_by_row(table).items():
        assert micros == sign * int(amounts[row] * 1_000_000)


WHOLE = st.lists(st.integers(1, 999_999), min_size=3, max_size=12)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([",", ".", "\u00a0"]), WHOLE, st.sampled_from(ODD_CELLS))
@example(",", [1020, 2500, 7300], "12,5")
@example(".", [1020, 2500, 7300, 8100, 9200, 1100, 1200, 1300, 1400, 1500, 1600], "12.5")
def test_one_odd_cell_does_not_change_what_whole_amounts_mean(group, amounts, odd):
    """Without cents in the file a single odd cell could turn every ``1,020`` into 1.02."""
    table = read([*[f"{amount:,}".replace(",", group) for amount in amounts], odd])
    for row, micros in costs_by_row(table).items():
        if row < len(amounts):
            assert micros == amounts[row] * 1_000_000
