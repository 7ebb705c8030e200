"""What must be added up, and what must not be: rows that tell how many there are, and rates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing.plans import OfForemost, Plan, Term
from forerun.parsing.schema import Entity, Field, Meaning

_RATES = frozenset(words.stems("rate percent percentage pct ratio proportion probability"))
_OFF = frozenset(words.stems("discount rebate markdown"))
"""So much off the price, or such a part of it."""
_MONEY = frozenset(
    words.stems("amount amt value price cost total sum money usd eur dollar dollars euro euros")
)


def shortfalls(plan: Plan) -> Iterator[tuple[str, str]]:
    """Why a number or a total of the plan tells nothing, or another thing; names with words."""
    figures = tuple(_figures(plan))
    if any(term.aggregate == "sum" and _is_a_rate(term.field) for term in figures):
        yield "total-of-rates", "Rates and percentages are not added up."
    if any(term.aggregate == "count" and _tells_numbers(term.entity) for term in figures):
        yield "number-of-numbers", "Each of these rows tells how many there are."


def _figures(plan: Plan) -> Iterator[Term]:
    """What is shown, ranked by or demanded of groups."""
    yield from plan.select
    yield from (order.term for order in plan.order)
    yield from (having.term for having in plan.having)
    yield from (c.order.term for c in plan.conditions if isinstance(c, OfForemost))
    if plan.window is not None:
        yield plan.window.measure


def _is_a_rate(item: Field | None) -> bool:
    """`tax_rate`, `percent`; a `discount` is one unless it is said to be an amount. A `share` may
    be one of many wholes; `shares` and a `share_count` are so many.
    """
    if item is None or item.metric is not None:
        return False
    if list(words.split_identifier(item.name))[-1:] == ["share"]:
        return True
    stems = set(item.stems)
    if not stems.isdisjoint(_MONEY):
        return False
    off = not stems.isdisjoint(_OFF) and not _has_room_for_money(item)
    return off or not stems.isdisjoint(_RATES)


def _has_room_for_money(item: Field) -> bool:
    """`DECIMAL(10, 2)`, where percentages take three digits before the point."""
    digits = [int(number) for number in re.findall(r"\d+", item.column.type)]
    return len(digits) == 2 and digits[0] - digits[1] > _MOST_DIGITS


_MOST_DIGITS = 3


def _tells_numbers(entity: Entity) -> bool:
    """`degrees`, with the column `degrees` of numbers: how many were conferred there and then; or
    check-ins with their `count`.
    """
    called = (entity.stems, _COUNT, (*entity.stems, *_COUNT))
    return any(
        item.stems in called and item.is_numeric and item.meaning is Meaning.MEASURE
        for item in entity.fields
    )


_COUNT = words.stems("count")
