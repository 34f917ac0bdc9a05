"""The score depends on order alone, stays in 0-100, and more evidence never lowers a grade."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizers.score import evidence_grade, keyword_scores

CHECKS = settings(max_examples=50)
WEIGHTS = (0.35, 0.20, 0.45)


@st.composite
def keywords(draw):
    n_items = draw(st.integers(1, 25))
    number = st.integers(0, 50) | st.just(np.nan)
    parts = [draw(arrays(np.float64, n_items, elements=number)) for _ in range(3)]
    return [*parts, draw(arrays(np.int64, n_items, elements=st.integers(0, 2)))]


@CHECKS
@given(keywords())
def test_every_part_and_the_score_lie_between_0_and_100(rows):
    parts = keyword_scores(*rows, WEIGHTS)
    for values in (parts.score, parts.volume, parts.competition, parts.conversion):
        assert ((values >= 0) & (values <= 100)).all()


@CHECKS
@given(keywords())
def test_only_order_matters(rows):
    volume, competition, conversion, group = rows
    other = keyword_scores(volume**2 * 9.0, competition / 50.0, np.exp(conversion / 10.0), group, WEIGHTS)
    assert other.score == pytest.approx(keyword_scores(*rows, WEIGHTS).score)


@CHECKS
@given(keywords(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_score(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    shuffled = keyword_scores(*(column[order] for column in rows), WEIGHTS)
    assert shuffled.score == pytest.approx(keyword_scores(*rows, WEIGHTS).score[order])


@CHECKS
@given(keywords())
def test_the_measured_items_of_a_group_average_50(rows):
    parts = keyword_scores(*rows, WEIGHTS)
    for code in np.unique(rows[3]):
        chosen = parts.has_volume & (rows[3] == code)
        if chosen.any():
            assert parts.volume[chosen].mean() == pytest.approx(50.0)


@CHECKS
@given(keywords(), st.integers(1, 50))
def test_more_volume_never_lowers_a_score(rows, more):
    volume, *rest = rows
    raised = volume.copy()
    raised[0] += more
    assert keyword_scores(raised, *rest, WEIGHTS).score[0] >= keyword_scores(*rows, WEIGHTS).score[0] - 1e-9


@CHECKS
@given(st.floats(0, 2000), st.floats(0, 50), st.floats(0, 2000), st.floats(0, 50), st.booleans())
def test_more_evidence_never_lowers_a_grade(clicks, sales, more_clicks, more_sales, is_known):
    grades = evidence_grade([clicks, clicks + more_clicks], [sales, sales + more_sales], is_known)
    assert grades[1] <= grades[0]  # "A" sorts before "D"
