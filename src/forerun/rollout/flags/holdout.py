"""Who stays sequential for good, so that there is always something to compare with.

By a salt of its own, which no experiment changes: another experiment shares all others out anew,
and finds the same people held out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forerun.rollout.flags.buckets import bucket, held_out

HOLDOUT = 1.0
"""Percent, where nothing is said."""
SHARE, SALT, HASH_VERSION = "holdout", "holdout_salt", "holdout_hash_version"
"""Under which a file keeps them, in the flag's metadata."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """Of one rollout."""

    percentage: float
    """0 to 100, of units."""
    salt: str
    hash_version: int

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Holdout:
        """From a checked rollout's metadata, or from what `as_terms` gave.

        A file that is older than the holdout's own salt has one for both.
        """
        return cls(
            float(metadata.get(SHARE, HOLDOUT)),
            metadata.get(SALT, metadata["salt"]),
            metadata.get(HASH_VERSION, metadata["hash_version"]),
        )

    def as_terms(self) -> dict[str, Any]:
        """To be evaluated with the rest of a variant."""
        return {SHARE: self.percentage, **self.fixed()}

    def fixed(self) -> dict[str, Any]:
        """What must stand in the metadata before the experiment's salt changes."""
        return {SALT: self.salt, HASH_VERSION: self.hash_version}

    def bucket_of(self, unit: str) -> int:
        """0 to 9,999. `unit` is the most lasting that is known: an asker, else a conversation."""
        return bucket(self.salt, unit, self.hash_version)

    def holds(self, number: int) -> bool:
        """Whether the bucket is held out."""
        return held_out(self.percentage, number)
