"""What is counted where a kind or a yes is said: rows, not names of kinds, not yes and no."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Term
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing import shop

ANSWER = parsing.Thresholds().answer
TABLES = {
    "species": "id INTEGER PRIMARY KEY, name TEXT",
    "owners": "id INTEGER PRIMARY KEY, name TEXT, city TEXT",
    "pets": "id INTEGER PRIMARY KEY, name TEXT, species_id INTEGER, owner_id INTEGER",
    "visits": "id INTEGER PRIMARY KEY, pet_id INTEGER, fee REAL, is_emergency INTEGER",
    "donations": "id INTEGER PRIMARY KEY, amount INTEGER, anonymous INTEGER, owner_id INTEGER",
}
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "species": [(1, "Dog"), (2, "Cat"), (3, "Rabbit")],
    "owners": [(1, "Ann", "Ashford"), (2, "Bo", "Dunley"), (3, "Cy", "Dunley")],
    "pets": [
        (1, "Rex", 1, 1),
        (2, "Tom", 2, 1),
        (3, "Bella", 1, 2),
        (4, "Hop", 3, 3),
        (5, "Flo", 3, 2),
    ],
    "visits": [(1, 1, 50.0, 1), (2, 1, 40.0, 0), (3, 3, 60.0, 1), (4, 4, 20.0, 0)],
    "donations": [(1, 10, 1, 1), (2, 20, 0, 2), (3, 30, 1, 3), (4, 40, 1, 3), (5, 50, 0, 1)],
}
KEYS = {
    "pets": {"species_id": "species", "owner_id": "owners"},
    "visits": {"pet_id": "pets"},
    "donations": {"owner_id": "owners"},
}
DATABASE = sqlite3.connect(":memory:")
for _name, _columns in TABLES.items():
    DATABASE.execute(f"CREATE TABLE {_name} ({_columns})")
    _marks = ", ".join("?" * len(ROWS[_name][0]))
    DATABASE.executemany(f"INSERT INTO {_name} VALUES ({_marks})", ROWS[_name])


def _table(name: str) -> Table:
    columns = []
    for at, told in enumerate(TABLES[name].split(", ")):
        column, kind = told.split()[:2]
        samples = tuple(dict.fromkeys(row[at] for row in ROWS[name]))
        known = {"INTEGER": Kind.INTEGER, "TEXT": Kind.TEXT, "REAL": Kind.FLOAT}[kind]
        columns.append(Column(column, kind, known, samples=samples, samples_complete=True))
    keys = KEYS.get(name, {}).items()
    return Table(
        name,
        tuple(columns),
        primary_key=("id",),
        foreign_keys=tuple(ForeignKey((mine,), other, ("id",)) for mine, other in keys),
        rows=len(ROWS[name]),
    )


CATALOG = Catalog("vet", "sqlite", tuple(map(_table, TABLES)))


def _best(question: str, catalog: Catalog = CATALOG) -> Draft:
    return parsing.parse(question, catalog, shop.NOW).drafts[0]


def _rows(draft: Draft) -> list[tuple[object, ...]]:
    return sorted(DATABASE.execute(draft.sql).fetchall())


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many dogs do we have?", [(2,)]),
        ("How many cats and dogs are there?", [(3,)]),
        ("count the rabbits", [(2,)]),
        ("number of dogs by city", [("Ashford", 1), ("Dunley", 1)]),
        ("list all dogs", [("Bella",), ("Rex",)]),
        ("list dogs and cats", [("Bella",), ("Rex",), ("Tom",)]),
        ("show the names of dogs", [("Bella",), ("Rex",)]),
    ],
)
def test_a_kind_stands_for_its_rows(question: str, rows: list[tuple[object, ...]]) -> None:
    """Dogs are pets: that one species is called so is known before anybody looks."""
    best = _best(question)
    assert _rows(best) == rows
    assert "number_of_species" not in best.sql


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many species do we have?", [(3,)]),
        ("How many species are called Dog?", [(1,)]),
        ("Which species is called Dog?", [("Dog",)]),
    ],
)
def test_a_look_up_table_that_is_named_is_meant(
    question: str, rows: list[tuple[object, ...]]
) -> None:
    """Whoever speaks of species hears of species."""
    assert _rows(_best(question)) == rows


@pytest.mark.parametrize(
    "question", ["number of dogs by species", "how many dogs and how many cats are there?"]
)
def test_a_number_known_beforehand_or_one_for_two_is_asked_about(question: str) -> None:
    """One species is called so, and dogs and cats together are neither of the two numbers."""
    assert _best(question).confidence < ANSWER


def test_of_several_tables_that_may_be_meant_none_is_answered_with() -> None:
    """Toys for dogs are no pets; both are among the choices."""
    toys = Table(
        "toys",
        (Column("id", "INTEGER", Kind.INTEGER), Column("species_id", "INTEGER", Kind.INTEGER)),
        primary_key=("id",),
        foreign_keys=(ForeignKey(("species_id",), "species", ("id",)),),
        rows=5,
    )
    catalog = replace(CATALOG, tables=(*CATALOG.tables, toys))
    parsed = parsing.parse("How many dogs do we have?", catalog, shop.NOW)
    assert parsed.drafts[0].confidence < ANSWER
    shown = {
        word for draft in parsed.drafts for word in draft.sql.split() if word in ("pets", "toys")
    }
    assert shown == {"pets", "toys"}
    assert _best("How many toys for dogs do we have?", catalog).sql.count("FROM toys") == 1


def test_somebodys_name_is_no_kind() -> None:
    """ "How many Bos" is asked back about, not answered with what belongs to Bo."""
    assert _best("How many Bo do we have?").confidence < ANSWER


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many anonymous donations are there?", 3),
        ("How many donations are anonymous?", 3),
        ("How many are anonymous?", 3),
        ("number of emergency visits", 2),
        ("average fee of emergency visits", 55),
        ("How many different values of anonymous are there?", 2),
    ],
)
def test_a_yes_or_no_says_which_rows(question: str, number: int) -> None:
    """Its values are counted only where they are spoken of."""
    assert _rows(_best(question)) == [(number,)]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many donations are not anonymous?", 2),
        ("total amount of donations that are not anonymous", 70),
        ("number of non-anonymous donations", 2),
        ("How many visits are not an emergency?", 2),
    ],
)
def test_a_column_that_says_no_is_a_negation(question: str, number: int) -> None:
    """What is not so is answered, where a column says that it is not."""
    best = _best(question)
    assert _rows(best) == [(number,)]
    assert best.confidence >= ANSWER


def test_where_only_yes_is_stored_no_value_is_a_no() -> None:
    """A mark that is set or missing: what is not marked has no value."""
    donations = _table("donations")
    marked = replace(donations.columns[2], samples=(1,))
    columns = (*donations.columns[:2], marked, *donations.columns[3:])
    catalog = CATALOG.with_tables([replace(donations, columns=columns)])
    asked = "How many donations are not anonymous?"
    assert "anonymous IS NULL" in parsing.parse(asked, catalog, shop.NOW).drafts[0].sql
    filled = replace(donations, columns=(*columns[:2], replace(marked, nullable=False)))
    catalog = CATALOG.with_tables([filled])
    assert "anonymous = 0" in parsing.parse(asked, catalog, shop.NOW).drafts[0].sql


@pytest.mark.parametrize(
    "question",
    [
        "How many non-anonymous donations are there?",
        "number of non-anonymous donations",
        "How many donations are not anonymous in 2024?",
        "How many donations were not anonymous in 2024?",
    ],
)
def test_a_missing_mark_is_a_no_however_it_is_asked(question: str) -> None:
    """Also where rows are counted in the same breath, and a year is no mark."""
    donations = _table("donations")
    marked = replace(donations.columns[2], samples=(1,))
    given = Column("given_on", "DATE", Kind.DATE)
    columns = (*donations.columns[:2], marked, *donations.columns[3:], given)
    catalog = CATALOG.with_tables([replace(donations, columns=columns)])
    best = _best(question, catalog)
    assert "anonymous IS NULL" in best.sql
    assert ("2024" in question) is ("given_on >= DATE('2024-01-01')" in best.sql)


def test_a_yes_before_its_table_is_listed_by() -> None:
    """The rows with yes, not the column."""
    assert _rows(_best("list anonymous donations")) == [(1,), (3,), (4,)]


@pytest.mark.parametrize("question", ["How many anonymous donations are there?", "count anonymous"])
def test_yes_and_no_are_never_counted_unasked(question: str) -> None:
    """No reading counts the two values that a column of yes and no can have."""
    drafts = parsing.parse(question, CATALOG, shop.NOW).drafts
    assert not any("COUNT(DISTINCT anonymous)" in draft.sql for draft in drafts)


@pytest.mark.parametrize(
    ("question", "vetoed"),
    [("How many are anonymous?", True), ("How many different values of anonymous?", False)],
)
def test_a_plan_that_counts_yes_and_no_is_vetoed(question: str, vetoed: bool) -> None:
    """However it came about: a change of an earlier question makes plans of its own."""
    index = indexed(CATALOG)
    lattice, candidates = propose(question, index, shop.NOW.date(), weights_for(index))
    donations = next(entity for entity in index.entities if entity.key == "donations")
    counted = Term(donations.named("anonymous"), donations, "count", distinct=True)
    plan = replace(candidates[0].plan, select=(counted,), where=())
    found = {veto.name for veto in vetoes(lattice, replace(candidates[0], plan=plan))}
    assert ("counts-yes-and-no" in found) is vetoed
