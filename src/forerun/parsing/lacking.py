"""Columns of which a value is missing, or any but the one that is denied."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from forerun.parsing.actions import Action
from forerun.parsing.inflection import is_past, relates
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Plan
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


def missing(mention: Mention, item: Field) -> str | None:
    """`with null salary`, `whose salary is not known`, `without a salary`. Rooms that say
    whether they have a piano say no where they are without one.
    """
    said = (*mention.left, *mention.right[:2])
    if "known" in said:
        return "not null"
    says_no = item.flags is not None and not item.leaves_no_out
    lacks = ("without" in mention.left and not says_no) or _is_undone(mention, item)
    return "null" if "missing" in said or lacks else None


def _is_undone(mention: Mention, item: Field) -> bool:
    """`complaints not assigned to anyone`."""
    denied = mention.left[-1:] == ("not",) and is_past(mention.text.split()[0])
    return denied and mention.after is None and item.meaning is Meaning.KEY and item.column.nullable


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


def is_what_is_had(mention: Mention, item: Field) -> bool:
    """`members who have an email but no phone`: nor is this one a list of addresses."""
    figure = item.meaning is Meaning.KEY or item.flags is not None
    return is_had_without_another(mention) and item.column.nullable and not figure


def is_had_at_all(mention: Mention, item: Field, lattice: Lattice) -> bool:
    """`how many members have an email`: of those who have one, not a number for each."""
    figure = item.meaning in (Meaning.KEY, Meaning.DATE) or item.flags is not None
    said_last = mention.left == ("with",) and mention.after is None and not lattice.unknown
    had = "count" in lattice.tags and lattice.tags <= _NO_MORE_THAN_HAD and mention.position > 0
    return said_last and had and item.column.nullable and not figure


_NO_MORE_THAN_HAD = frozenset(("count", "with", "of", "that", "who", "for", "in"))


def is_had_without_another(mention: Mention) -> bool:
    """`customers with orders but no returns`: nobody asks to see the orders."""
    after = mention.after
    lacking = after is not None and after.left[-2:] == ("and", "without")
    return lacking and mention.left[-1:] == ("with",) and mention.position > 0


def is_with_and_without(mention: Mention) -> bool:
    """Either of the two: neither alone is what was asked."""
    before = mention.before
    return is_had_without_another(mention) or (
        before is not None and is_had_without_another(before)
    )


def denies_being_anywhere(actions: Sequence[Action]) -> bool:
    """Whether `not living in the city Voe` is read as those who live nowhere, who are in Voe."""
    return any(
        action.role == "absent"
        and _is_a_deed(action.mention.text.lower().split())
        and following.role in ("equal", "literal")
        and following.field is not None
        and following.field.entity is not action.entity
        and _is_its_place(following.mention, action.mention)
        for at, action in enumerate(actions)
        for following in actions[at + 1 :]
    )


def _is_a_deed(said: Sequence[str]) -> bool:
    """`living`, `live in`, where a table is called so."""
    return said[-1] == "in" or relates(said[0])


def _is_its_place(mention: Mention, verb: Mention) -> bool:
    """`in` stands between, and nothing that opens a clause of its own."""
    between = verb.text.lower().split()[1:]
    here: Mention | None = mention
    while here is not None and here is not verb:
        between += here.left
        here = here.before
    return "in" in between and _WITHIN.union(verb.left).issuperset(between)


_WITHIN = frozenset(("in", "of", "with", "at", "on", "is"))


def repeats_what_is_had(plan: Plan, lattice: Lattice) -> bool:
    """Whether such customers are told once for each of their orders."""
    had = (m for m in lattice.mentions if is_had_without_another(m))
    tables = {link.target for m in had for link in m.links}
    if plan.group or any(term.aggregate for term in plan.select):
        return False
    used = {term.entity for term in plan.select}
    return any(entity in tables and entity not in used for entity in plan.tree.entities)
