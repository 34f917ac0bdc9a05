"""Google Ads: keyword report (UTF-16, tab), search terms, Keyword Planner and the Editor's entity csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulator.cells import encode_text, fill_preamble, render
from simulator.faults import TOTALS_FACTOR, totals_fault_night
from simulator.layouts import Layout, load_layout
from simulator.traffic import keyword_demand
from simulator.view import COUNTS, NightView, add_ratios, keyword_report, term_report
from simulator.words import ENGLISH

MATCH = {"exact": "Exact match", "phrase": "Phrase match", "broad": "Broad match"}
STATUS = {"enabled": "Enabled", "paused": "Paused", "archived": "Removed"}
BUCKETS = (50, 500, 5000, 50_000, 500_000)
VISIBLE_SHARE = 0.7  # of search terms; the rest is one line, "other search terms"
SHOPPING = {"impressions": 5210, "clicks": 0, "cost": 0.0, "conversions": 0, "conversion_value": 0.0}


def export_keyword_report(view: NightView) -> Path:
    """Write the keyword report by day with its nested totals rows."""
    layout = load_layout("google_ads", "keyword_report")
    names = _labelled(view.names("google_ads"))
    table = keyword_report(view, "google_ads", names)
    sums = pd.Series({name: table[name].sum() for name in COUNTS})
    if view.night == totals_fault_night(view.world.options):
        sums["cost"] = round(sums["cost"] * TOTALS_FACTOR, 2)
    totals = [
        ("Total: Your keywords", sums),
        ("Total: Search keywords on display network", sums * 0),
        ("Total: Account", sums + pd.Series(SHOPPING)),
        ("Total: Search", sums),
        ("Total: Display", sums * 0),
    ]
    footer = _totals_rows(totals, layout)
    path = view.folder / f"Search keyword report_{view.night}.csv"
    preamble = fill_preamble(layout, view.first, view.night)
    path.write_bytes(encode_text(render(table, layout), layout, preamble, footer))
    return path


def export_search_terms(view: NightView) -> Path:
    """Write the search terms of the export window as one period; rare terms are hidden behind a totals row."""
    layout = load_layout("google_ads", "search_terms")
    terms = _labelled(term_report(view, "google_ads", by_day=False))
    terms["term_match_label"] = terms["match_label"] + terms["search_term"].ne(terms["keyword"]).map(
        {True: " (close variant)", False: ""}
    )
    terms["added_label"] = terms["is_added"].map({True: "Added", False: "None"})
    rng = np.random.default_rng([view.world.options.seed, 81, view.night.toordinal()])
    is_shown = (rng.random(len(terms)) < VISIBLE_SHARE) | (terms["clicks"] > 2).to_numpy()
    shown, hidden = terms[is_shown], terms[~is_shown]
    other = hidden[list(COUNTS)].sum()
    other["impressions"] = 0
    totals = [
        ("Total: Search terms", shown[list(COUNTS)].sum()),
        ("Total: Other search terms", other),
        ("Total: Account", terms[list(COUNTS)].sum() + pd.Series(SHOPPING)),
        ("Total: Search", terms[list(COUNTS)].sum()),
    ]
    path = view.folder / f"Search terms report_{view.night}.csv"
    preamble = fill_preamble(layout, view.first, view.night)
    path.write_bytes(encode_text(render(shown, layout), layout, preamble, _totals_rows(totals, layout)))
    return path


def export_planner(view: NightView) -> Path:
    """Write the Keyword Planner export: bucketed volumes for the account's keywords and many related ideas."""
    layout = load_layout("google_ads", "keyword_planner")
    account = view.world.accounts["google_ads"]
    rng = np.random.default_rng([view.world.options.seed, 82])
    own = account.keywords["keyword"].drop_duplicates().tolist()
    ideas = account.terms["search_term"].drop_duplicates().tolist()
    texts = list(dict.fromkeys(own + ideas + [f"{word} {c}" for c in ENGLISH.categories for word in ENGLISH.useful]))
    known = _volume(account.keywords)
    volume = np.array([known.get(text, 0.0) for text in texts]) + np.exp(rng.normal(3.4, 1.6, len(texts)))
    index = rng.integers(0, 101, len(texts))
    low = np.exp(rng.normal(-0.6, 0.4, len(texts))).round(2)
    frame = pd.DataFrame(
        {
            "keyword": texts,
            "searches": [max(b for b in (0, *BUCKETS) if b <= v * 1.6) for v in volume],
            "three_month_change": rng.choice(["0%", "0%", "900%", "-90%", "∞"], len(texts)),
            "yoy_change": rng.choice(["0%", "0%", "0%", "900%", "-90%"], len(texts)),
            "competition": np.select([index < 34, index < 67], ["Low", "Medium"], "High"),
            "competition_index": index,
            "bid_low": low,
            "bid_high": (low * rng.uniform(2.0, 4.5, len(texts))).round(2),
        }
    )
    frame.loc[frame["searches"] < 50, ["bid_low", "bid_high"]] = np.nan
    path = view.folder / f"Keyword Stats {view.night} at 07_30_00.csv"
    preamble = fill_preamble(layout, view.first, view.night)
    path.write_bytes(encode_text(render(frame, layout), layout, preamble))
    return path


def export_editor(view: NightView) -> Path:
    """Write the Google Ads Editor csv: one row per keyword with its bid, status and campaign budget."""
    layout = load_layout("google_ads", "editor")
    frame = _labelled(view.names("google_ads"))
    frame["criterion"] = frame["match_type"].str.capitalize()
    path = view.folder / f"google_ads_editor_{view.night}.csv"
    path.write_bytes(encode_text(render(frame, layout), layout))
    return path


def _volume(keywords: pd.DataFrame) -> dict[str, float]:
    """Return monthly searches by keyword text as the truth has them."""
    searches = 30 * keyword_demand(keywords).clicks / keywords["ctr"] / keywords["rank_share"]
    return dict(zip(keywords["keyword"], searches, strict=True))


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the words that Google prints for match type and status."""
    keyword, match = frame["keyword"], frame["match_type"]
    labelled = frame.assign(
        match_label=match.map(MATCH),
        decorated_keyword=[_decorated(text, kind) for text, kind in zip(keyword, match, strict=True)],
        final_url="https://shop.example/" + frame["campaign"].str.replace(r"\W+", "-", regex=True),
        serving_status="Eligible",
    )
    return labelled.assign(keyword_status=frame["status"].map(STATUS)) if "status" in frame else labelled


def _decorated(text: str, match: str) -> str:
    """Return the keyword as the search terms report writes it: ``[exact]``, ``"phrase"``, broad."""
    return f"[{text}]" if match == "exact" else f'"{text}"' if match == "phrase" else text


def _totals_rows(totals: list[tuple[str, pd.Series]], layout: Layout) -> list[list[str]]:
    """Return totals rows: the label in the first column, sums and ratios in theirs."""
    sums = {name: np.array([entry[name] for _, entry in totals]) for name in COUNTS}
    table = {**add_ratios(sums), "currency": np.full(len(totals), "USD")}
    rows = [list(row) for row in zip(*render(table, layout).values(), strict=True)]
    for row, (label, _) in zip(rows, totals, strict=True):
        row[0] = label
    return rows
