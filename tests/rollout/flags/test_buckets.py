"""Buckets stay what they are for ever, and ramps only let people in."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.rollout.flags.buckets import BUCKETS, bucket, held_out, within

GOLDEN = [
    ("a1b2c3d4", "session-7", 5372),
    ("a1b2c3d4", "session-8", 3233),
    ("a1b2c3d4", "0", 8305),
    ("a1b2c3d4", "", 4192),
    ("a1b2c3d4", "a\0b", 328),
    ("a1b2c3d4", "用户-1", 7219),
    ("a1b2c3d4", "\ud800", 345),
    ("s1", "u1", 7173),
    ("s2", "u1", 8867),
    ("pärallel", "ünit", 6411),
    ("x", "y", 9966),
]

percentages = st.integers(0, BUCKETS).map(lambda hundredths: hundredths / 100)
buckets = st.integers(0, BUCKETS - 1)


@pytest.mark.parametrize(("salt", "unit", "expected"), GOLDEN)
def test_buckets_never_change(salt: str, unit: str, expected: int) -> None:
    """Version 1 of the hash gives these numbers; a release that gives others re-randomises."""
    assert bucket(salt, unit, 1) == expected


def test_an_unknown_hash_version_is_no_other_hash() -> None:
    """Nothing is guessed where the number names no hash."""
    with pytest.raises(KeyError):
        bucket("a1b2c3d4", "session-7", 2)


def test_buckets_are_filled_evenly_and_salts_are_independent() -> None:
    """A tenth of many units is in a tenth of the buckets, also of those that another salt chose."""
    units = [f"unit-{number}" for number in range(40_000)]
    chosen = [unit for unit in units if within(10, bucket("first", unit, 1))]
    again = [unit for unit in chosen if within(10, bucket("second", unit, 1))]
    assert 0.09 < len(chosen) / len(units) < 0.11
    assert 0.07 < len(again) / len(chosen) < 0.13
    tenths = Counter(bucket("first", unit, 1) // 1_000 for unit in units)
    assert set(tenths) == set(range(10))
    assert all(3_600 < count < 4_400 for count in tenths.values())


@settings(deadline=None)
@given(low=percentages, high=percentages, number=buckets)
def test_who_is_in_at_less_is_in_at_more(low: float, high: float, number: int) -> None:
    """A ramp is monotone, and so is the holdout."""
    low, high = sorted((low, high))
    assert not within(low, number) or within(high, number)
    assert not held_out(low, number) or held_out(high, number)


@settings(deadline=None, max_examples=40)
@given(percentage=percentages)
def test_a_percentage_is_so_many_hundredths(percentage: float) -> None:
    """As many buckets are in as the percentage has hundredths, without an error of rounding."""
    inside = sum(within(percentage, number) for number in range(BUCKETS))
    assert inside == round(percentage * 100)
    assert sum(held_out(percentage, number) for number in range(BUCKETS)) == inside


@settings(deadline=None, max_examples=40)
@given(holdout=percentages, ramp=percentages)
def test_the_holdout_is_what_a_ramp_meets_last(holdout: float, ramp: float) -> None:
    """Until ramp and holdout fill all buckets, nobody is in both."""
    if holdout + ramp <= 100:
        assert not any(
            within(ramp, number) and held_out(holdout, number) for number in range(BUCKETS)
        )
