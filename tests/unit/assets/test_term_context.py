"""What a term's surroundings say: which keyword it came through, and how an exact keyword of its platform answers to a bid."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from assets.discovery import TERM_COLUMNS, empty_terms
from assets.term_context import with_context, with_exact_response
from assets.term_facts import load_terms
from tests.unit.assets.made_up import make_items, put
from tests.unit.assets.test_discovery import GOOD


def answer(*items: dict[str, Any], platform: str = "google_ads") -> tuple[float, float, str]:
    rows = pd.DataFrame({"platform": pd.Series([platform], dtype="str")})
    found = with_exact_response(rows, make_items(*items))
    return tuple(found.loc[0, ["eta", "kappa", "response_evidence"]])


LEARNED = {"response_evidence": "jitter", "eta": 0.4, "kappa": 1.2}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({}, id="nothing learned"),
        pytest.param({**LEARNED, "platform": "amazon_sp"}, id="another platform"),
        pytest.param({**LEARNED, "match_type": "broad"}, id="another match type"),
        pytest.param({**LEARNED, "response_evidence": "closed"}, id="no bid of its own"),
        pytest.param({**LEARNED, "level": "placement"}, id="no keyword"),
    ],
)
def test_where_no_exact_keyword_of_the_platform_has_learned_a_new_word_has_the_prior(item):
    assert answer(item) == (0.6, 1.0, "prior")


def test_a_new_word_answers_as_the_median_exact_keyword_of_its_platform():
    others = [{**LEARNED, "keyword": f"k{n}", "eta": eta} for n, eta in enumerate((0.3, 0.5, 0.9))]
    assert answer({}, *others) == (0.5, 1.2, "jitter")


def test_the_evidence_that_most_keywords_have_speaks_and_a_landscape_where_as_many():
    told = {"response_evidence": "landscape", "eta": 0.8, "kappa": 0.9, "keyword": "a"}
    assert answer(told, LEARNED) == (0.8, 0.9, "landscape")
    assert answer(told, LEARNED, {**LEARNED, "keyword": "b"}) == (0.4, 1.2, "jitter")


def test_a_table_without_a_row_keeps_its_columns():
    assert with_exact_response(empty_terms(), make_items(LEARNED)).columns.tolist() == TERM_COLUMNS


@pytest.mark.parametrize(("keyword", "known"), [("tent", True), ("unknown", False)])
def test_a_term_knows_the_item_of_the_keyword_that_it_came_through(batch, keyword, known):
    """Of two match types of one word the one with more clicks speaks, whatever the order of rows."""
    items = make_items({"effective_clicks": 10.0, "item": "small"}, {"item": "large"}, {"keyword": "b", "item": "b"})
    terms = load_terms(put(batch, "search_terms", [{**GOOD, "keyword": keyword}]))
    for order in (items, items.iloc[::-1]):
        source = with_context(terms, order, set())["source_item"]
        assert source.fillna("").tolist() == ["large" if known else ""]
