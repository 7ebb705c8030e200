"""What is counted or added up: nothing that is one by its nature, nothing twice, no other thing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import parser, proposing, ranking
from forerun.parsing.index import Index
from forerun.parsing.plans import Plan
from forerun.parsing.vetoing import vetoes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _key(name: str) -> Column:
    return Column(name, "INTEGER", Kind.INTEGER, nullable=False)


def _text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=True)


def _points(column: str, table: str) -> ForeignKey:
    return ForeignKey((column,), table, (column,))


def _pool() -> Index:
    """Trainers who give courses together; boats that are rented, and what was lent."""
    trainers = Table(
        "trainers",
        (_key("trainer_id"), _text("name", "Ann", "Bo"), _text("country", "Chile", "Peru")),
        primary_key=("trainer_id",),
        rows=40,
    )
    courses = Table(
        "courses",
        (_key("course_id"), _text("title", "Crawl", "Diving"), Column("fee", "REAL", Kind.FLOAT)),
        primary_key=("course_id",),
        rows=2,
    )
    given = Table(
        "course_trainers",
        (_key("course_id"), _key("trainer_id")),
        primary_key=("course_id", "trainer_id"),
        foreign_keys=(_points("course_id", "courses"), _points("trainer_id", "trainers")),
        rows=90,
    )
    swimmers = Table(
        "swimmers",
        (
            _key("swimmer_id"),
            *(_text("title", "Nurse"), _text("given_name", "Al"), _text("family_name", "Fox")),
            Column("birth_date", "DATE", Kind.DATE, nullable=False),
        ),
        primary_key=("swimmer_id",),
        rows=70,
    )
    boats = Table(
        "boats",
        (_key("boat_id"), _text("condition", "free", "rented", "sunk")),
        primary_key=("boat_id",),
        rows=30,
    )
    rentals = Table(
        "rentals",
        (_key("rental_id"), _key("boat_id"), _key("swimmer_id")),
        primary_key=("rental_id",),
        foreign_keys=(_points("boat_id", "boats"), _points("swimmer_id", "swimmers")),
        rows=300,
    )
    tables = (trainers, courses, given, swimmers, boats, rentals)
    return parser.indexed(Catalog("pool", "sqlite", tables))


POOL = _pool()


def _plans(question: str) -> list[Plan]:
    _, candidates = proposing.propose(question, POOL, NOW.date(), ranking.weights())
    return [candidate.plan for candidate in candidates]


def _tables(plan: Plan) -> set[str]:
    return {entity.key for entity in plan.tree.entities}


def _ranked_by_their_own_number(plans: list[Plan]) -> Iterator[Plan]:
    for plan in plans:
        if plan.group and _tables(plan) == {"courses"}:
            yield from (plan for order in plan.order if order.term.aggregate == "count")


def test_rows_are_not_counted_by_their_own_key_or_name() -> None:
    """Each course is there once, so that none is there most often: its trainers are counted."""
    plans = _plans("Which course is given most often?")
    assert any("course_trainers" in _tables(plan) and plan.order for plan in plans)
    assert not list(_ranked_by_their_own_number(plans))


@pytest.mark.parametrize(
    ("question", "adds_up"), [("total fee by trainer", True), ("total fee by country", False)]
)
def test_over_a_bridge_sums_are_by_who_is_on_its_other_side(question: str, adds_up: bool) -> None:
    """A course of two trainers counts once for each, but twice for the country of both."""
    added = [
        plan
        for plan in _plans(question)
        if plan.group and any(term.aggregate == "sum" for term in plan.select)
    ]
    assert any("course_trainers" in _tables(plan) for plan in added) is adds_up


@pytest.mark.parametrize(
    ("question", "shown"),
    [("list the courses", ["title"]), ("list the swimmers", ["given_name", "family_name"])],
)
def test_rows_are_shown_by_what_they_are_called(question: str, shown: list[str]) -> None:
    """By their title, or by both halves of their name however these are called."""
    best = _plans(question)[0]
    assert [term.field.name for term in best.select if term.field] == shown


@pytest.mark.parametrize(
    ("question", "vetoed"),
    [
        ("How many swimmers have never rented?", True),
        ("swimmers who never rented", True),
        ("How many boats are rented?", False),
        ("How many rentals are of rented boats?", False),
    ],
)
def test_what_was_done_is_not_how_things_are_now(question: str, vetoed: bool) -> None:
    """Who never rented has no rentals; that the boats are not rented now says nothing of it."""
    lattice, candidates = proposing.propose(question, POOL, NOW.date(), ranking.weights())
    of_state = [
        c for c in candidates if any(x.field.name == "condition" for x in c.plan.conditions)
    ]
    named = [{veto.name for veto in vetoes(lattice, candidate)} for candidate in of_state]
    assert named
    assert ("state-for-deed" in named[0]) is vetoed


def test_the_oldest_of_some_is_not_the_oldest_of_all() -> None:
    """A word between the superlative and its noun that nothing explains may not be left out."""
    question = "Who is the oldest living swimmer?"
    lattice, candidates = proposing.propose(question, POOL, NOW.date(), ranking.weights())
    assert "unknown-word" in {veto.name for veto in vetoes(lattice, candidates[0])}
