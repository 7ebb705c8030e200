"""What is counted of a column: its values, or the rows in which it says yes."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.domain import Kind as ColumnKind
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.mentions import Mention
from forerun.parsing.schema import Entity, Field, Meaning


def values_told(mention: Mention, item: Field, of_values: bool) -> Iterator[Action]:
    """What is counted are its values; of a yes or no the rows with yes, unless values are spoken
    of: "how many registered".
    """
    left = set(mention.left)
    holds = item.flags and item.flags[not left & cues.NEGATIVE]
    if item.flags:
        yield Action("flag", mention, field=item, value=holds)
    if "count" in left and item.flags and not of_values:
        yield Action("tally", mention, field=item, value=holds)
    elif "count" in left and not (_holds_numbers(item) and not of_values):
        yield Action("count", mention, field=item)
    elif is_counted_with(mention) and item.meaning in (Meaning.CATEGORY, Meaning.NAME):
        yield Action("count", mention, field=item, inherit=True)


def is_counted_with(mention: Mention) -> bool:
    """`the number of different majors and cities`: of either."""
    before = mention.before
    if before is None or mention.left != ("and",):
        return False
    rows = any(isinstance(link.target, Entity) for link in before.links)
    return "count" in before.left and not rows


def _holds_numbers(item: Field) -> bool:
    """`number of nights`, where each row says how many: they are added up, not counted."""
    plural = item.name.lower().endswith("s") and not item.name.lower().endswith("ss")
    return plural and item.meaning is Meaning.MEASURE and item.column.kind is ColumnKind.INTEGER
