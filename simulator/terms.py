"""The search terms behind a keyword: which words shoppers really typed, how often, and how well they buy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.orders import Arrays
from simulator.words import Vocabulary

WEIGHTS = {
    "exact": (0.9, 0.1, 0.0, 0.0),
    "phrase": (0.55, 0.2, 0.15, 0.1),
    "broad": (0.4, 0.25, 0.2, 0.15),
    "auto": (0.4, 0.3, 0.2, 0.1),
}
TAKEN_SHARE = 0.6  # of a term's clicks go to its own exact keyword while nothing keeps them from the wider one
QUALITY = (1.1, 1.25, 0.9, 0.08)  # conversion against the keyword's own: itself, two useful words, one junk word


def build_terms(
    keywords: Sequence[str] | pd.Series, match_types: Iterable[str], words: Vocabulary, rng: np.random.Generator
) -> pd.DataFrame:
    """Return columns row, search_term, weight (share of the keyword's clicks), quality (relative CVR), is_added,
    is_negative (kept out of its ad group), is_own.

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
    frame["is_own"] = False  # the one term of a keyword that was added for it, which takes it from the others
    return frame


def _weighted(row: int, texts: tuple[str, ...], match: str) -> list[tuple[int, str, float, float]]:
    weights = WEIGHTS[match]
    scale = sum(w * q for w, q in zip(weights, QUALITY, strict=True))
    return [(row, text, w, q / scale) for text, w, q in zip(texts, weights, QUALITY, strict=True) if w > 0]


def live_terms(terms: pd.DataFrame, keywords: pd.DataFrame) -> pd.DataFrame:
    """Return the terms that a shopper's search still reaches, with the weight that negatives and added keywords leave.

    A term's searches are there once. Its own exact keyword takes all those that a negative keeps out of the source, and
    ``TAKEN_SHARE`` of the others; the source keeps the rest. A keyword that is off gives them back.
    """
    is_live = keywords["status"].eq("enabled").to_numpy()[terms["row"]]
    takes = (terms["is_own"] & ~terms["is_negative"]).to_numpy() & is_live
    if not terms["is_own"].any():
        return terms[~terms["is_negative"]]
    text = terms["search_term"].str.casefold()
    n_takers = text.map(text[takes].value_counts()).fillna(0).to_numpy(dtype=float)
    is_source = ~terms["is_own"].to_numpy() & (n_takers > 0)
    clicks = keywords["base_clicks"].to_numpy()[terms["row"]] * terms["weight"].to_numpy() * is_live
    taken = np.where(terms["is_negative"], 1.0, TAKEN_SHARE) * is_source * clicks
    gained = text.map(pd.Series(taken).groupby(text.to_numpy()).sum()).to_numpy(dtype=float)
    own = np.divide(gained, n_takers * clicks, out=np.zeros(len(terms)), where=takes & (clicks > 0))
    weight = np.where(is_source, 1.0 - TAKEN_SHARE, 1.0) * terms["weight"].to_numpy()
    return terms.assign(weight=np.where(terms["is_own"], own, weight))[~terms["is_negative"].to_numpy()]


def open_shares(live: pd.DataFrame, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return per keyword the share of clicks and of sales that its live terms leave it, both shape (n,)."""
    clicks = np.bincount(live["row"], weights=live["weight"], minlength=n)
    sales = np.bincount(live["row"], weights=live["weight"] * live["quality"], minlength=n)
    return clicks, sales


def split_counts(facts: Arrays, live: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Split reported keyword rows into search-term rows that add up to them exactly, in counts and to the cent.

    ``facts`` columns: row, impressions, clicks, cost, conversions, conversion_value. Only terms with a click are kept;
    ``source`` is the position in ``facts``.
    """
    behind = _by_keyword(live)
    pieces: list[tuple] = []
    for source in np.flatnonzero(facts["clicks"] > 0):
        own = behind.get(int(facts["row"][source]))
        if own is not None:
            pieces += _split_row(int(source), facts, own, rng)
    columns = ["source", "search_term", "is_added", "impressions", "clicks", "cost", "conversions", "conversion_value"]
    return pd.DataFrame(pieces, columns=columns)


@dataclass(frozen=True)
class _Terms:
    """The live terms of one keyword."""

    text: list[str]
    is_added: list[bool]
    weight: np.ndarray
    quality: np.ndarray


def _by_keyword(live: pd.DataFrame) -> dict[int, _Terms]:
    lists: dict[int, list[tuple]] = {}
    for row, *rest in live[["row", "search_term", "is_added", "weight", "quality"]].itertuples(index=False):
        lists.setdefault(row, []).append(tuple(rest))
    found = {}
    for row, entries in lists.items():
        text, is_added, weight, quality = zip(*entries, strict=True)
        share = np.array(weight) / sum(weight)
        found[row] = _Terms(list(text), list(is_added), share, np.array(quality))
    return found


def _split_row(source: int, facts: Arrays, own: _Terms, rng: np.random.Generator) -> list[tuple]:
    """Deal one keyword row's clicks, impressions, orders, cost and value out to its terms."""
    impressions, clicks, cost, conversions, value = (
        facts[name][source] for name in ("impressions", "clicks", "cost", "conversions", "conversion_value")
    )
    n_clicks = rng.multinomial(int(clicks), own.weight)
    n_shown = n_clicks + rng.multinomial(int(impressions - clicks), own.weight)
    buying = n_clicks * own.quality
    share = buying / buying.sum() if buying.sum() > 0 else own.weight
    n_orders = rng.multinomial(int(conversions), share)
    costs, values = _deal(cost, n_clicks), _deal(value, n_orders)
    return [
        (source, text, added, int(i), int(k), float(c), int(o), float(v))
        for text, added, i, k, c, o, v in zip(
            own.text, own.is_added, n_shown, n_clicks, costs, n_orders, values, strict=True
        )
        if k > 0
    ]


def _deal(total: float, counts: np.ndarray) -> np.ndarray:
    """Deal ``total`` out in proportion to ``counts``, in whole cents that add up to it."""
    if counts.sum() == 0:
        return np.zeros(len(counts))
    edges = np.round(np.cumsum(counts) / counts.sum() * round(total * 100))
    return np.diff(edges, prepend=0) / 100
