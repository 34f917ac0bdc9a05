from __future__ import annotations

import errno
from types import SimpleNamespace

import dagster as dg
import pytest

from assets.steps import RETRY, RUN_RETRY_TAG, is_transient, run_guarded


class Instance:
    """Remembers the tags that a step gives its run."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def get_run_by_id(self, run_id: str) -> None:
        return None

    def add_run_tags(self, run_id: str, tags: dict[str, str]) -> None:
        self.tags |= tags


@pytest.fixture
def context() -> SimpleNamespace:
    return SimpleNamespace(instance=Instance(), run_id="r1")


@pytest.mark.parametrize(
    ("error", "may_succeed"),
    [
        (OSError(errno.EIO, "disk"), True), (OSError(errno.EAGAIN, "later"), True), (OSError(errno.ESTALE, "share"), True),
        (TimeoutError("slow"), True), (ConnectionResetError("gone"), True), (OSError(errno.ETIMEDOUT, "slow"), True),
        (FileNotFoundError(errno.ENOENT, "none"), False), (PermissionError(errno.EACCES, "no"), False),
        (OSError(errno.ENOSPC, "full"), False), (OSError("without a number"), False), (ValueError("wrong"), False),
        (KeyError("column"), False), (MemoryError(), False),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Exception) else "",
)  # fmt: skip
def test_only_what_may_pass_by_itself_is_tried_again(error, may_succeed):
    assert is_transient(error) == may_succeed


def test_a_transient_error_is_left_to_the_retry_policy(context):
    def fail() -> None:
        raise OSError(errno.EIO, "disk")

    with pytest.raises(OSError, match="disk"):
        run_guarded(context, fail)
    assert context.instance.tags == {}
    assert RETRY.max_retries == 2


def test_every_other_error_ends_the_run_for_good_in_its_own_words(context):
    def fail() -> None:
        raise ValueError("margin is 7")

    with pytest.raises(dg.Failure) as caught:
        run_guarded(context, fail)
    assert "margin is 7" in str(caught.value.description)
    assert not caught.value.allow_retries
    assert context.instance.tags[RUN_RETRY_TAG] == "0"


def test_a_failure_that_is_told_already_passes_as_it_is(context):
    told = dg.Failure(description="told", allow_retries=True)

    def fail() -> None:
        raise told

    with pytest.raises(dg.Failure) as caught:
        run_guarded(context, fail)
    assert caught.value is told


def test_what_succeeds_is_handed_on(context):
    assert run_guarded(context, lambda: 42) == 42
