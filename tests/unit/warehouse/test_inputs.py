"""What a night may know is frozen by its first run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets.warehouse.arrivals import record_arrivals
from assets.warehouse.errors import InputsFrozenError, MissingOriginalError
from assets.warehouse.home import Home
from assets.warehouse.inputs import freeze_inputs, read_inputs
from assets.warehouse.state import mark_published, write_state

NIGHT, NEXT = date(2025, 3, 10), date(2025, 3, 11)
Drop = Callable[..., Path]


@pytest.fixture
def frozen(home: Home, drop: Drop) -> Home:
    """A home whose night has run once, with a file that came later."""
    drop("2025-03-10/a.csv", "a")
    record_arrivals(home, NIGHT)
    freeze_inputs(home, NIGHT, "config", extra={"fx": {"USD": 7.1}})
    drop("2025-03-10/late.csv", "late")
    drop("2025-03-11/next.csv", "next")
    record_arrivals(home, NEXT)
    return home


def names(home: Home, night: date, **options: bool) -> list[str]:
    return sorted(one.name for one in freeze_inputs(home, night, "config", **options).files)


def test_a_rerun_sees_the_files_of_the_first_run_only(frozen: Home):
    assert names(frozen, NIGHT) == ["2025-03-10/a.csv"]
    assert freeze_inputs(frozen, NIGHT, "config").extra == {"fx": {"USD": 7.1}}


def test_a_night_sees_every_file_up_to_its_own_and_none_of_a_later_night(frozen: Home):
    assert names(frozen, NEXT) == ["2025-03-10/a.csv", "2025-03-10/late.csv", "2025-03-11/next.csv"]
    assert names(frozen, NIGHT, refresh=True) == ["2025-03-10/a.csv", "2025-03-10/late.csv"]


def test_a_refresh_is_the_next_revision_and_the_first_stays_readable(frozen: Home):
    assert freeze_inputs(frozen, NIGHT, "new config", refresh=True).revision == 2
    assert read_inputs(frozen, NIGHT) == freeze_inputs(frozen, NIGHT, "new config")
    first = json.loads((frozen.state / "nights/2025-03-10/inputs-r1.json").read_text())
    assert [one["name"] for one in first["files"]] == ["2025-03-10/a.csv"]


def test_a_changed_configuration_is_reported_and_the_frozen_one_is_kept(frozen: Home):
    again = freeze_inputs(frozen, NIGHT, "another config")
    assert (again.config_hash, again.config_changed) == ("config", True)
    assert not freeze_inputs(frozen, NIGHT, "config").config_changed


def test_a_changed_earlier_state_is_reported(home: Home, drop: Drop):
    drop("a.csv")
    record_arrivals(home, NEXT)
    write_state(home, NIGHT, "calibration", {"factor": 1.0})
    assert set(freeze_inputs(home, NEXT, "config").digests) == {"calibration"}
    write_state(home, NIGHT, "calibration", {"factor": 0.9})
    assert freeze_inputs(home, NEXT, "config").state_changed == ("calibration",)


def test_a_refresh_is_refused_once_a_later_night_has_been_published(frozen: Home):
    mark_published(frozen, NEXT, 1, ["google_ads"])
    with pytest.raises(InputsFrozenError, match=r"night 2025-03-10: 1 later night\(s\) .* \(2025-03-11\)") as caught:
        freeze_inputs(frozen, NIGHT, "config", refresh=True)
    assert caught.value.later == (NEXT,)


def test_a_manifest_in_the_outbox_counts_as_published(frozen: Home):
    folder = frozen.outbox / "2025-03-11" / "google_ads"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(InputsFrozenError, match="have been published"):
        freeze_inputs(frozen, NIGHT, "config", refresh=True)


def test_a_published_night_itself_may_be_refreshed(frozen: Home):
    mark_published(frozen, NIGHT, 1, ["google_ads"])
    assert freeze_inputs(frozen, NIGHT, "config", refresh=True).revision == 2


def test_a_night_without_any_file_is_not_frozen(home: Home, drop: Drop):
    assert freeze_inputs(home, NIGHT, "config").files == ()
    drop("a.csv")
    record_arrivals(home, NIGHT)
    assert names(home, NIGHT) == ["a.csv"]


def test_a_frozen_file_that_is_gone_is_named(frozen: Home):
    for path in frozen.originals.iterdir():
        path.unlink()
    with pytest.raises(MissingOriginalError, match=r"1 frozen file\(s\) are in neither .* 2025-03-10/a\.csv"):
        freeze_inputs(frozen, NIGHT, "config")
    record_arrivals(frozen, NEXT)
    assert names(frozen, NIGHT) == ["2025-03-10/a.csv"]
