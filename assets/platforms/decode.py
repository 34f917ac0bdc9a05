"""Bytes to text: which encoding a report was saved in, and its text in pieces. What the text says is for other modules.

The choice is made by what the bytes are, never by the file's name. A long file is never held as one string: its head is
decoded for recognition, its rows come as blocks of UTF-8.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa

from assets.platforms.errors import Message, UnreadableFileError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOW_BYTES = bytes(range(0x80))
_GB2312_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
_STRETCH = 16 << 20
_FOUR_BYTES = re.compile(rb"\x81[0-9][\x81-\xfe][0-9]")  # no-break spaces above all; 0x81 is no letter of cp1252
_CONTROL = bytes([*range(0x09), *range(0x0E, 0x20), 0x7F])
_LINE_END = re.compile(r"\r\n|\n|\r")
_SAMPLE = 65_536
_N_SAMPLES = 64
_MAX_CONTROL_SHARE = 0.002
_MAX_DAMAGED_SHARE = 0.25
_MIN_GB2312_SHARE = 0.5
_PIECE = 1 << 20
HEAD_LINES = 60
REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class EncodedText:
    """The bytes of a text file, the encoding they are in, and where behind a byte order mark they begin.

    Places that cannot be decoded become U+FFFD, so that only their rows are lost. ``is_utf8`` says that there are none and
    that the bytes are UTF-8 as they stand.
    """

    data: bytes
    encoding: str
    start: int = 0
    is_utf8: bool = False

    @cached_property
    def text(self) -> str:
        """Return the whole text."""
        return self.data[self.start :].decode(self._codec, errors="replace")

    @cached_property
    def head(self) -> str:
        """Return the text of the first lines, and perhaps more."""
        decoder, text, size = codecs.getincrementaldecoder(self._codec)("replace"), "", _SAMPLE
        at = self.start
        while at < len(self.data):
            piece = self.data[at : at + size]
            at += len(piece)
            text += decoder.decode(piece, at >= len(self.data))
            if sum(1 for _ in _LINE_END.finditer(text)) > HEAD_LINES:
                break
            size *= 2
        return text

    @property
    def ends_cleanly(self) -> bool:
        """Return whether the text ends with a line end."""
        width = 2 if self.encoding.startswith("utf-16") else 1
        is_whole = (len(self.data) - self.start) % width == 0
        return is_whole and self.data[-width:].decode(self._codec, errors="replace") in ("\n", "\r")

    def blocks(self, skip: int, size: int) -> Iterator[pa.Buffer]:
        """Yield the text behind its first ``skip`` bytes as UTF-8, in blocks of about ``size`` that end with a line."""
        if not self.is_utf8:
            yield from _cut(self._transcoded(), skip, size)
            return
        at, buffer = self.start + skip, pa.py_buffer(self.data)
        while at < len(self.data):
            end = _end_of_block(self.data, at, size)
            yield buffer.slice(at, end - at)
            at = end

    @property
    def _codec(self) -> str:
        return self.encoding.removesuffix("-sig")

    def _transcoded(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self._codec)("replace")
        for at in range(self.start, len(self.data), _PIECE):
            yield decoder.decode(self.data[at : at + _PIECE], at + _PIECE >= len(self.data)).encode("utf-8")


def decode(data: bytes) -> EncodedText:
    """Return the text that ``data`` is.

    Raises
    ------
    UnreadableFileError
        If the bytes are no text at all.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data[: len(mark)] == mark:
            start = len(mark)
            return EncodedText(data, encoding, start, encoding == "utf-8-sig" and _is_utf8(data, start))
    wide = _wide_encoding(data[:_SAMPLE])
    if wide:
        return EncodedText(data, wide)
    _refuse_binary(data[:_SAMPLE])
    if _is_utf8(data, 0):
        return EncodedText(data, "utf-8", is_utf8=True)
    return EncodedText(data, _narrow_encoding(data))


def _is_utf8(data: bytes, start: int) -> bool:
    """Return whether all bytes are valid UTF-8; long texts are looked at in stretches of whole lines, side by side."""
    ends = [start]
    while ends[-1] < len(data):
        ends.append(_end_of_block(data, ends[-1], _STRETCH))
    spans = list(pairwise(ends))
    if len(spans) < 2:
        return all(_is_valid(data, *span) for span in spans)
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        return all(pool.map(lambda span: _is_valid(data, *span), spans))


def _is_valid(data: bytes, start: int, end: int) -> bool:
    """Return whether these bytes are valid UTF-8; Arrow looks at them faster than Python and without copying them."""
    ends = pa.py_buffer(np.array([start, end], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _end_of_block(data: bytes, at: int, size: int) -> int:
    """Return where the last line ends that lies within ``size`` bytes, or else the first line."""
    if at + size >= len(data):
        return len(data)
    end = data.rfind(b"\n", at, at + size)
    if end < 0:
        end = data.find(b"\n", at + size)
    return end + 1 if end >= 0 else len(data)


def _cut(pieces: Iterator[bytes], skip: int, size: int) -> Iterator[pa.Buffer]:
    """Cut a stream into blocks at line ends."""
    held: list[bytes] = []
    n_held = 0
    for piece in pieces:
        left, skip = piece[skip:], max(skip - len(piece), 0)
        end = left.rfind(b"\n") + 1
        if n_held + len(left) > size and end:
            yield pa.py_buffer(b"".join([*held, left[:end]]))
            held, n_held, left = [], 0, left[end:]
        held.append(left)
        n_held += len(left)
    if n_held:
        yield pa.py_buffer(b"".join(held))


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
    """Tell damaged UTF-8, GB18030 and Windows-1252 apart; of a long file, by samples from its whole length."""
    step = max(len(data) // _N_SAMPLES, _SAMPLE)
    samples = [_lines_at(data, at) for at in (*range(0, len(data), step), _first_damage(data))]
    n_damaged = sum(one.decode("utf-8", errors="replace").count(REPLACEMENT) for one in samples)
    if n_damaged <= _MAX_DAMAGED_SHARE * sum(map(_count_high, samples)):
        return "utf-8"
    n_high, in_pairs = (sum(map(count, samples)) for count in (_count_high, _count_paired))
    return "gb18030" if 0 < _MIN_GB2312_SHARE * n_high <= in_pairs else "cp1252"


def _first_damage(data: bytes) -> int:
    """Return about where the bytes stop being UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), _PIECE):
        try:
            decoder.decode(data[at : at + _PIECE], at + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            return at + error.start
    return 0


def _lines_at(data: bytes, at: int) -> bytes:
    """Return a sample that begins with a line."""
    start = data.rfind(b"\n", max(at - _SAMPLE, 0), at) + 1
    return data[max(start, at - _SAMPLE, 0) : at + _SAMPLE]


def _count_high(data: bytes) -> int:
    return len(data.translate(None, delete=_LOW_BYTES))


def _count_paired(data: bytes) -> int:
    return sum(map(len, _GB2312_PAIRS.findall(data))) + 2 * len(_FOUR_BYTES.findall(data))
