"""How long something kept may be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.caching import Policy
from forerun.caching.entries import Entry
from forerun.caching.freshness import CHANGED, TOO_OLD, UNVERIFIED, ago
from forerun.domain import Shelf
from forerun.ports import Labels, Version
from tests.caching.making import answer_to, question

POLICY = Policy(ttl_s=600.0, max_stale_s=5.0, stale_if_error_s=300.0)
READ_AT = 1_000.0
ENTRY = Entry(
    "key",
    Labels(Shelf.ANSWERS, "red", "shop-1"),
    Version("data 1", "schema 1"),
    READ_AT,
    600.0,
    answer_to(question()),
)
TEXTS = st.none() | st.sampled_from(("1", "2"))
VERSIONS = st.builds(Version, TEXTS, TEXTS)


@pytest.mark.parametrize(
    ("made_of", "now_is", "age_s", "fault"),
    [
        (Version("1", "1"), Version("1", "1"), 600.0, None),
        (Version("1", "1"), Version("1", "1"), 600.1, TOO_OLD),
        (Version("1", "1"), Version("2", "1"), 0.0, CHANGED),
        (Version("1", "1"), Version("1", "2"), 0.0, None),  # data speaks for both
        (Version("1", "1"), None, 0.0, UNVERIFIED),
        (Version("1", "1"), Version(None, "1"), 0.0, CHANGED),
        (Version(None, "1"), Version("1", "1"), 0.0, CHANGED),
        (Version(None, "1"), Version(None, "1"), 5.0, None),
        (Version(None, "1"), Version(None, "1"), 5.1, TOO_OLD),
        (Version(None, "1"), Version(None, "2"), 0.0, CHANGED),
        (Version(), Version(), 5.0, None),
        (Version(), Version(), 5.1, TOO_OLD),
    ],
)
def test_an_entry_is_shown_while_it_is_true(
    made_of: Version, now_is: Version | None, age_s: float, fault: str | None
) -> None:
    """By what the database held then and holds now, and by its age where that cannot be told."""
    entry = replace(ENTRY, version=made_of)
    assert POLICY.fault(entry, now_is, READ_AT + age_s) == fault


@given(VERSIONS, VERSIONS, st.floats(-100, 1_000))
def test_nothing_is_shown_past_a_change_that_can_be_told(
    then: Version, now: Version, age_s: float
) -> None:
    """Data that differs, or a schema that differs: never; neither known: not past the grace."""
    fault = POLICY.fault(replace(ENTRY, version=then), now, READ_AT + age_s)
    if fault is None:
        assert then.data == now.data
        assert age_s <= ENTRY.lasts_s
        if now.data is None:
            assert then.schema == now.schema
            assert -0.001 <= age_s <= POLICY.max_stale_s + 0.001


def test_an_age_that_is_not_known_is_no_young_age() -> None:
    """Another process's clock is ahead, or ours was set back: where only the age speaks for an
    entry, it is not shown."""
    unsure = replace(ENTRY, version=Version())
    assert POLICY.fault(unsure, Version(), READ_AT - 1) == TOO_OLD
    assert POLICY.fault(ENTRY, ENTRY.version, READ_AT - 1) is None


def test_an_entry_is_due_before_its_end() -> None:
    """From four fifths on: of its life, or of the grace where that is all it has."""
    version, untold = ENTRY.version, Version()
    assert [POLICY.is_due(ENTRY, version, READ_AT + age_s) for age_s in (470, 490)] == [False, True]
    assert [POLICY.is_due(ENTRY, untold, READ_AT + age_s) for age_s in (3.9, 4.1)] == [False, True]


def test_lives_end_at_different_times_and_never_late() -> None:
    """A tenth apart at most."""
    lives = [Policy().lifetime_s(100.0) for _ in range(200)]
    assert max(lives) <= 100
    assert min(lives) >= 90
    assert len(set(lives)) > 100


def test_what_may_stand_in_is_kept_so_long() -> None:
    """Short-lived entries included; 0 switches standing in off but for the same moment."""
    assert POLICY.keep_s(30.0) == 300.0
    assert POLICY.keep_s(600.0) == 600.0
    assert [POLICY.may_stand_in(ENTRY, READ_AT + age_s) for age_s in (300, 301)] == [True, False]
    assert not replace(POLICY, stale_if_error_s=0.0).may_stand_in(ENTRY, READ_AT + 0.1)


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (0.2, "just now"),
        (1.2, "1 second ago"),
        (59.0, "59 seconds ago"),
        (119.0, "119 seconds ago"),
        (120.0, "2 minutes ago"),
        (7_200.0, "2 hours ago"),
        (200_000.0, "2 days ago"),
    ],
)
def test_ages_are_said_in_words(age_s: float, said: str) -> None:
    """In the largest unit that is not too coarse."""
    assert ago(age_s) == said
