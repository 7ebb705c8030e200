"""Rows measured with no word for what by: `guests over 30`, `orders over 500`, `the largest order`.

People are over thirty by their age, orders over five hundred by their one amount. Where rows have
but a price, or more than one amount, it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.elapsed import AGE
from forerun.parsing.index import Index
from forerun.parsing.meanings import is_called
from forerun.parsing.measuring import is_told_by_its_unit
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Meaning
from forerun.parsing.tokens import Token

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
    told = [item for item in entity.fields if is_told_by_its_unit(mention, item)]
    figures = _figures(entity, mention.number, index)
    for item, quality in ((told[0], _LIKELY),) if len(told) == 1 else figures:
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


def largest(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, Field, bool]]:
    """Where `largest` stands right before the rows that it is said of, their one amount, and
    whether the most of it is meant. Of "largest orders" nobody knows how many.
    """
    yield from _said_after(tokens, index)
    for at, token in enumerate(tokens[:-1]):
        tag = cues.CUES.get((token.lower,))
        if tag not in ("high", "low"):
            continue
        rows_at = at + 1 + _says_which(tokens, at + 1, index)
        rows, behind = tokens[rows_at], tokens[rows_at + 1 : rows_at + 2]
        if any((other.stem,) in index.names for other in behind):
            continue
        counted = at > 0 and tokens[at - 1].number is not None
        entity = _called(rows, index) if counted or not rows.lower.endswith("s") else None
        found, quality = worth(entity) if entity is not None else ([], "")
        if entity is not None and quality != _LIKELY and token.lower in _OF_SIZE:
            found, quality = _sizes(entity), _LIKELY
        if len(found) == 1 and quality == _LIKELY:
            yield at, found[0], tag == "high"


def _said_after(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, Field, bool]]:
    """`which venue is the smallest?`"""
    lowers = [token.lower for token in tokens]
    if len(lowers) < _WHICH_IS or lowers[-3:-1] != ["is", "the"] or lowers[-1] not in _OF_SIZE:
        return
    entity = _called(tokens[-4], index) if lowers[0] in ("which", "what") else None
    found, quality = worth(entity) if entity is not None else ([], "")
    if entity is not None and quality != _LIKELY:
        found = _sizes(entity)
    if len(found) == 1:
        yield len(tokens) - 1, found[0], lowers[-1] != "smallest"


_WHICH_IS = 5


def _says_which(tokens: Sequence[Token], at: int, index: Index) -> bool:
    """`largest residential parcel`, `smallest irrigated field`: of which rows it is said."""
    if at + 1 >= len(tokens) or _called(tokens[at + 1], index) is None:
        return False
    word = tokens[at]
    flags = (link.target for link in index.names.get((word.stem,), ()))
    true = [isinstance(item, Field) and item.flags is not None for item in flags]
    return all(true) if true else (word.lower,) in index.values


_OF_SIZE = frozenset(("largest", "biggest", "smallest"))
_SIZES = frozenset(words.stems("size area capacity population"))
_NO_SIZES = _RATES | frozenset(words.stems("code number density growth share rank"))
"""The code of an area and the density of a population are no sizes."""


def _sizes(entity: Entity) -> list[Field]:
    """How large a row is: the capacity of a venue, the area of a field."""
    figures = (f for f in entity.fields if f.is_numeric and f.meaning is Meaning.MEASURE)
    return [i for i in figures if not _SIZES.isdisjoint(i.stems) and _NO_SIZES.isdisjoint(i.stems)]


def values(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, Field]]:
    """Where `order value` stands, and the amount that it is where nothing else is called so."""
    for at, (rows, value) in enumerate(pairwise(tokens)):
        if value.lower not in _VALUE or any((s,) in index.names for s in (value.stem, _VALUE_STEM)):
            continue
        links = index.names.get((rows.stem,), ())
        named = (link.target for link in links if is_called(link, (rows.stem,)))
        tables = {target for target in named if isinstance(target, Entity)}
        found, quality = worth(tables.pop()) if len(tables) == 1 else ([], "")
        if len(found) == 1 and quality == _LIKELY:
            yield at, found[0]


_VALUE = frozenset(("value", "values"))
_VALUE_STEM = words.stem("value")


def _called(token: Token, index: Index) -> Entity | None:
    named = [link.target for link in index.names.get((token.stem,), ()) if link.quality == "exact"]
    first = named[0] if len(named) == 1 else None
    return first if isinstance(first, Entity) else None
