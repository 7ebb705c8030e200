"""What could be asked next: questions that this data can answer, in words the parser knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from forerun.catalog.words import split_identifier
from forerun.domain import Catalog, Column, Kind, Rows, Statement, Table
from forerun.narrating.fields import is_identifier, plain_text, vocabulary, words_of

_MOST = 3
_MOST_GROUPS = 40
_NAMES = vocabulary("name title label")
_PARTS_OF_NAMES = vocabulary("first last middle given family")
_PREFIXES = vocabulary("dim fact fct tbl tab table vw view")
_AVERAGED = vocabulary(
    "price rate age score rating height weight margin discount length size ml cm kg per share "
    "duration capacity level percent"
)
_MONEY = vocabulary("revenue sales amount total turnover profit cost")
_AMOUNTS = vocabulary("quantity units count number volume")
_NOT_MEASURES = vocabulary(
    "year month quarter week day weekday hour latitude longitude lat long lng "
    "rank ranking position sequence"
)
_NO_PLURAL = vocabulary("data equipment info information media people personnel staff stuff")
_SAME_IN_BOTH = ("species", "series")
_PLURALS_IN_ES = ("ches", "shes", "sses", "xes")
_FILLERS = vocabulary("and are is of show the there what")
_ALIKE = (("(the )?(number|count) of", "how many"), ("(for )?each|by|for every", "per"))
_FEWEST_PER_GROUP = 2
"""Rows on average: where nearly every row is a group of its own, nothing is summed up."""


@dataclass(frozen=True, slots=True)
class _Material:
    """What the tables behind an answer offer to ask about."""

    subject: str
    groups: tuple[str, ...]
    measures: tuple[str, ...]
    dated: bool


def suggest(question: str, catalog: Catalog, statement: Statement, rows: Rows) -> tuple[str, ...]:
    """Up to three follow-up questions, from the keys, types and samples of the tables it read.

    None repeats the question, and groups that the result already shows come last.
    """
    tables = [table for key in sorted(statement.tables) if (table := catalog.table(key))]
    if not tables:
        return ()
    subject = max(tables, key=lambda table: (len(table.foreign_keys), table.rows or 0))
    material = _material(subject, catalog, _shown(question, rows))
    asked = _normal(question)
    fresh = [new for new in _questions(material) if _normal(new) != asked]
    return tuple(dict.fromkeys(fresh))[:_MOST]


def _questions(material: _Material) -> Iterator[str]:
    groups, measures = material.groups, material.measures
    if groups:
        yield f"How many {material.subject} are there per {groups[0]}?"
    if measures and len(groups) > 1:
        yield f"What is the {_total_or_average(measures[0])} per {groups[1]}?"
    if material.dated:
        what = _total_or_average(measures[0]) if measures else f"number of {material.subject}"
        yield f"What is the {what} per month?"
    if measures and groups:
        yield f"What is the {_total_or_average(measures[-1])} per {groups[0]}?"
    if len(groups) > 2:
        yield f"How many {material.subject} are there per {groups[2]}?"
    if not groups and not measures:
        yield f"How many {material.subject} are there?"


def _material(subject: Table, catalog: Catalog, shown: frozenset[str]) -> _Material:
    """Groups and measures of the subject and of the tables that its keys lead to."""
    near = [catalog.table(key.table) for key in subject.foreign_keys]
    tables = list({table.key: table for table in (subject, *near) if table is not None}.values())
    groups = [_spoken(column, table) for table in tables for column in _groups(table, subject.rows)]
    measures = [_spoken(column, subject) for column in subject.columns if _counts(column, subject)]
    name = _table_name(subject)
    groups = [group for group in dict.fromkeys(groups) if group != _singular(name)]
    return _Material(
        subject=_plural(name),
        groups=tuple(sorted(groups, key=lambda group: _in(group, shown))),
        measures=tuple(sorted(measures, key=lambda m: (_in(m, shown), _rank(m)))),
        dated=any(column.kind.is_temporal for column in subject.columns),
    )


def _groups(table: Table, rows: int | None) -> Iterable[Column]:
    """Columns of few values, as far as the samples tell, for so many rows to be grouped."""
    keys = _key_columns(table)
    most = _MOST_GROUPS if rows is None else min(_MOST_GROUPS, rows // _FEWEST_PER_GROUP)
    for column in table.columns:
        text = column.kind is Kind.TEXT and column.name not in keys
        few = column.samples_complete and 2 <= len(column.samples) <= most
        words = words_of(column.name)
        if text and few and not is_identifier(words) and not _is_part_of_a_name(words):
            yield column


def _is_part_of_a_name(words: Collection[str]) -> bool:
    """`first_name`: those of one first name have nothing in common."""
    return "name" in words and not _PARTS_OF_NAMES.isdisjoint(words)


def _counts(column: Column, table: Table) -> bool:
    words = words_of(column.name)
    if not column.kind.is_number or column.name in _key_columns(table):
        return False
    if column.type.lower() == "year" or _is_flag(column):
        return False
    return not is_identifier(words) and not _NOT_MEASURES.intersection(words)


def _is_flag(column: Column) -> bool:
    """Yes and no as 1 and 0."""
    return column.samples_complete and {*column.samples} <= {0, 1}


def _key_columns(table: Table) -> set[str]:
    foreign = (name for key in table.foreign_keys for name in key.columns)
    return {*table.primary_key, *foreign}


def _spoken(column: Column, table: Table) -> str:
    """`products.name` is spoken of as product, any other column by its own name."""
    words = split_identifier(column.name)
    if len(words) == 1 and words[0] in _NAMES:
        return _singular(_table_name(table))
    return plain_text(" ".join(words) or column.name, 60)


def _table_name(table: Table) -> str:
    words = split_identifier(table.name)
    kept = words[1:] if len(words) > 1 and words[0] in _PREFIXES else words
    return plain_text(" ".join(kept) or table.name, 60)


def _singular(name: str) -> str:
    if name.endswith(_SAME_IN_BOTH):
        return name
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(_PLURALS_IN_ES):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us")) else name


def _plural(name: str) -> str:
    """`track` of a table whose name is in the singular; the last word bears the ending."""
    last = name.rpartition(" ")[2]
    if last in _NO_PLURAL or last.endswith("s") or not last.isascii() or not last.isalpha():
        return name
    if last.endswith(("x", "ch", "sh", "z")):
        return f"{name}es"
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def _total_or_average(measure: str) -> str:
    if measure.startswith(("total ", "average ")):
        return measure
    averaged = _AVERAGED.intersection(measure.split())
    return f"{'average' if averaged else 'total'} {measure}"


def _rank(measure: str) -> int:
    """Money and amounts are asked about before anything else that can be counted."""
    words = measure.split()
    return 0 if _MONEY.intersection(words) else 1 if _AMOUNTS.intersection(words) else 2


def _shown(question: str, rows: Rows) -> frozenset[str]:
    names = [question, *(column.name for column in rows.columns)]
    return frozenset(_singular(word) for name in names for word in words_of(name))


def _in(name: str, shown: frozenset[str]) -> bool:
    return all(_singular(word) in shown for word in name.split())


def _normal(question: str) -> str:
    """`How many orders per region` asks what `How many orders are there per region?` asks, and
    what `number of orders by region` does.
    """
    question = question.lower()
    for phrase, alike in _ALIKE:
        question = re.sub(rf"\b(?:{phrase})\b", alike, question)
    return " ".join(_singular(word) for word in words_of(question) if word not in _FILLERS)
