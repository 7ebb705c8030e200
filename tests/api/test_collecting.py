"""The garbage collector of a process that serves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from forerun.api.collecting import THRESHOLDS, seldom


@pytest.fixture
def thawed() -> Iterator[None]:
    """A process in which nothing is frozen, unlike in other tests."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("thawed")
def test_what_is_there_is_not_looked_through_again_inside_and_is_afterwards() -> None:
    before = gc.get_threshold()
    with seldom():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


@pytest.mark.usefixtures("thawed")
def test_what_somebody_else_has_frozen_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with seldom():
        assert gc.get_freeze_count() == frozen
    assert gc.get_freeze_count() == frozen
