"""Columns of distinct words and row numbers: they say the same as the rows that they stand for."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.platforms.coded import Coded, are_different, group_rows, in_common, told_by
from assets.platforms.encoding import encode, encode_alike, families, share_codes

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


chunked = st.integers(0, 12).flatmap(
    lambda n: st.tuples(
        st.lists(words, min_size=n, max_size=n), st.lists(words, min_size=n, max_size=n), st.integers(0, n)
    )
)


@given(chunked)
def test_columns_looked_up_together_say_the_same_as_each_alone(case):
    first, second, cut = case
    told = [
        pa.chunked_array([pa.array(one[:cut], pa.string()), pa.array(one[cut:], pa.string())])
        for one in (first, second)
    ]
    base, other = encode_alike(told)
    assert [base.values.to_pylist(), other.values.to_pylist()] == [first, second]
    assert not other.is_merged or len(set(other.words.to_pylist())) == len(other.words)


def test_a_name_that_differs_in_one_row_far_below_is_looked_up_itself():
    ids = [str(n % 5000) for n in range(20_000)]
    names = [f"word {one}" for one in ids]
    names[17_123] = "renamed"
    cells = {
        3: pa.chunked_array([pa.array(ids)]),
        4: pa.chunked_array([pa.array(names)]),
        7: pa.chunked_array([["x"] * 20_000]),
    }
    assert families(cells) == [(3, 4), (7,)]
    found = encode_alike([cells[3], cells[4]])[1]
    assert found.values.to_pylist() == names
    assert len(found.words) == 5001


def test_two_ids_of_one_name_have_one_word_after_merging():
    ids, names = ["1", "2", "3", "1"], ["tea", "cup", "tea", "tea"]
    found = encode_alike([pa.chunked_array([pa.array(one)]) for one in (ids, names)])[1]
    assert (found.values.to_pylist(), len(found.merged().words)) == (names, 2)
