"""The prices of the budget tree in words: what the next money returns at each node.

Here belongs the wording of ``budget_nodes``; the prices come from the optimiser.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from assets.presentation.wording import Language, currency_symbol, read_numbers, read_texts, require_columns

NODE_COLUMNS = ("name", "parent", "cost", "max_cost", "price")
MAX_NODES = 60
_BREAK_EVEN = 0.005  # a price within half a cent of 1 is break-even


def top_nodes(nodes: pd.DataFrame) -> pd.DataFrame:
    """Return the tree in reading order, each node followed by its children, most cost first: at most 60 nodes.

    ``depth`` is 0 for the root. The largest nodes are kept; a node whose parent is not there counts as a root.
    """
    require_columns(nodes, NODE_COLUMNS, "budget_nodes")
    rows = nodes.reset_index(drop=True)
    names, parents = read_texts(rows, "name"), read_texts(rows, "parent")
    cost = np.nan_to_num(read_numbers(rows, "cost"))
    largest = sorted(range(len(rows)), key=lambda place: (-cost[place], names[place]))
    children: dict[str, list[int]] = {}
    for place in largest:
        is_root = parents[place] not in names or parents[place] == names[place]
        children.setdefault("" if is_root else parents[place], []).append(place)
    order: list[tuple[int, int]] = []
    waiting = [(place, 0) for place in reversed(children.get("", []))]
    while waiting:
        place, depth = waiting.pop()
        order.append((place, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(names[place], []))]
    kept = set(sorted(order, key=lambda one: (one[1], -cost[one[0]]))[:MAX_NODES])
    shown = [one for one in order if one in kept]
    return rows.iloc[[place for place, _ in shown]].assign(depth=[depth for _, depth in shown]).reset_index(drop=True)


def node_sentences(nodes: pd.DataFrame, currency: str, language: Language) -> list[str]:
    """Return each node's price in words: its own sentence where ``sentence_zh``/``sentence_en`` is given."""
    own = f"sentence_{language}"
    given = read_texts(nodes, own) if own in nodes else [""] * len(nodes)
    prices = read_numbers(nodes, "price").tolist()
    return [text or price_words(price, currency, language) for text, price in zip(given, prices, strict=True)]


def price_words(price: float, currency: str, language: Language) -> str:
    """Return what the next unit of money returns, and what that means."""
    unit, is_zh = currency_symbol(currency), language == "zh"
    if not math.isfinite(price):
        return "价格未知" if is_zh else "its price is unknown"
    if price <= 0:
        return "值得买的都已买到" if is_zh else "all that is worth anything is bought"
    amount = f"再花 {unit}1 带回 {unit}{price:.2f}" if is_zh else f"the next {unit}1 returns {unit}{price:.2f}"
    if abs(price - 1) < _BREAK_EVEN:
        return f"{amount}，刚好不赚不亏" if is_zh else f"{amount}, which just breaks even"
    if price > 1:
        return f"{amount}，加钱还能赚" if is_zh else f"{amount}: more money would still earn"
    return f"{amount}，花得偏多" if is_zh else f"{amount}: this is more than it is worth"
