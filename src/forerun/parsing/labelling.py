"""What the columns of a result are called: `total_price`, `number_of_books`, no two the same."""

from __future__ import annotations

from collections.abc import Iterable

from forerun.catalog import words
from forerun.parsing.plans import Plan, Term
from forerun.parsing.schema import Field

_LABELS = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}
_OF = {**_LABELS, "sum": "sum"}


def label(term: Term, among: tuple[Term, ...]) -> str | None:
    """`total_revenue`, `number_of_customers`: a name that a reader of the rows understands.

    None where the column's own will do. Where the short name is that of another column as well, it
    is a longer one.
    """
    if term.unit:
        return term.unit
    if term.aggregate is None:
        own = term.field.name if term.field and term.field.elapsed else None
        return _told_apart(term, among) or own
    short = _short(term)
    others = (other for other in among if other != term)
    taken = {_short(other) if other.aggregate else _own(other) for other in others}
    return long_label(term) if short in taken else short


def long_label(term: Term) -> str:
    """The name of an aggregate that is no column's: `sum_of_total_price`."""
    name = term.field.name if term.field else term.entity.table.name
    short = _short(term)
    if term.part is not None or term.per is not None or (term.field and term.field.metric):
        return short
    if term.aggregate == "count" and term.field is not None:
        return _plain(f"number_of_different_{name}")
    return _plain(f"{_OF[term.aggregate]}_of_{name}") if term.aggregate in _OF else short


def shadows(plan: Plan) -> bool:
    """Whether a made name is that of a stored column, so that columns must say whose they are."""
    stored = {item.name.lower() for entity in plan.tree.entities for item in entity.fields}
    made = (_short(term) for term in plan.select if term.aggregate)
    return not stored.isdisjoint(made)


def _short(term: Term) -> str:
    if term.part is not None or term.per is not None:
        return "ratio" if term.per else "percentage"
    item = term.field
    name = _plain(item.name if item else term.entity.table.name)
    if item is not None and item.metric is not None:
        return name
    if term.aggregate in _LABELS:
        made = _LABELS[term.aggregate]
        return name if name.startswith(f"{made}_") else f"{made}_{name}"
    if item is None or item in term.entity.primary:
        return _plain(f"number_of_{term.entity.table.name}")
    return _plain(f"number_of_{_referred_to(item) or f'different_{name}'}")


def _referred_to(item: Field) -> str | None:
    """The table whose rows a key tells apart, if it goes by its name: of `book_id` the books."""
    keys = item.entity.table.foreign_keys
    tables = [key.table.rsplit(".", 1)[-1] for key in keys if key.columns == (item.name,)]
    if len(tables) != 1 or len(item.stems) < _NAME_AND_ID:
        return None
    *_, said = words.split_identifier(tables[0]) or [""]
    return tables[0] if words.stem(said) == item.stems[-_NAME_AND_ID] else None


_NAME_AND_ID = 2


def _own(term: Term) -> str:
    return _plain(term.field.name if term.field else term.entity.table.name)


def _told_apart(term: Term, among: Iterable[Term]) -> str | None:
    """`stores_name` where the names of two tables stand side by side."""
    names = [other.field.name.lower() for other in among if other.field and not other.aggregate]
    if term.field is None or names.count(term.field.name.lower()) < 2:
        return None
    return _plain(f"{term.entity.table.name}_{term.field.name}")


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_")
