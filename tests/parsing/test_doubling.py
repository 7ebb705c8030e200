"""Tables that a question speaks of twice: origin and destination, employees and their managers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import emission
from forerun.parsing.parser import indexed, parse, weights_for
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.reading import reading
from tests.parsing import league

SCRIPT = """
CREATE TABLE harbours (harbour_id INTEGER PRIMARY KEY, name TEXT, town TEXT);
CREATE TABLE ferries (ferry_id INTEGER PRIMARY KEY, origin_id INTEGER, destination_id INTEGER);
CREATE TABLE clerks (clerk_id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER);
INSERT INTO harbours VALUES (1, 'Old Quay', 'Skerry'), (2, 'New Quay', 'Holm'), (3, 'Pier', 'Voe');
INSERT INTO ferries VALUES (1, 1, 2), (2, 1, 2), (3, 2, 1), (4, 1, 3), (5, 3, 2);
INSERT INTO clerks VALUES (1, 'Ottilie', NULL), (2, 'Bertram', 1), (3, 'Cosima', 1), (4, 'Egon', 2);
"""
DATABASE = sqlite3.connect(":memory:")
DATABASE.executescript(SCRIPT)


def _column(table: str, name: str, kind: Kind) -> Column:
    rows = DATABASE.execute(f'SELECT DISTINCT "{name}" FROM {table}').fetchall()
    samples = tuple(value for (value,) in rows if value is not None)
    return Column(name, kind.value, kind, samples=samples, samples_complete=True)


def _table(name: str, columns: dict[str, Kind], keys: dict[str, str]) -> Table:
    told = tuple(_column(name, column, kind) for column, kind in columns.items())
    first = next(iter(columns))
    links = tuple(ForeignKey((mine,), other, (f"{other[:-1]}_id",)) for mine, other in keys.items())
    return Table(name, told, primary_key=(first,), foreign_keys=links, rows=5)


NUMBER, TEXT = Kind.INTEGER, Kind.TEXT
CATALOG = Catalog(
    "c",
    "sqlite",
    (
        _table("harbours", {"harbour_id": NUMBER, "name": TEXT, "town": TEXT}, {}),
        Table(
            "ferries",
            tuple(
                _column("ferries", name, NUMBER)
                for name in ("ferry_id", "origin_id", "destination_id")
            ),
            primary_key=("ferry_id",),
            foreign_keys=tuple(
                ForeignKey((name,), "harbours", ("harbour_id",))
                for name in ("origin_id", "destination_id")
            ),
            rows=5,
        ),
        _table(
            "clerks",
            {"clerk_id": NUMBER, "name": TEXT, "manager_id": NUMBER},
            {"manager_id": "clerks"},
        ),
    ),
)


def _plans(question: str) -> list[Plan]:
    index = indexed(CATALOG)
    _, candidates = propose(question, index, date(2026, 1, 1), weights_for(index))
    return [candidate.plan for candidate in candidates]


def _rows(plan: Plan) -> list[tuple[object, ...]]:
    return DATABASE.execute(emission.sql(plan, "sqlite")).fetchall()


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many ferries go from Skerry to Holm?", [(2,)]),
        ("names of clerks whose manager is Ottilie", [("Bertram",), ("Cosima",)]),
        ("name of the manager of the clerk Egon", [("Bertram",)]),
    ],
)
def test_a_table_may_be_joined_twice(question: str, rows: list[tuple[object, ...]]) -> None:
    """Some candidate has what only two rows of one table tell together."""
    twice = [plan for plan in _plans(question) if any(e.alias for e in plan.tree.entities)]
    assert any(sorted(_rows(plan)) == rows for plan in twice)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("clerks who report to Ottilie", [("Bertram",), ("Cosima",)]),
        ("names of the clerks reporting to Ottilie", [("Bertram",), ("Cosima",)]),
        ("How many clerks report to Ottilie?", [(2,)]),
        ("How many clerks are under Ottilie?", [(2,)]),
        ("How many clerks are named Ottilie?", [(1,)]),
    ],
)
def test_who_belongs_to_somebody_is_not_that_somebody(
    question: str, rows: list[tuple[object, ...]]
) -> None:
    """The clerk who was named is not the answer, and neither is that clerk's own manager."""
    assert sorted(_rows(_plans(question)[0])) == rows


def test_reporting_to_somebody_needs_no_word_of_the_catalog() -> None:
    """The join says it already, as "report" was known to."""
    question = "Who reports to Ottilie?"
    assert parse(question, CATALOG, datetime(2026, 1, 1, tzinfo=UTC)).unknown == ()
    assert sorted(_rows(_plans(question)[0])) == [("Bertram",), ("Cosima",)]


def test_from_and_to_go_with_the_keys_of_that_name() -> None:
    """Of the two ways round, the better one is from the origin to the destination."""
    twice = [
        plan
        for plan in _plans("How many ferries go from Skerry to Holm?")
        if any(e.alias for e in plan.tree.entities) and plan.select[0].aggregate == "count"
    ]
    assert _rows(twice[0]) == [(2,)]


def test_the_second_time_is_told_apart_in_words() -> None:
    """A reader sees which of the two is meant."""
    plans = _plans("How many ferries go from Skerry to Holm?")
    assert any("other harbours" in reading(plan) for plan in plans)


def test_the_second_time_has_a_name_of_its_own() -> None:
    """A table that is called `Other_Harbours` already is not joined under that name again."""
    taken = Table("Other_Harbours", (Column("pier_id", "INTEGER", NUMBER),))
    index = indexed(replace(CATALOG, tables=(*CATALOG.tables, taken)))
    harbours = next(entity for entity in index.entities if entity.key == "harbours")
    names = {entity.table.name.lower() for entity in index.entities}
    assert index.twin(harbours).alias.lower() not in names
    assert index.twin(harbours) is index.twin(harbours)


def test_of_two_keys_the_one_declared_first_comes_first() -> None:
    """Each pair of edges is told apart by its place, an edge before itself by none."""
    edges = indexed(CATALOG).edges
    assert len(edges) > 1
    for at, edge in enumerate(edges):
        assert [indexed(CATALOG).comes_first(edge, other) for other in edges] == [
            at < place for place in range(len(edges))
        ]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("players who earn more than their mentor", {("Ben",)}),
        ("players whose wage is lower than their mentor's", {("Cem",)}),
    ],
)
def test_a_figure_beside_that_of_who_is_referred_to(
    question: str, wanted: set[tuple[object, ...]]
) -> None:
    """A wage is compared with the mentor's wage, never with the number by which a mentor goes."""
    assert league.rows(question) == wanted


@pytest.mark.parametrize(
    "question", ["clerk id of all clerks who report to Ottilie", "clerks reporting to Ottilie"]
)
def test_whatever_is_asked_of_those_below_is_not_asked_of_the_one_above(question: str) -> None:
    """Also what is no name: those below are 2 and 3."""
    best = _plans(question)[0]
    found = {row[0] for row in _rows(best)}
    assert found in ({2, 3}, {"Bertram", "Cosima"})


UNDECLARED = Catalog(
    "u",
    "sqlite",
    tuple(replace(table, foreign_keys=()) for table in CATALOG.tables),
)


def test_a_key_to_the_own_table_need_not_be_declared() -> None:
    """`manager_id` of clerks, holding keys of clerks, is that of another clerk."""
    index = indexed(UNDECLARED)
    edges = [edge for edge in index.edges if edge.one is edge.many]
    assert [edge.pairs[0][0].name for edge in edges] == ["manager_id"]


def test_the_row_of_the_one_above_is_never_the_answer() -> None:
    """Where nothing says who reports to whom, it is asked back."""
    clerks = CATALOG.tables[-1]
    alone = replace(clerks, columns=clerks.columns[:2], foreign_keys=())
    best = parse(
        "names of clerks who report to Ottilie",
        Catalog("a", "sqlite", (alone,)),
        datetime(2026, 1, 1, tzinfo=UTC),
    ).drafts
    assert not best or best[0].confidence < 0.6


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("which manager has the most clerks", {("Ottilie",)}),
        ("number of clerks per manager", {("Ottilie", 2), ("Bertram", 1)}),
    ],
)
def test_who_leads_others_goes_by_name(question: str, wanted: set[tuple[object, ...]]) -> None:
    """Not by a number, which nobody asked for."""
    assert set(_rows(_plans(question)[0])) == wanted


def test_who_leads_others_goes_by_number_where_it_is_asked_for() -> None:
    """`manager id` says so."""
    assert set(_rows(_plans("number of clerks for each manager id")[0])) == {(1, 2), (2, 1)}


def test_what_else_is_said_is_said_of_those_below() -> None:
    """Who has the mentor Ada and earns more than 500 earns it, whatever Ada earns."""
    assert league.rows("players who report to Ada and whose wage is over 500") == {("Ben",)}
