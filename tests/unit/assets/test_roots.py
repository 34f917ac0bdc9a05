"""Root words: how text is cut, which words are shared, and that keywords without any are no trouble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assets.roots import root_matrix, root_words, roots_by_group, text_codes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("running shoes for men", {"running", "shoes", "men"}, id="words without function words"),
        pytest.param("heavy-duty 4-person_tent", {"heavy", "duty", "4", "person", "tent"}, id="cut at signs"),
        pytest.param("户外折叠椅", {"户外", "折叠椅"}, id="chinese is segmented"),
        pytest.param("iphone15手机壳", {"iphone15", "手机", "壳"}, id="both scripts; a single character alone is kept"),
        pytest.param("的", set(), id="nothing but a function word"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_a_text_is_cut_into_its_words(text, words):
    assert set(root_words(text)) == words
    assert list(root_words(text)) == sorted(words)


def test_single_characters_side_by_side_become_pairs():
    """The segmenter knows none of these made-up words, so it leaves their characters alone."""
    assert set(root_words("龘靐齉")) == {"龘靐", "靐齉"}


def test_only_words_of_several_keywords_and_not_of_all_are_roots():
    keywords = pd.Series(["red shoes", "Red  SHOES", "red hat", "blue shoes"], dtype="str")
    assert root_matrix(keywords).toarray().tolist() == [[1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]  # red, shoes


def test_wide_and_narrow_letters_are_the_same_word():
    keywords = pd.Series(["ＴＥＮＴ large", "tent small", "Tent", "lamp"], dtype="str")
    assert root_matrix(keywords).toarray().ravel().tolist() == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("keywords", [[None, None, None, None], []], ids=["no text", "no item"])
def test_without_text_there_is_no_root(keywords):
    series = pd.Series(keywords, dtype="str")
    assert root_matrix(series).shape == (len(keywords), 0)
    assert text_codes(series).tolist() == [-1] * len(keywords)


def test_a_text_that_stands_once_has_no_code():
    assert text_codes(pd.Series(["tent", "Tent ", "lamp", None], dtype="str")).tolist() == [0, 0, -1, -1]


def test_the_order_of_keywords_changes_no_root():
    keywords = pd.Series(["red hat", "red shoes", "red tent", "lamp", "lamp post", "lamp oil"], dtype="str")
    there, back = root_matrix(keywords).toarray(), root_matrix(keywords[::-1]).toarray()
    assert np.array_equal(there, back[::-1])


def test_a_root_has_a_column_of_its_own_on_each_platform_that_has_it_often_enough():
    keywords = pd.Series(["red hat", "red cap", "red bow", "red ring", "red oil", "tea"], dtype="str")
    roots = root_matrix(keywords)
    assert roots_by_group(roots, np.array([0, 0, 0, 1, 1, 1])).toarray().T.tolist() == [[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]]
    assert roots_by_group(roots, np.zeros(6, dtype=np.int64)).shape == (6, 0)
