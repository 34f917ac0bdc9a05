"""Whatever is wrong with a file, reading it ends in a table or in one clear refusal."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.platforms.reader import SourceRead, UnreadableFileError, describe, read_source
from configs.loader import load_platforms

SAMPLES = {
    f"{path.parent.name}/{path.name}": path.read_bytes() for path in Path(__file__).parents[1].glob("samples/*/*.*")
}
CUTS = st.integers(0, 10_000)


@st.composite
def damaged_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with flipped bytes, a piece cut out, or bytes put in."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    content = bytearray(SAMPLES[name])
    kind = draw(st.sampled_from(["flip", "cut", "insert", "truncate"]))
    at = draw(CUTS) % len(content)
    if kind == "flip":
        for place in [at, *draw(st.lists(CUTS, max_size=6))]:
            content[place % len(content)] = draw(st.integers(0, 255))
    elif kind == "cut":
        del content[at : at + draw(st.integers(1, 60))]
    elif kind == "insert":
        content[at:at] = draw(st.sampled_from([b'"', b"\n", b"\r", b"\t,", b"\x00", b"\xff\xfe", b'="', b'""']))
    else:
        del content[at:]
    return name, bytes(content)


@settings(max_examples=100, deadline=None)
@given(damaged_files())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(damaged):
    name, content = damaged
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(content)
        source, refusal = read_or_refuse(path, name)
    if refusal is not None:
        assert refusal.file.startswith(name)
        assert refusal.remedy
    if source is not None:
        shown = describe(source)
        assert [one["rows"] for one in shown] == [len(table.frame) for table in source.tables]
        assert [one["quarantined_rows"] for one in shown] == [len(table.quarantine) for table in source.tables]


def read_or_refuse(path: Path, name: str) -> tuple[SourceRead | None, UnreadableFileError | None]:
    try:
        return read_source(path, load_platforms(), name=name), None
    except UnreadableFileError as error:
        return None, error
