"""The first 500 mutants of the 20,000 in ``make test-faults``, and the oracle that judges them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.documents import Document
from tests.faults.mutant import Effect, Mutant
from tests.faults.mutations import MUTATIONS, make_mutant
from tests.faults.oracle import judge, night_of, original
from tests.faults.reading import read
from tests.faults.run import run

N_MUTANTS = 500
SAMPLE = "templates/products.csv grown"


def test_every_mutant_is_read_right_set_aside_or_refused():
    verdicts = [one for batch in run(N_MUTANTS, first=0, processes=2) for one in batch]
    assert [one.wrong for one in verdicts if one.wrong] == []
    assert {one.mutation for one in verdicts} == {mutation.__name__ for mutation in MUTATIONS}
    assert len(verdicts) == N_MUTANTS


@pytest.mark.parametrize("number", range(len(MUTATIONS)), ids=[mutation.__name__ for mutation in MUTATIONS])
def test_a_seed_makes_the_same_mutant_every_time(number):
    assert make_mutant(number) == make_mutant(number)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("digit", "read differently"),
        ("headers", "read differently"),
        ("row", "read differently"),
        ("nothing", ""),
        ("refused", "says the same and is refused"),
    ],
)
def test_the_oracle_sees_what_must_not_happen(how, said):
    document, _ = original(SAMPLE)
    assert (
        said in verdict_on(_changed(document, how), Effect())
        if said
        else not verdict_on(_changed(document, how), Effect())
    )


def test_the_oracle_sees_a_number_in_a_row_that_was_not_touched():
    document, _ = original(SAMPLE)
    touched = Effect("damaged", lines=frozenset({document.first_line + 1}), cells=frozenset({2}))
    assert "line 2 has" in verdict_on(_changed(document, "digit"), touched)


def test_the_oracle_sees_a_number_in_a_cell_that_was_not_touched():
    document, _ = original(SAMPLE)
    touched = Effect("damaged", lines=frozenset({document.first_line}), cells=frozenset({1}))
    assert "'price'" in verdict_on(_changed(document, "digit"), touched)


def test_the_oracle_sees_a_row_that_went_away_and_a_file_that_should_have_been_refused():
    document, _ = original(SAMPLE)
    assert "is missing" in verdict_on(_changed(document, "row"), Effect("damaged", lines=frozenset({3})))
    assert "it was read" in verdict_on(document.to_bytes(), Effect("refused"))


def verdict_on(data: bytes, effect: Effect) -> str:
    return judge(Mutant(0, "by hand", SAMPLE, data, effect), read(data, night_of(SAMPLE)))


def _changed(document: Document, how: str) -> bytes:
    header, rows = document.header, document.rows
    first = rows[0]
    if how == "digit":
        rows = ((*first[:2], "99.00", *first[3:]), *rows[1:])
    elif how == "headers":
        header = (*header[:2], header[4], header[3], header[2], *header[5:])
    elif how == "row":
        rows = rows[:-1]
    elif how == "refused":
        header = ("qqzz", *header[1:])
    return replace(document, header=header, rows=rows).to_bytes()
