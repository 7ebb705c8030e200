"""Columns of which a value is missing, or any but the one that is denied."""

from __future__ import annotations

from itertools import pairwise

from forerun.parsing.inflection import is_past
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Field, Meaning, Stored


def is_what_lacks(mention: Mention, item: Field) -> bool:
    """`members who have no email` are no list of addresses. Of figures none may also be zero."""
    figure = item.meaning is Meaning.KEY or item.column.kind.is_number or item.flags is not None
    alone = mention.left[-1:] == ("without",) and not _is_followed_by_a_value(mention)
    return alone and not figure and item.column.nullable


def _is_followed_by_a_value(mention: Mention) -> bool:
    """`without status cancelled`: with any other one."""
    after = mention.after
    if after is None or "and" in after.left or "or" in after.left:
        return False
    return after.kind in (Kind.TEXT, Kind.NUMBER, Kind.PERIOD) or any(
        isinstance(link.target, Stored) for link in after.links
    )


def missing(mention: Mention) -> str | None:
    """`with null salary`, `whose salary is not known`, `without a salary`."""
    said = (*mention.left, *mention.right[:2])
    if "known" in said:
        return "not null"
    return "null" if "missing" in said or "without" in mention.left else None


def is_denied_deed(mention: Mention, lattice: Lattice) -> bool:
    """`not insured with Axa`: nor are those who are not insured at all."""
    said = lattice.tokens[max(mention.start - _DEED, 0) : mention.start]
    pairs = pairwise(said)
    denied = (other.lower for one, other in pairs if one.lower in ("not", "n't"))
    return any(is_past(verb) and verb not in _SO_OF_ALL for verb in denied)


_SO_OF_ALL = frozenset(
    ("located", "based", "situated", "placed", "born", "called", "named", "titled", "dated")
)
"""What everything is in some way: where nothing is stored, it is not known how."""


_DEED = 4
"""Words of a denied deed up to the value: "not insured with the Axa"."""
