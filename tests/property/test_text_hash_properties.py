"""Properties of the number of a text: the same wherever the text stands, and spread evenly."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assets.warehouse.text_hash import hash_texts

WRAP = (1 << 64) - 1
TEXTS = st.lists(st.text(max_size=40), max_size=20)


def slowly(text: str) -> int:
    """Return what the docstring says, with whole numbers of any size."""
    content = text.encode()
    found = len(content)
    for at in range(0, len(content), 8):
        found = ((found ^ int.from_bytes(content[at : at + 8], "little")) * 0x9E3779B97F4A7C15) & WRAP
        found ^= found >> 32
    return found


@given(TEXTS)
def test_it_is_the_written_formula(texts: list[str]) -> None:
    assert hash_texts(pa.array(texts, pa.string())).tolist() == [slowly(text) for text in texts]


@given(TEXTS, TEXTS, TEXTS)
def test_neighbours_change_nothing(before: list[str], texts: list[str], behind: list[str]) -> None:
    part = pa.array(before + texts + behind, pa.string()).slice(len(before), len(texts))
    assert hash_texts(part).tolist() == hash_texts(pa.array(texts, pa.string())).tolist()


def test_keys_of_one_campaign_fill_all_buckets_alike() -> None:
    keys = pa.array([f"taobao_keyword|main|keyword|4000012|500000{i // 20}|70000{i}|exact" for i in range(64_000)])
    count = np.bincount((hash_texts(keys) % np.uint64(64)).astype(np.int64), minlength=64)
    assert abs(count - 1000).max() < 5 * np.sqrt(1000)  # five standard deviations of chance
    assert len(np.unique(hash_texts(keys))) == len(keys)
