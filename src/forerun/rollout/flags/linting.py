"""Flags that somebody should tidy up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from forerun.rollout.flags.document import Document

WANTED = ("owner", "expires", "description")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one flag, in words."""

    flag: str
    what: str


def lint(document: Document, today: date) -> tuple[Finding, ...]:
    """Flags that have expired, and those that nobody could answer for. In the file's order."""
    return tuple(
        Finding(name, what)
        for name, flag in document.flags.items()
        for what in _faults(flag.get("metadata", {}), today)
    )


def _faults(metadata: dict[str, str], today: date) -> Iterator[str]:
    for key in WANTED:
        if key not in metadata:
            yield f"It has no {key}."
    if "expires" in metadata and (expired := date.fromisoformat(metadata["expires"])) < today:
        days = (today - expired).days
        yield (
            f"It expired on {expired}, {days} day{'' if days == 1 else 's'} ago: "
            "decide for one variant and take the flag out, or give it a later date."
        )
