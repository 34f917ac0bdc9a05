"""Every platform's bid and undo files, compared byte for byte with the committed ones.

After an intended change: ``python -m tests.golden.regenerate``, read the diff, commit it. A workbook is compared entry
by entry (name, date, bytes): the entries are ours, their compression is the zlib's of the machine.
"""

import io
import zipfile
from pathlib import Path

import pytest

from assets.platforms.writer import write_bid_files
from configs.loader import load_platforms
from tests.golden.sample_rows import NIGHT, sample_rows

GOLDEN = Path(__file__).parent
WRITING = [platform for platform in load_platforms().values() if platform.bid_files]


def comparable(name: str, content: bytes) -> object:
    """Return the bytes that must be equal: of the file, or of a workbook's entries."""
    if not name.endswith(".xlsx"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return [(entry.filename, entry.date_time, book.read(entry)) for entry in book.infolist()]


@pytest.mark.parametrize("platform", WRITING, ids=lambda platform: platform.name)
def test_the_files_of_a_platform_are_the_golden_ones_byte_for_byte(platform, tmp_path):
    files = write_bid_files(sample_rows(platform), platform, tmp_path / platform.name, night=NIGHT)
    expected = {path.name: path.read_bytes() for path in (GOLDEN / platform.name).iterdir()}
    assert {file.path.name for file in files} == set(expected)
    for file in files:
        name = file.path.name
        assert comparable(name, file.path.read_bytes()) == comparable(name, expected[name]), name


@pytest.mark.parametrize("platform", WRITING, ids=lambda platform: platform.name)
def test_every_upload_file_of_a_platform_has_a_golden_bid_and_undo_file(platform):
    names = {path.name for path in (GOLDEN / platform.name).iterdir()}
    for spec in platform.bid_files:
        stem = f"{platform.name}_{spec.name}_{NIGHT}"
        assert any(name.startswith(stem) for name in names), spec.name
        assert any(name.startswith(f"undo_{stem}") for name in names), spec.name
