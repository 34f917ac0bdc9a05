"""The search terms behind a keyword: which words shoppers really typed, how often, and how well they buy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from simulator.words import Vocabulary

WEIGHTS = {
    "exact": (0.9, 0.1, 0.0, 0.0),
    "phrase": (0.55, 0.2, 0.15, 0.1),
    "broad": (0.4, 0.25, 0.2, 0.15),
    "auto": (0.4, 0.3, 0.2, 0.1),
}
QUALITY = (1.1, 1.25, 0.9, 0.08)  # conversion against the keyword's own: itself, two useful words, one junk word


def build_terms(
    keywords: Sequence[str] | pd.Series, match_types: Iterable[str], words: Vocabulary, rng: np.random.Generator
) -> pd.DataFrame:
    """Return columns row, search_term, weight (share of the keyword's clicks), quality (relative CVR), is_added.

    Weights of a keyword add up to 1 and so does weight x quality, so that terms do not change a keyword's own truth.
    """
    rows = []
    for row, (keyword, match) in enumerate(zip(keywords, match_types, strict=True)):
        first, second = rng.choice(len(words.useful), size=2, replace=False)
        junk = words.junk[int(rng.integers(len(words.junk)))]
        stem = words.categories[0] if match == "auto" else keyword
        texts = (stem, *(words.join.join((stem, word)) for word in (words.useful[first], words.useful[second], junk)))
        rows += _weighted(row, texts, match)
    frame = pd.DataFrame(rows, columns=["row", "search_term", "weight", "quality"])
    frame["is_added"] = frame["search_term"].isin(set(keywords))
    frame["is_negative"] = False
    return frame


def _weighted(row: int, texts: tuple[str, ...], match: str) -> list[tuple[int, str, float, float]]:
    weights = WEIGHTS[match]
    scale = sum(w * q for w, q in zip(weights, QUALITY, strict=True))
    return [(row, text, w, q / scale) for text, w, q in zip(texts, weights, QUALITY, strict=True) if w > 0]


def open_shares(terms: pd.DataFrame, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return per keyword the share of clicks and of sales left after negatives, both shape (n,)."""
    open_terms = terms[~terms["is_negative"]]
    clicks = np.bincount(open_terms["row"], weights=open_terms["weight"], minlength=n)
    sales = np.bincount(open_terms["row"], weights=open_terms["weight"] * open_terms["quality"], minlength=n)
    return clicks, sales


def split_counts(
    report: pd.DataFrame, terms: pd.DataFrame, currency_digits: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Split reported keyword rows into search-term rows that add up to them exactly, in counts and to the cent.

    ``report`` columns: row, impressions, clicks, cost, conversions, conversion_value. Only terms with a click are kept.
    """
    pieces = [_split_row(line, terms, currency_digits, rng) for line in _clicked(report, terms)]
    columns = ["source", "search_term", "is_added", "impressions", "clicks", "cost", "conversions", "conversion_value"]
    return pd.DataFrame([piece for group in pieces for piece in group], columns=columns)


def _clicked(report: pd.DataFrame, terms: pd.DataFrame) -> list[tuple]:
    lists = terms[~terms["is_negative"]].groupby("row").groups
    clicked = report[report["clicks"] > 0]
    fields = ["row", "impressions", "clicks", "cost", "conversions", "conversion_value"]
    return [
        (source, *values, lists[values[0]])
        for source, *values in clicked[fields].itertuples(index=True, name=None)
        if values[0] in lists
    ]


def _split_row(line: tuple, terms: pd.DataFrame, digits: int, rng: np.random.Generator) -> list[tuple]:
    """Deal one keyword row's clicks, impressions, orders, cost and value out to its terms."""
    source, _, impressions, clicks, cost, conversions, value, where = line
    chosen = terms.loc[where]
    weight = chosen["weight"].to_numpy() / chosen["weight"].sum()
    n_clicks = rng.multinomial(int(clicks), weight)
    n_shown = n_clicks + rng.multinomial(int(impressions - clicks), weight)
    buying = n_clicks * chosen["quality"].to_numpy()
    share = buying / buying.sum() if buying.sum() > 0 else weight
    n_orders = rng.multinomial(int(conversions), share)
    costs = _deal(cost, n_clicks, digits)
    values = _deal(value, n_orders, digits)
    return [
        (source, text, added, int(i), int(k), float(c), int(o), float(v))
        for text, added, i, k, c, o, v in zip(
            chosen["search_term"], chosen["is_added"], n_shown, n_clicks, costs, n_orders, values, strict=True
        )
        if k > 0
    ]


def _deal(total: float, counts: np.ndarray, digits: int) -> np.ndarray:
    """Deal ``total`` out in proportion to ``counts``, rounded so that the parts add up to it."""
    if counts.sum() == 0:
        return np.zeros(len(counts))
    unit = 10**digits
    edges = np.round(np.cumsum(counts) / counts.sum() * round(total * unit))
    return np.diff(edges, prepend=0) / unit
