"""Keys that nobody declared, to a row of their own table: that of whom somebody reports to."""

from __future__ import annotations

from forerun.catalog import words
from forerun.parsing.schema import Entity, Field

_SUPERIORS = frozenset(
    words.stems("manager supervisor boss superior superintendent mentor parent leader reports")
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
    known, stored = key.column, item.column.samples
    if stored and known.samples_complete:
        return set(map(str, stored)) - _NOBODY <= set(map(str, known.samples))
    return item.column.kind is known.kind
