"""The name under which a file may be spoken of in logs and messages: without the account or person that its name tells.

Exports carry account names and e-mail addresses in their file names. A label keeps the parts that platforms and reports are
called by, dates and short numbers; everything else becomes an ellipsis, and a piece of the content's hash tells the file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from configs.loader import CONFIG_FOLDER, load_platforms, read_yaml

HASH_DIGITS = 8
HIDDEN = "…"
_ADDRESS = re.compile(r"[^\s/_()（）]+@[^\s/()（）]+?(?=_|\s|$|\.(?:csv|tsv|txt|xlsx|xls|zip)$)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z]+|\d+|[\u3400-\u9fff]+")
_MAX_DIGITS = 8


@lru_cache(maxsize=20_000)
def file_label(name: str, sha256: str = "") -> str:
    """Return ``name`` with every part hidden that is not a word of reports, with ``~`` and the hash where one was.

    Examples
    --------
    >>> file_label("someone@example.com_2026-04-28至2026-07-27_关键词报告.csv", "3f2a91bc00")
    '…_2026-04-28至2026-07-27_关键词报告~3f2a91bc.csv'
    """
    suffix = PurePosixPath(name).suffix
    stem = name.removesuffix(suffix) if suffix.lower() in {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".zip"} else name
    suffix = name.removeprefix(stem)
    shown = _TOKEN.sub(_keep, _ADDRESS.sub(HIDDEN, stem))
    shown = re.sub(rf"[^\x20-\x7e\u3400-\u9fff{HIDDEN}（）]", HIDDEN, shown)
    shown = re.sub(rf"{HIDDEN}(?:[.@+-]*{HIDDEN})+", HIDDEN, shown)
    return f"{shown}~{sha256[:HASH_DIGITS]}{suffix}" if HIDDEN in shown and sha256 else f"{shown}{suffix}"


def _keep(token: re.Match[str]) -> str:
    word = token.group()
    if word.isdigit():
        return word if len(word) <= _MAX_DIGITS else HIDDEN
    if word.isascii():
        return word if len(word) == 1 or word.lower() in _ascii_words() else HIDDEN
    return word if not _chinese_words().sub("", word) else HIDDEN


@lru_cache(maxsize=1)
def _ascii_words() -> frozenset[str]:
    return frozenset(word for text in _texts() for word in re.findall(r"[a-z]+", text.lower()))


@lru_cache(maxsize=1)
def _chinese_words() -> re.Pattern[str]:
    """Return a pattern of all Chinese words that may be shown, the longest first."""
    words = {word for text in _texts() for word in re.findall(r"[\u3400-\u9fff]+", text)}
    return re.compile("|".join(sorted(words, key=lambda word: (-len(word), word))))


def _texts() -> list[str]:
    """Return what may be shown: the listed words, and the names and titles of platforms and reports."""
    platforms = load_platforms().values()
    listed = read_yaml(CONFIG_FOLDER / "file_words.yaml")
    own = [text for platform in platforms for text in (platform.name, *platform.title.values())]
    return [
        *listed["english"],
        *listed["chinese"],
        *own,
        *(report.name for platform in platforms for report in platform.reports),
    ]
