"""Numbers with what they are of: `over 30 hectares`, `20000 kg`, `more than $500`.

Columns say in their names what they are in: `area_ha`, `amount_cents`. A number is compared with a
column in the same unit; with one in another, or in one that nobody knows, it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forerun.catalog import words
from forerun.domain import Kind as ColumnKind
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.schema import Field, Meaning
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import tables_named

_UNITS = """
kg kgs kilogram kilograms kilo kilos
lb lbs
t ton tons tonne tonnes
km kilometre kilometres kilometer kilometers
m metre metres meter meters
mi mile miles
ft foot feet
ha hectare hectares
l litre litres liter liters
minute minutes mins
usd dollar dollars
eur euro euros
gbp pound pounds
cent cents pence
"""
_UNIT_OF = {word: line.split()[0] for line in _UNITS.split("\n") for word in line.split()}
_POUNDS = frozenset(("pound", "pounds"))
_WEIGHT = words.stem("weight")
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp"}
_CURRENCIES = frozenset(_SIGNS.values())
_MONEY = frozenset(
    words.stems("price cost fee amount salary wage revenue budget fine charge rent income value")
)
_OFTEN_MONEY = _MONEY | frozenset(
    words.stems(
        "money cash pay paid payment payroll sale turnover profit loss margin earning gross net "
        "total subtotal balance debt due loan credit deposit capital asset fund grant donation "
        "bonus prize purse reward stake bet tax duty toll tariff rate premium tip bill tuition "
        "expense spend spent expenditure gdp worth market bid offer discount saving investment "
        "equity share dividend allowance stipend pension mortgage ransom damage bounty royalty "
        "commission compensation"
    )
)
"""What a column of whole numbers is called where it may be money."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`tokens[start:end]` is a number with its unit, in which these columns are."""

    start: int
    end: int
    number: float | int
    unit: str
    fields: tuple[Field, ...]


def find(tokens: Sequence[Token], index: Index) -> Iterator[Measured]:
    """Every number whose unit some column of the tables spoken of is in, or may be in."""
    for at, token in enumerate(tokens[:-1]):
        said = tokens[at + 1]
        if token.number is None or said.lower not in _UNIT_OF or _is_a_name(said, index):
            continue
        tables = {table for _, _, named in tables_named(tokens, index) for table in named}
        figures = [
            item
            for entity in index.entities
            if entity in tables
            for item in entity.fields
            if item.is_numeric and item.meaning is Meaning.MEASURE
        ]
        money = any(other.stem in _MONEY for other in tokens)
        unit = _unit_said(said.lower, figures, of_money=money)
        fields = tuple(item for item in figures if unit in _units_of(item))
        if fields or (unit in _CURRENCIES and any(map(_may_be_in_any_currency, figures))):
            yield Measured(at, at + 2, token.number, unit, fields)


def _unit_said(word: str, figures: Sequence[Field], *, of_money: bool) -> str:
    """Pounds are money, but not where rows are weighed, unless a price is spoken of."""
    weighed = any("lb" in _units_of(item) or _WEIGHT in item.stems for item in figures)
    return "lb" if word in _POUNDS and weighed and not of_money else _UNIT_OF[word]


def _is_a_name(token: Token, index: Index) -> bool:
    """`longer than 60 minutes`, where a column is called so."""
    return any(link.quality == "exact" for link in index.names.get((token.stem,), ()))


def unit_of_sign(token: Token) -> str:
    """The currency of `$500`, or nothing."""
    return _SIGNS.get(token.text[:1], "")


def is_of_another_unit(lattice: Lattice, plan: Plan) -> bool:
    """Whether some number is compared with what is in another unit: dollars with cents."""
    measured = [m for m in lattice.mentions if m.kind is Kind.NUMBER and m.measure]
    return bool(measured) and any(
        mention.number == number and (item is None or not _may_be_in(item, mention.measure))
        for mention in measured
        for item, number in _compared(plan)
    )


def _compared(plan: Plan) -> Iterator[tuple[Field | None, object]]:
    """Every column and number that are compared; None where it is a number of rows."""
    for condition in plan.conditions:
        if isinstance(condition, Compare):
            yield from ((condition.field, value) for value in condition.values)
    for having in plan.having:
        yield (None if having.term.aggregate == "count" else having.term.field), having.value


def is_told_by_its_unit(mention: Mention, item: Field) -> bool:
    """`fields over 30 hectares`, of which one column is in hectares."""
    return bool(mention.measure) and mention.measure in _units_of(item)


def _may_be_in(item: Field, unit: str) -> bool:
    units = _units_of(item)
    return unit in units if units else unit in _CURRENCIES and not _is_a_quantity(item)


def _is_a_quantity(item: Field) -> bool:
    """Whole numbers that nothing calls money: `stock`, `capacity`."""
    whole = item.column.kind is ColumnKind.INTEGER and item.metric is None
    return whole and item.column.unit is None and _OFTEN_MONEY.isdisjoint(item.stems)


def _units_of(item: Field) -> frozenset[str]:
    """What the name says that the column is in; `price_per_kg` is in no kilograms."""
    said = words.split_identifier(item.name)
    told = said[: said.index("per")] if "per" in said else said
    units = {_UNIT_OF[word] for word in told[-2:] if word in _UNIT_OF}
    return frozenset(units if _POUNDS.isdisjoint(told[-2:]) else units | {"lb"})


def _may_be_in_any_currency(item: Field) -> bool:
    return not _MONEY.isdisjoint(item.stems)
