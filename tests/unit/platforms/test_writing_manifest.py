"""The manifest: what it says, that it comes last and whole, and that it notices every changed file."""

import json

import pytest

from assets.platforms.manifest import BrokenManifestError, build_manifest, read_manifest, write_manifest
from assets.platforms.writer import write_bid_files
from configs.loader import load_platforms
from tests.golden.sample_rows import NIGHT, sample_rows

PLATFORMS = load_platforms()


def publish(name, folder):
    platform, rows = PLATFORMS[name], sample_rows(PLATFORMS[name])
    files = write_bid_files(rows, platform, folder, night=NIGHT)
    manifest = build_manifest(rows, files, platform, night=NIGHT, revision=2, receipt="ab" * 32)
    write_manifest(folder, manifest)
    return manifest


def test_the_manifest_says_what_was_published(tmp_path):
    manifest = publish("google_ads", tmp_path / "google_ads")
    assert (manifest.night, manifest.revision, manifest.platform) == (NIGHT, 2, "google_ads")
    assert (manifest.account, manifest.currency, manifest.receipt) == ("main", "CNY", "ab" * 32)
    assert manifest.counts == {"add": 1, "budget": 1, "lower": 2, "negative": 1, "pause": 1, "raise": 1, "resume": 1}
    assert [file.rows for file in manifest.files] == [6, 6, 1, 1, 4, 4]  # the last two: another form
    assert "[]" in manifest.files[0].blank_means


def test_an_item_with_two_levers_counts_its_expected_spend_once(tmp_path):
    rows = sample_rows(PLATFORMS["taobao_audience"])
    assert publish("taobao_audience", tmp_path / "x").expected_spend == 110.0 * rows["item"].nunique()


def test_bid_and_undo_file_each_say_how_they_are_applied(tmp_path):
    bid, undo = publish("amazon_sp", tmp_path / "x").files[2:]
    assert (bid.kind, undo.kind) == ("bid", "undo")
    assert "Archive" in undo.how_to_apply["en"]
    assert "Create" in bid.how_to_apply["zh"]


def test_a_format_known_from_memory_is_noted_and_a_documented_one_is_not(tmp_path):
    assert "keyword_status" in publish("taobao_keyword", tmp_path / "a").notes[0]
    assert "keyword_bids" not in publish("taobao_keyword", tmp_path / "b").notes[0]
    assert publish("google_ads", tmp_path / "c").notes == ()


def test_what_is_written_is_read_back_and_nothing_else_is_left_in_the_folder(tmp_path):
    manifest = publish("google_ads", tmp_path)
    assert read_manifest(tmp_path) == manifest
    names = {file.name for file in manifest.files} | {"manifest.json"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_the_manifest_of_the_same_night_has_the_same_bytes(tmp_path):
    publish("kol", tmp_path / "a")
    publish("kol", tmp_path / "b")
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()


def test_a_night_without_changes_has_a_manifest_without_files(tmp_path):
    platform = PLATFORMS["google_ads"]
    rows = sample_rows(platform).assign(decision="hold")
    files = write_bid_files(rows, platform, tmp_path / "x", night=NIGHT)
    manifest = build_manifest(rows, files, platform, night=NIGHT, revision=1, receipt="")
    assert (manifest.files, manifest.counts, manifest.account, manifest.expected_spend) == ((), {}, None, 0.0)


def test_a_folder_without_a_manifest_is_no_publication(tmp_path):
    with pytest.raises(BrokenManifestError, match="cannot be read"):
        read_manifest(tmp_path)


def test_a_damaged_manifest_is_refused(tmp_path):
    publish("kol", tmp_path)
    path = tmp_path / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["receipt"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BrokenManifestError, match="damaged"):
        read_manifest(tmp_path)


def test_a_file_that_was_changed_after_writing_is_refused(tmp_path):
    manifest = publish("google_ads", tmp_path)
    path = tmp_path / manifest.files[0].name
    path.write_bytes(path.read_bytes().replace(b"1.38", b"9.38"))
    with pytest.raises(BrokenManifestError, match="was changed after it was written"):
        read_manifest(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    manifest = publish("google_ads", tmp_path)
    (tmp_path / manifest.files[1].name).unlink()
    with pytest.raises(BrokenManifestError, match="is missing"):
        read_manifest(tmp_path)
