"""Which of 10,000 buckets somebody falls into: the same one for ever.

Own code, because libraries change their hashes between versions, and with the hash everybody's
arm. The vectors in the tests must never change. A better hash gets a number of its own; what runs
keeps the one that its flag names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType

BUCKETS = 10_000
"""A percentage has two decimals, so that each bucket is a hundredth of a percent."""


def bucket(salt: str, unit: str, hash_version: int) -> int:
    """0 to 9,999. `salt` is the experiment's, `unit` whoever stays in one arm.

    Raises `KeyError` for a hash version that there is not.
    """
    return HASHES[hash_version](salt, unit)


def _first(salt: str, unit: str) -> int:
    """64 bits of BLAKE2b; the salt has no NUL, so that no two pairs are spelled alike."""
    spelled = f"{salt}\0{unit}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(spelled, digest_size=8).digest(), "big") % BUCKETS


HASHES: Mapping[int, Callable[[str, str], int]] = MappingProxyType({1: _first})
"""By their numbers, which flag files name."""


def within(percentage: float, bucket: int) -> bool:
    """Whether a ramp at `percentage` (0 to 100) has reached the bucket. It grows from bucket 0."""
    return bucket < _count(percentage)


def held_out(percentage: float, bucket: int) -> bool:
    """Whether the bucket is in the holdout, which grows from the last one."""
    return bucket >= BUCKETS - _count(percentage)


def _count(percentage: float) -> int:
    """Buckets, rounded: 0.07 % are seven, although 0.07 * 100 is a little more than 7."""
    return round(percentage * (BUCKETS / 100))
