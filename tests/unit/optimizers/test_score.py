"""The score and the evidence grade against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optimizers.errors import InvalidInputError
from optimizers.score import evidence_grade, keyword_scores

NAN = np.nan
EVEN = (0.4, 0.2, 0.4)


def test_three_keywords_get_the_hand_computed_percentiles_and_score():
    parts = keyword_scores([10, 20, 30], [0.9, 0.5, 0.1], [0.02, 0.02, 0.08], np.zeros(3, np.int64), EVEN)
    assert parts.volume == pytest.approx([100 / 6, 50, 500 / 6])
    assert parts.competition == pytest.approx([100 / 6, 50, 500 / 6])
    assert parts.conversion == pytest.approx([100 / 3, 100 / 3, 500 / 6])
    assert parts.score == pytest.approx(0.4 * parts.volume + 0.2 * parts.competition + 0.4 * parts.conversion)


def test_a_missing_part_is_neutral_and_flagged():
    parts = keyword_scores([10, NAN], [NAN, NAN], [0.1, 0.2], np.zeros(2, np.int64), EVEN)
    assert parts.competition.tolist() == [50.0, 50.0]
    assert parts.has_competition.tolist() == [False, False]
    assert (parts.volume.tolist(), parts.has_volume.tolist()) == ([50.0, 50.0], [True, False])


def test_items_are_ranked_within_their_own_group():
    parts = keyword_scores([1, 2, 1000, 2000], [1, 1, 1, 1], [1, 1, 1, 1], np.array([0, 0, 1, 1]), EVEN)
    assert parts.volume.tolist() == [25.0, 75.0, 25.0, 75.0]


def test_a_single_item_is_average():
    assert keyword_scores([9], [9], [9], np.array([4]), EVEN).score == pytest.approx([50.0])


def test_no_items_have_no_scores():
    assert keyword_scores([], [], [], np.zeros(0, np.int64), EVEN).score.shape == (0,)


@pytest.mark.parametrize(
    "weights",
    [pytest.param((0.5, 0.5), id="two"), pytest.param((0.5, 0.4, 0.2), id="sum above one"),
     pytest.param((1.5, -0.5, 0.0), id="negative")],
)  # fmt: skip
def test_weights_that_do_not_share_one_are_refused(weights):
    with pytest.raises(InvalidInputError, match="weights"):
        keyword_scores([1], [1], [1], np.array([0]), weights)


@pytest.mark.parametrize(
    ("clicks", "conversions", "is_known", "grade"),
    [
        pytest.param(300.0, 20.0, True, "A", id="twenty sales"),
        pytest.param(1000.0, 0.0, True, "A", id="a thousand clicks without a sale"),
        pytest.param(90.0, 5.0, True, "B", id="five sales"),
        pytest.param(200.0, 0.0, True, "B", id="two hundred clicks"),
        pytest.param(29.0, 1.0, True, "C", id="one sale"),
        pytest.param(29.9, 0.9, True, "D", id="next to nothing"),
        pytest.param(5000.0, 90.0, False, "C", id="much, but the delay is unknown"),
        pytest.param(0.0, 0.0, False, "D", id="nothing"),
    ],
)
def test_the_grade_follows_its_thresholds(clicks, conversions, is_known, grade):
    assert evidence_grade([clicks], [conversions], [is_known]).tolist() == [grade]


def test_missing_counts_are_not_graded():
    with pytest.raises(InvalidInputError, match=r"effective_clicks\[0\] = nan"):
        evidence_grade([NAN], [0.0], True)
