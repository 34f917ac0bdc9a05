"""One night of the simulated shop, whose Google export does not add up: Google is held, everything else goes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.platforms.manifest import read_manifest
from pipelines.runs import open_instance
from tests.pipelines.small_home import HELD, NIGHT, PUBLISHED, checks_of, materialised, shown_of, tags_of


@pytest.fixture(scope="module")
def run_id(computed_home: Path) -> str:
    with open_instance(computed_home) as instance:
        (run,) = instance.get_runs()
        return run.run_id


def test_the_run_succeeds_and_names_the_held_platform_in_its_tags(computed_home, run_id):
    assert tags_of(computed_home, run_id)["bidwright/held"] == HELD


def test_the_other_platforms_publish_and_the_held_one_does_not(computed_home):
    folders = sorted(path.name for path in (computed_home / "outbox" / NIGHT.isoformat()).iterdir())
    assert folders == list(PUBLISHED)
    manifests = [read_manifest(computed_home / "outbox" / NIGHT.isoformat() / name) for name in folders]
    assert sum(len(one.files) >= 2 for one in manifests) >= 4


def test_the_leaf_of_the_held_platform_is_not_materialised(computed_home, run_id):
    leaves = {name for name in materialised(computed_home, run_id) if name.startswith("bid_files/")}
    assert leaves == {f"bid_files/{name}" for name in PUBLISHED}


def test_only_the_check_of_the_held_platform_fails_and_it_stops_nothing(computed_home, run_id):
    checks = checks_of(computed_home, run_id)
    failed = [one for one in checks.values() if not one.passed]
    assert [(one.check_name, one.blocking, one.severity.value) for one in failed] == [(f"hold_{HELD}", False, "ERROR")]
    assert "合计" in failed[0].description
    assert {name for name in checks if "hold_" in name} == {
        f"platform_status:hold_{name}" for name in (HELD, *PUBLISHED) if name != "kol"
    }


def test_every_check_belongs_to_the_night(computed_home, run_id):
    assert {one.partition for one in checks_of(computed_home, run_id).values()} == {NIGHT.isoformat()}


def test_tonight_shows_the_night_and_what_is_held(computed_home):
    shown = shown_of(computed_home, "tonight")
    assert (shown["01_night"], shown["n_held"]) == (NIGHT.isoformat(), 1)
    assert "Google" in shown["01_held"] or HELD in shown["01_held"]
    assert shown["00_review_page"].endswith(f"{NIGHT.isoformat()}/index.html")
    assert shown["05_chart"].startswith("![")


def test_nothing_in_the_held_platform_may_be_written(computed_home):
    from assets.batch import open_batch

    rows = open_batch(computed_home, NIGHT).table("recommendations")
    held = rows[rows["platform"] == HELD]
    assert len(held) > 0
    assert set(held["decision"]) == {"hold"}
    assert set(held["hold_reason"]) == {"platform_held"}
    assert not held["is_writable"].any()
