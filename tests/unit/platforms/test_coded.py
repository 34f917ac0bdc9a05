"""Columns of distinct words and row numbers: they say the same as the rows that they stand for."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.platforms.coded import Coded, are_different, encode, group_rows, in_common

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
