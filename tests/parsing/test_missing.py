"""What is denied, missing or left out: said of flags, of statuses, of what is compared with."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import emission, lattice, varying
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.proposing import propose
from tests.parsing import shop

SCRIPT = """
CREATE TABLE nurses (nurse_id INTEGER PRIMARY KEY, name TEXT, job TEXT, registered INTEGER);
CREATE TABLE shifts (
    shift_id INTEGER PRIMARY KEY, nurse_id INTEGER, ward TEXT, paid INTEGER, start_date TEXT
);
CREATE TABLE parcels (parcel_id INTEGER PRIMARY KEY, status TEXT, weight INTEGER);
INSERT INTO nurses VALUES (1, 'Ann', 'head', 1), (2, 'Bea', 'aide', 0), (3, 'Cleo', 'aide', 1);
INSERT INTO shifts VALUES (1, 1, 'East', 1, '2025-03-01'), (2, 2, 'East', 0, '2025-04-01'),
    (3, 2, 'West', 1, '2025-04-02');
INSERT INTO parcels VALUES (1, 'missing', 3), (2, 'empty', NULL), (3, 'sent', NULL),
    (4, 'unknown', 5);
"""
DATABASE = sqlite3.connect(":memory:")
DATABASE.executescript(SCRIPT)
TODAY = date(2026, 1, 1)


def _table(name: str, *keys: ForeignKey) -> Table:
    told = DATABASE.execute(f"SELECT name, type, pk FROM pragma_table_info('{name}')").fetchall()
    columns = []
    for column, kind, _ in told:
        rows = DATABASE.execute(f"SELECT DISTINCT {column} FROM {name}").fetchall()
        samples = tuple(value for (value,) in rows if value is not None)
        columns.append(
            Column(column, kind, Kind(kind.lower()), samples=samples, samples_complete=True)
        )
    primary = tuple(column for column, _, key in told if key)
    return Table(name, tuple(columns), primary_key=primary, foreign_keys=keys, rows=3)


CATALOG = Catalog(
    "c",
    "sqlite",
    (
        _table("nurses"),
        _table("shifts", ForeignKey(("nurse_id",), "nurses", ("nurse_id",))),
        _table("parcels"),
    ),
)


def _plans(question: str) -> list[Plan]:
    index = indexed(CATALOG)
    plans = [c.plan for c in propose(question, index, TODAY, weights_for(index))[1]]
    assert plans
    return plans


def _rows(plan: Plan) -> set[tuple[object, ...]]:
    return set(DATABASE.execute(emission.sql(plan, "sqlite")).fetchall())


@pytest.mark.parametrize(
    "question",
    ["jobs of nurses that are not registered", "names of nurses that are not registered"],
)
def test_what_is_denied_of_a_row_is_denied_once(question: str) -> None:
    """None of the sets takes away who is not registered, which would leave who is."""
    plans = _plans(question)
    assert any(_rows(plan) in ({("aide",)}, {("Bea",)}) for plan in plans)
    assert not any(plan.setop is not None and plan.setop.kind == "except" for plan in plans)


def test_what_is_denied_of_a_partner_is_denied_once() -> None:
    """`shifts not paid`: no plan asks for nurses that have no such shift."""
    plans = _plans("nurses with shifts that are not paid")
    assert any(_rows(plan) == {("Bea",)} for plan in plans)
    assert not any(semi.negated and semi.where for plan in plans for semi in plan.semis)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many parcels are missing?", 1),
        ("How many parcels are not missing?", 3),
        ("How many parcels are unknown?", 1),
        ("How many parcels have a status that is empty?", 1),
    ],
)
def test_a_status_of_that_name_is_that_status(question: str, number: int) -> None:
    """Where "missing" is stored, it says that and not that there is no value."""
    best = parsing.parse(question, CATALOG, shop.NOW).drafts[0]
    assert DATABASE.execute(best.sql).fetchall() == [(number,)], best.sql


def test_what_else_is_missing_has_no_value() -> None:
    """Said right after a column that holds no such value, the word is the cue that it was."""
    found = lattice.build("parcels whose weight is missing", indexed(CATALOG), TODAY)
    assert "missing" in found.tags
    assert "missing" not in lattice.build("missing parcels", indexed(CATALOG), TODAY).tags


def test_a_text_is_no_day() -> None:
    """A mere name is not compared with dates; a day in quotation marks is."""
    day = [c for plan in _plans('shifts with start date "2025-04-01"') for c in plan.conditions]
    assert any(isinstance(c, Compare) and c.field.name == "start_date" for c in day)
    named = [c for plan in _plans('shifts with start date "March"') for c in plan.conditions]
    assert not any(isinstance(c, Compare) and c.field.name == "start_date" for c in named)


def test_an_unanswered_comparison_is_no_answer() -> None:
    """`than any` is not left out silently."""
    for draft in shop.parsed("products older than any Rivet").drafts:
        assert "(SELECT" in draft.sql or draft.confidence < 0.5, draft.sql


def test_no_partner_is_asked_for_and_denied() -> None:
    """A shift in East that is paid is a shift in East: not both with the one and without any."""
    plan = next(p for p in _plans("nurses with shifts in East") if p.semis and p.semis[0].where)
    (semi,) = plan.semis
    paid = next(item for item in semi.edge.many.fields if item.name == "paid")
    narrower = replace(semi, where=(*semi.where, (Compare(paid, "=", (1,)),)))
    (denied,) = varying.denied(replace(plan, semis=(semi, narrower)))
    assert [found.negated for found in denied.semis] == [False, True]
    assert denied.semis[0].where == semi.where


@pytest.mark.parametrize("opening", ["products", "list names of products"])
def test_a_direction_is_said_of_the_column_before_it(opening: str) -> None:
    """The second column keeps its own, also where only `by` says that it is an order."""
    sql = shop.parsed(f"{opening} by price descending, name ascending").drafts[0].sql
    assert sql.endswith("ORDER BY price DESC, name ASC")


def test_a_title_is_not_the_highest_by_what_nobody_said() -> None:
    """Neither the last of the alphabet nor the one that most have is answered."""
    assert shop.parsed("the highest job title").drafts[0].confidence < parsing.Thresholds().answer


@pytest.mark.parametrize("question", ["amount in 2023 compared to 2025", "the largest brand"])
def test_what_nobody_means_is_no_answer(question: str) -> None:
    """No day lies in two years, and the last of the alphabet is not the largest."""
    best = shop.parsed(question).drafts[0]
    assert "MAX(" in best.sql or best.sql.count(">=") > 1
    assert best.confidence < 0.5, best.sql


def test_the_maximum_of_a_text_may_be_asked_for() -> None:
    """Who says so in so many words gets it, and one period is inside the other."""
    assert shop.parsed("What is the maximum brand?").drafts[0].confidence > 0.5
    within = shop.parsed("number of orders in 2024 and in March 2024").drafts[0]
    assert within.confidence > 0.5


def test_a_negation_is_not_left_out_silently() -> None:
    """ "Have no orders" is never answered with those that have some."""
    for draft in shop.parsed("How many customers have no orders in 2024?").drafts:
        assert "NOT" in draft.sql or draft.confidence <= 0.2, draft.sql
