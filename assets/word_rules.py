"""Which words may be bought and which may be excluded: advertising law, block list, other people's brands, the shop's own.

Here belong the lists of words and where they come from. How a word is found in a text is ``optimizers.discovery``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import rjieba

from assets.batch import Batch
from assets.market import normal_words
from assets.roots import IS_HAN
from assets.warehouse import window
from configs.loader import CONFIG_FOLDER, read_yaml
from optimizers.discovery import find_blocked, is_long_tail


@lru_cache(maxsize=1)
def ad_law_words() -> tuple[str, ...]:
    """Return the absolute claims that the advertising law forbids, from ``configs/words.yaml``."""
    return tuple(str(word) for word in read_yaml(CONFIG_FOLDER / "words.yaml")["ad_law"]["words"])


@lru_cache(maxsize=1)
def harmless_words() -> tuple[str, ...]:
    """Return the longer words that hold a forbidden one and claim nothing."""
    return tuple(str(word) for word in read_yaml(CONFIG_FOLDER / "words.yaml")["ad_law"]["allowed"])


def is_refused(texts: pd.Series, batch: Batch) -> np.ndarray:
    """Return which texts may not become keywords; a word that the shop allows is none of the law's, but its own lists hold."""
    rule, told = batch.settings.discovery, texts.tolist()
    by_law = find_blocked(told, ad_law_words(), (*harmless_words(), *rule.allowed_terms))
    return by_law | find_blocked(told, (*rule.blocked_terms, *rule.other_brands))


def is_own_word(texts: pd.Series, items: pd.DataFrame, batch: Batch) -> np.ndarray:
    """Return which texts hold the shop's brand, a protected keyword or a protected word: these are never excluded."""
    return find_blocked(texts.tolist(), (*brand_words(items, batch), *batch.settings.discovery.protected_terms))


def brand_words(items: pd.DataFrame, batch: Batch) -> tuple[str, ...]:
    """Return the brands of the shop's products and the keywords that its mapping calls brand or protected."""
    brands = window.latest_state(batch.home, batch.inputs, "products")["brand"].dropna()
    keywords = items[items["level"] == "keyword"]
    protected = keywords.loc[keywords["is_brand"] | keywords["is_protected"], "keyword"]
    return tuple(sorted({*normal_words(brands), *normal_words(protected.dropna())} - {""}))


def is_long(texts: pd.Series) -> np.ndarray:
    """Return which texts are long-tail: three words, or four Chinese segments."""
    plain = normal_words(texts)
    segments = [sum(bool(IS_HAN.search(part)) for part in rjieba.cut(text)) for text in plain]
    return is_long_tail(
        plain.map(lambda text: len(text.split())).to_numpy(dtype=np.float64), np.array(segments, dtype=np.float64)
    )
