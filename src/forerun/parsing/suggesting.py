"""A first guess at what a team would write down of its database, by the parser's own lights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from forerun.catalog import words
from forerun.domain import Catalog, Column, ColumnKnowledge, Knowledge, Metric, Table
from forerun.domain import TableKnowledge as Told
from forerun.parsing.happenings import may_tell_when, usual
from forerun.parsing.index import build
from forerun.parsing.plans import Term
from forerun.parsing.schema import Entity, Field, Meaning

_LONGEST_TEXT = 4_000
_LONGEST_NAME = 6
_SECRETS = "password passwd pwd passphrase secret token hash salt ssn iban cvv cvc otp apikey"
_SECRET = frozenset(map(words.stem, _SECRETS.split()))
_SECRET_PAIRS = frozenset(
    tuple(map(words.stem, pair))
    for pair in (("api", "key"), ("private", "key"), ("card", "number"), ("security", "number"))
)
_CURRENCIES = "eur usd gbp chf jpy cny inr cad aud sek nok dkk pln czk brl"
_UNITS = {code: code.upper() for code in _CURRENCIES.split()} | {
    "kg": "kg", "lb": "lb", "lbs": "lb", "km": "km", "cm": "cm", "mm": "mm", "ml": "ml",
    "kwh": "kWh", "percent": "%", "pct": "%", "ms": "ms", "seconds": "s", "secs": "s",
    "minutes": "min", "hours": "h", "hrs": "h", "days": "days",
}  # fmt: skip


def suggest(catalog: Catalog) -> Knowledge:
    """Descriptions, display and time columns, units, sums, and what had better be hidden."""
    tables = [table for table in catalog.tables if catalog.table(table.key) is table]
    open_ = replace(catalog, tables=tuple(map(_without_secrets, tables)))
    index = build(open_)
    by_key = {entity.key: entity for entity in index.entities}
    told = {table.key: _table(table, by_key[table.key]) for table in tables}
    metrics = _metrics(index.entities, catalog.dialect)
    return Knowledge({key: known for key, known in told.items() if known != Told()}, metrics)


def _without_secrets(table: Table) -> Table:
    return replace(table, columns=tuple(c for c in table.columns if not _is_secret(c, table)))


def _is_secret(column: Column, table: Table) -> bool:
    """Named like something that nobody should see, and no key."""
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    stems = words.stems(column.name)
    pairs = {stems[at : at + 2] for at in range(len(stems))}
    named = bool(_SECRET & set(stems) or _SECRET_PAIRS & pairs)
    return named and column.name not in keys and table.column(column.name) is column


def _table(table: Table, entity: Entity) -> Told:
    display = tuple(item.name for item in entity.display if item.meaning is not Meaning.KEY)
    columns = {
        column.name: known
        for column in table.columns
        if table.column(column.name) is column  # names that differ in case only are left alone
        and (known := _column(column, table, entity)) != ColumnKnowledge()
    }
    return Told(_text(table.comment), _synonyms(table.name), _time(entity), display, columns)


def _column(column: Column, table: Table, entity: Entity) -> ColumnKnowledge:
    if _is_secret(column, table):
        return ColumnKnowledge(hidden=True)
    item = entity.named(column.name)
    unit = _unit(item) if item is not None else None
    name = (
        re.sub(r"[\W_]*[^\W_]+$", "", column.name) if unit else column.name
    )  # the unit's own word
    return ColumnKnowledge(_text(column.comment), _synonyms(name), unit)


def _text(comment: str | None) -> str | None:
    return (comment or "").strip()[:_LONGEST_TEXT].strip() or None


def _synonyms(name: str) -> tuple[str, ...]:
    """The name in words, where it has abbreviations that people say in full."""
    said = words.split_identifier(name)
    spelt = re.sub(r"[\W_]", "", name).lower()
    if "".join(said) == spelt or not 0 < len(said) <= _LONGEST_NAME:
        return ()
    return (" ".join(said),)


def _time(entity: Entity) -> str | None:
    """The usual date, else the first of a table that may tell when its rows happened."""
    dates = (item for item in entity.fields if item.meaning is Meaning.DATE)
    likely = (item for item in dates if may_tell_when(item))
    item = usual(entity) or next(likely, None)
    return item.name if item is not None and item.meaning is Meaning.DATE else None


def _unit(item: Field) -> str | None:
    """From the end of the name: `price_eur`, `weight_kg`."""
    said = words.split_identifier(item.name)
    if len(said) < 2 or item.meaning is not Meaning.MEASURE:
        return None
    return _UNITS.get(said[-1])


def _metrics(entities: list[Entity], dialect: str) -> tuple[Metric, ...]:
    """The sum of every column that means something when summed."""
    summed = [item for e in entities for item in e.fields if _is_summed(item)]
    metrics: dict[tuple[str, ...], Metric] = {}
    for item in summed:
        name = next((n for n in _called(item) if words.stems(n) not in metrics), None)
        if name is not None:
            sql = _sum(item, dialect)
            metrics[words.stems(name)] = Metric(name, item.entity.key, sql)
    return tuple(metrics.values())


def _is_summed(item: Field) -> bool:
    unmistakable = item.entity.named(item.name) is item
    return item.is_additive and item.column.kind.is_number and unmistakable


def _called(item: Field) -> Iterator[str]:
    """`total amount`; where another table's sum is called so, `total order lines amount`."""
    column, table = (words.split_identifier(name) for name in (item.name, item.entity.table.name))
    bare = column[1:] if column[0] == "total" and len(column) > 1 else column
    for said in (("total", *bare), ("total", *table, *bare)):
        if len(said) <= _LONGEST_NAME:
            yield " ".join(said)


def _sum(item: Field, dialect: str) -> str:
    from forerun.parsing.emission import Emission  # loads sqlglot

    term = Term(item, item.entity, "sum")
    return Emission(dialect).term(term, qualified=False).sql(dialect=dialect)
