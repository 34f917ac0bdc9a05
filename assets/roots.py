"""Root words of keywords, which keywords of any campaign and platform share: segmented words, and pairs of Chinese characters.

Here belongs cutting text into words and counting who shares them. What a word says of a rate is estimated in ``optimizers``.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd
import rjieba
from scipy.sparse import csr_array

from assets.market import normal_words
from configs.loader import CONFIG_FOLDER, read_yaml

MIN_SHARED = 3  # items; a word of fewer says nothing that the item's own data do not say
IS_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
NO_WORD = re.compile(r"[\W_]+")


def root_matrix(keywords: pd.Series) -> csr_array:
    """Return which root words each keyword holds: 1 or 0, shape (n_items, n_roots), roots in the order of their letters.

    Only words of at least three items, and of fewer than all, become roots. A missing keyword has none. The answer depends on
    the texts alone, never on earlier nights.
    """
    text_of_row, texts = pd.factorize(normal_words(keywords))
    words = [root_words(text) for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(found) for found in words])
    code, names = pd.factorize(np.array([word for found in words for word in found], dtype=object), sort=True)
    by_text = csr_array((np.ones(code.size), (owner, code)), shape=(len(texts), len(names)))
    matrix = csr_array(by_text[text_of_row])
    return _shared_columns(matrix)


def roots_by_group(roots: csr_array, group: np.ndarray) -> csr_array:
    """Return the same roots with columns of their own in each group (platform): a word may sell here and not there.

    ``group`` holds codes >= 0, shape (n_items,). No column where there is one group only, for it would say the same twice.
    """
    n_items, n_roots = roots.shape
    if np.unique(group).size < 2:
        return csr_array((n_items, 0))
    pair = np.repeat(group, np.diff(roots.indptr)) * n_roots + roots.indices
    shape = (n_items, n_roots * (int(group.max()) + 1))
    return _shared_columns(csr_array((roots.data, pair, roots.indptr), shape=shape))


def text_codes(keywords: pd.Series) -> np.ndarray:
    """Return a code per keyword text that stands more than once (other campaigns, match types, platforms); -1 for the rest."""
    texts = normal_words(keywords)
    is_shared = texts.duplicated(keep=False) & (texts != "")
    return pd.factorize(texts.where(is_shared), sort=True)[0]


def root_words(text: str) -> tuple[str, ...]:
    """Return the different root words of a normal text in the order of their letters.

    Text of other scripts is cut at what is no letter or number. Chinese is segmented; where that leaves single characters
    side by side, their pairs are taken instead, for a single character is seldom a word.

    >>> root_words("the running-shoes 户外帐篷")
    ('running', 'shoes', '帐篷', '户外')
    """
    found: set[str] = set()
    for part in NO_WORD.split(text):
        pieces = rjieba.cut(part) if IS_HAN.search(part) else [part]
        found.update(_with_pairs(pieces))
    return tuple(sorted(found - _stop_words() - {""}))


def _with_pairs(pieces: list[str]) -> set[str]:
    """Return the pieces, single Chinese characters replaced by pairs of neighbours (alone: kept)."""
    found, run = set(), ""
    for piece in [*pieces, ""]:
        if len(piece) == 1 and IS_HAN.search(piece):
            run += piece
            continue
        found |= {run[i : i + 2] for i in range(max(len(run) - 1, 1))} | {piece}
        run = ""
    return found


def _shared_columns(matrix: csr_array) -> csr_array:
    """Return the columns that several items have, but not all."""
    n_items = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return csr_array(matrix[:, np.flatnonzero((n_items >= MIN_SHARED) & (n_items < matrix.shape[0]))])


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    return frozenset(map(str, read_yaml(CONFIG_FOLDER / "roots.yaml")["stop_words"]))
