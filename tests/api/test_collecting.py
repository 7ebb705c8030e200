"""The garbage collector of a process that serves."""

from __future__ import annotations

import gc
import weakref
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


class Circle:
    """Refers to itself: nobody but the collector gets rid of it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("thawed")
def test_what_died_of_old_age_is_gone_before_two_million_others_have_come() -> None:
    """Questions that take long outlive the looks at what is young; their garbage is no leak."""
    with seldom():
        old = Circle()
        gone = weakref.ref(old)
        gc.collect(0)
        gc.collect(1)  # now among the old
        del old
        for _ in range(2_000_000):
            Circle()
        assert gone() is None
