"""A number beside rows with no word for what it measures: `guests over 30`, `orders over 500`.

People are over thirty by their age, orders over five hundred by their one amount. Where rows have
but a price, or more than one amount, it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing.actions import Action
from forerun.parsing.elapsed import AGE
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Meaning

ROLE = "beyond"
_LIKELY, _POSSIBLE = "amount", "price"
_AMOUNTS = frozenset(words.stems("amount amt total revenue turnover sum"))
_PRICES = frozenset(words.stems("price cost fee value worth"))
_RATES = frozenset(words.stems("tax vat discount rate percent unit per"))
_OLDEST = 120
_SAYING_SO = frozenset(("who", "that", "is", "of"))
_COMPARING = frozenset((">", ">=", "<", "<="))


def beyond(mention: Mention, index: Index) -> Iterator[Action]:
    """The comparison with each figure that may be meant."""
    entity = _compared_rows(mention)
    if entity is None or mention.number is None:
        return
    op = next(tag for tag in mention.left if tag in _COMPARING)
    for item, quality in _figures(entity, mention.number, index):
        yield Action(ROLE, mention, field=item, value=(mention.number,), op=op, quality=quality)


def is_unclear(action: Action, lattice: Lattice) -> bool:
    """`products over 20`, where nothing says that money is meant."""
    signs = (token.text[:1] for token in lattice.tokens[action.mention.start : action.mention.end])
    return (
        action.role == ROLE and action.quality == _POSSIBLE and not any(s in "$€£" for s in signs)
    )


def worth(entity: Entity) -> tuple[list[Field], str]:
    """What a row is worth as a whole, and how sure that is."""
    money = [f for f in entity.fields if f.is_numeric and f.meaning is Meaning.MEASURE]
    money = [item for item in money if _RATES.isdisjoint(item.stems)]
    amounts = [item for item in money if not _AMOUNTS.isdisjoint(item.stems)]
    prices = [item for item in money if not _PRICES.isdisjoint(item.stems)]
    return (amounts, _LIKELY) if amounts else (prices, _POSSIBLE)


def _figures(entity: Entity, number: float | int, index: Index) -> Iterator[tuple[Field, str]]:
    ages = [link.target for link in index.names.get((AGE,), ()) if link.quality == "exact"]
    for item in ages:
        if isinstance(item, Field) and item.entity is entity and 0 < number <= _OLDEST:
            yield item, "age"
    found, quality = worth(entity)
    if len(found) == 1:
        yield found[0], quality


def _compared_rows(mention: Mention) -> Entity | None:
    """The table right before the comparison, where no other word says what is compared."""
    before, after = mention.before, mention.after
    if mention.kind is not Kind.NUMBER or before is None or mention.is_times:
        return None
    if after is not None and after.start == mention.end and after.kind is not Kind.PERIOD:
        return None
    said = [tag for tag in mention.left if tag not in _SAYING_SO]
    if len(said) != 1 or said[0] not in _COMPARING or mention.right[:1] in (("or",), (">=",)):
        return None
    named = [link.target for link in before.links if link.quality == "exact"]
    first = named[0] if named else None
    return first if isinstance(first, Entity) else None
