"""Neither one nor the other: who has "no email or phone" lacks both."""

from __future__ import annotations

from collections.abc import Sequence

from forerun.parsing.mentions import Kind, Mention
from forerun.parsing.schema import Entity, Field, Link

_LACKED = ("without",)
_NEITHER = "neither"


def is_neither(mention: Mention) -> bool:
    """Whether it is lacked together with another, of which none may be left out."""
    return mention.op == _NEITHER and bool(mention.links)


def mark(mentions: Sequence[Mention], tags: set[str]) -> None:
    """Give the second of two things that are lacked together the cue that it leaves unsaid."""
    found = []
    for mention in mentions:
        if not _is_lacked_too(mention):
            continue
        found.append(mention)
        if mention.before is not None:
            mention.before.right, mention.before.op = _LACKED, _NEITHER
        mention.left, mention.op = _LACKED, _NEITHER
    if found and all("or" not in (*mention.left, *mention.right) for mention in mentions):
        tags.discard("or")


def _is_lacked_too(mention: Mention) -> bool:
    """Marked from left to right, so that a third is lacked with the second."""
    before = mention.before
    if before is None or before.left[-1:] != _LACKED:
        return False
    if mention.left not in (("or",), _LACKED) or before.kind is not mention.kind:
        return False
    if any(_is_spoken_of(link, before.before) for link in mention.links):
        return False  # customers without orders or customers in Germany
    said = _is_said_of(mention)
    return mention.kind is Kind.THING and said is not None and _is_said_of(before) is said


def _is_spoken_of(link: Link, mention: Mention | None) -> bool:
    """Whether `mention` or one before it names the same."""
    while mention is not None:
        if any(other.target is link.target for other in mention.links):
            return True
        mention = mention.before
    return False


def _is_said_of(mention: Mention) -> type | None:
    """Columns or tables: whether all that the words mean by name is one of the two."""
    kinds = {_sort(link) for link in mention.links if link.quality in ("exact", "stripped")}
    return kinds.pop() if len(kinds) == 1 else None


def _sort(link: Link) -> type | None:
    target = link.target
    return Field if isinstance(target, Field) else Entity if isinstance(target, Entity) else None
