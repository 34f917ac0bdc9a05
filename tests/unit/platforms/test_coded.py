"""Columns of distinct words and row numbers: they say the same as the rows that they stand for."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.platforms.coded import Coded, are_different, encode, group_rows, in_common, share_codes, told_by

words = st.sampled_from(["a", "b", "c", None])
columns = st.integers(0, 12).flatmap(
    lambda n: st.lists(st.lists(words, min_size=n, max_size=n), min_size=1, max_size=3)
)


def coded(values: list[str | None]) -> Coded:
    return encode(pa.array(values, pa.string()))


@given(columns)
def test_rows_are_in_one_group_exactly_when_their_keys_are_equal(values):
    keys = list(zip(*values, strict=True))
    groups = group_rows([coded(column) for column in values], len(keys))
    assert [keys[row] for row in groups.example[groups.codes]] == keys
    assert len(groups.example) == len(set(keys))


@given(columns)
def test_rows_in_common_are_those_whose_key_stands_twice(values):
    keys = list(zip(*values, strict=True))
    found = in_common([coded(column) for column in values], len(keys))
    assert found.tolist() == [keys.count(key) > 1 for key in keys]
    assert are_different([coded(column) for column in values], len(keys)) == (len(set(keys)) == len(keys))


@given(st.lists(words, max_size=20))
def test_encoding_keeps_every_value(values):
    assert coded(values).values.to_pylist() == values


def test_words_that_became_equal_are_one_word_after_merging():
    column = Coded(pa.array(["1", "2", "1"]), np.array([0, 1, 2, 0], dtype=np.int32))
    merged = column.merged()
    assert merged.values.to_pylist() == ["1", "2", "1", "1"]
    assert len(merged.words) == 2


def test_only_words_that_stand_in_a_row_are_used():
    column = coded(["a", "b", "a"]).keep(np.array([True, False, True]))
    assert column.used_words().to_pylist() == ["a"]


def test_groups_are_numbered_by_the_words_that_stand_in_a_row():
    names = coded(["a", "b", "c", "b"]).keep(np.array([False, True, True, True]))
    groups = group_rows([names, coded(["x", "y", "x"])], 3)
    assert (groups.codes.tolist(), groups.example.tolist()) == ([0, 1, 0], [2, 1])


def test_an_id_and_its_name_hold_one_array_of_codes_and_others_their_own():
    shared = share_codes({0: coded(["1", "2", "1"]), 3: coded(["a", "b", "a"]), 4: coded(["a", "b", "b"])})
    assert shared[3].codes is shared[0].codes
    assert [one.values.to_pylist() for one in shared.values()] == [["1", "2", "1"], ["a", "b", "a"], ["a", "b", "b"]]
    assert told_by(shared[0], shared[3]).tolist() == [0, 1]
    assert told_by(shared[0], shared[4]) is None
