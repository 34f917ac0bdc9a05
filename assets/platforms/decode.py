"""Bytes to text: which encoding a report was saved in. What the text says is the work of the other modules.

The choice is made once over the whole file, by what the bytes are, never by the file's name.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from assets.platforms.errors import Message, UnreadableFileError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOW_BYTES = bytes(range(0x80))
_GB2312_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
_CONTROL = bytes([*range(0x09), *range(0x0E, 0x20), 0x7F])
_SAMPLE = 65_536
_MAX_CONTROL_SHARE = 0.002
_MAX_DAMAGED_SHARE = 0.25
_MIN_GB2312_SHARE = 0.5
REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class DecodedText:
    """The text of a file, the encoding it was in, and how many places could not be decoded."""

    text: str
    encoding: str
    n_damaged: int = 0


def decode(data: bytes) -> DecodedText:
    """Return the text of ``data``; undecodable places become U+FFFD so that only their rows are lost.

    Raises
    ------
    UnreadableFileError
        If the bytes are no text at all.
    """
    encoding, skip = _encoding_of(data)
    text = data[skip:].decode(encoding.removesuffix("-sig"), errors="replace")
    return DecodedText(text, encoding, text.count(REPLACEMENT))


def _encoding_of(data: bytes) -> tuple[str, int]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    wide = _wide_encoding(data[:_SAMPLE])
    if wide:
        return wide, 0
    _refuse_binary(data[:_SAMPLE])
    return _narrow_encoding(data), 0


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 without a mark: ASCII letters leave every second byte zero."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else ""


def _refuse_binary(sample: bytes) -> None:
    n_control = len(sample) - len(sample.translate(None, delete=_CONTROL))
    if b"\x00" in sample or n_control > _MAX_CONTROL_SHARE * len(sample) + 1:
        raise UnreadableFileError(
            Message(
                code="not_text",
                text=f"it is not text: {n_control} control bytes in its first {len(sample):,} bytes.",
                value=str(n_control),
                limit="no control bytes",
                remedy="Export the report again as csv or xlsx and put that file into the inbox.",
            )
        )


def _narrow_encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        first_line = data.rfind(b"\n", 0, error.start) + 1
        sample = data[first_line : first_line + 4 * _SAMPLE]
    else:
        return "utf-8"
    if data.decode("utf-8", errors="replace").count(REPLACEMENT) <= _MAX_DAMAGED_SHARE * _count_high(data):
        return "utf-8"
    n_high, in_pairs = _count_high(sample), sum(map(len, _GB2312_PAIRS.findall(sample)))
    return "gb18030" if 0 < _MIN_GB2312_SHARE * n_high <= in_pairs else "cp1252"


def _count_high(data: bytes) -> int:
    return len(data.translate(None, delete=_LOW_BYTES))
