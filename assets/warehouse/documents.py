"""Small files that are whole or not there at all: JSON documents and the atomic replacement of any file.

What the documents mean is known by the modules that write them.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assets.warehouse.errors import CorruptDocumentError

CHUNK = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it becomes ``path`` when the block ends well, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp"
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` atomically and make it survive a power cut."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_document(path: Path, payload: dict[str, Any]) -> None:
    """Write ``payload`` as JSON; equal payloads give equal bytes, and NaN is refused."""
    text = json.dumps(payload, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode("utf-8", "surrogatepass"))


def read_document(path: Path) -> dict[str, Any] | None:
    """Return the document at ``path``, or None when there is none."""
    try:
        content = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise CorruptDocumentError(path, str(error)) from error
    if not isinstance(content, dict):
        raise CorruptDocumentError(path, f"holds a {type(content).__name__}")
    return content


def hash_file(path: Path) -> str:
    """Return the sha256 of the bytes of ``path``."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
