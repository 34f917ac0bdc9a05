"""Coverage-guided fuzzing of the reader: whatever the bytes are, a file is read or refused, and nothing else happens.

Run it with ``make fuzz``. It starts from the samples, keeps inputs that reach new code, and saves an input that ends in
any other exception, takes 20 seconds or 4 GB; libFuzzer's own options follow the folders on the command line.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assets.platforms"]):
    from assets.platforms.reader import UnreadableFileError, describe, read_source

from configs.loader import load_platforms

PLATFORMS = load_platforms()
FOLDER = tempfile.TemporaryDirectory()
PATH = Path(FOLDER.name) / "any"


def read_or_refuse(data: bytes) -> None:
    """Read the bytes as a file; a refusal must say which file and what to do."""
    PATH.write_bytes(data)
    try:
        source = read_source(PATH, PLATFORMS, name="any")
    except UnreadableFileError as error:
        if not (error.code and error.file.startswith("any") and error.remedy):
            raise AssertionError(f"a refusal without code, file or remedy: {error!r}") from error
        return
    if len(describe(source)) != len(source.tables):
        raise AssertionError("a table was read that inspect does not show")


if __name__ == "__main__":
    limits = ["-timeout=20", "-rss_limit_mb=4096", "-max_len=65536", "-seed=7", "-print_final_stats=1"]
    atheris.Setup([*sys.argv, *limits], read_or_refuse)
    atheris.Fuzz()
