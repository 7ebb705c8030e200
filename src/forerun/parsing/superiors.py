"""Keys that nobody declared, to a row of their own table: that of whom somebody reports to."""

from __future__ import annotations

from forerun.catalog import words
from forerun.parsing.schema import Entity, Field

_SUPERIORS = frozenset(
    words.stems("manager supervisor boss superior superintendent mentor parent leader reports")
)
_OF_ANYTHING = frozenset(words.stems("parent"))
_PEOPLE = frozenset(
    words.stems(
        "employee staff personnel worker person people user member clerk agent associate officer"
        " colleague teacher doctor nurse trainer"
    )
)
_REFERRING = frozenset(words.stems("id key code no number to"))
_NOBODY = frozenset(("0", ""))
"""What some databases store where there is no superior."""


def refers_to_its_kind(item: Field, entity: Entity) -> bool:
    """Whether the undeclared key `item` is, by its name and values, that of another row of
    `entity`: `manager_id`, `reports_to`.
    """
    if len(entity.primary) != 1 or entity.primary == (item,):
        return False
    key = entity.primary[0]
    named = [stem for stem in item.stems if stem not in _REFERRING]
    if len(named) != 1 or named[0] not in _SUPERIORS or item.is_numeric != key.is_numeric:
        return False
    if named[0] not in _OF_ANYTHING and not _are_people(entity):
        return False  # the manager of a department is no department
    known, stored = key.column, item.column.samples
    if stored and known.samples_complete:
        return set(map(str, stored)) - _NOBODY <= set(map(str, known.samples))
    return item.column.kind is known.kind


def _are_people(entity: Entity) -> bool:
    """Who goes by a first and a last name, or is called so."""
    parts = {item.stems[-2:] for item in entity.fields}
    first_and_last = parts >= {_FIRST_NAME, _LAST_NAME}
    return first_and_last or not _PEOPLE.isdisjoint(entity.stems)


_FIRST_NAME, _LAST_NAME = words.stems("first name"), words.stems("last name")
