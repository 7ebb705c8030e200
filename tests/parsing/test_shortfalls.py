"""Readings that give back less than was asked are vetoed, those that give it are not."""

from __future__ import annotations

from datetime import date

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import emission
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing import shop

KEEPERS = Table(
    "keepers",
    (
        Column("keeper_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("name", "TEXT", Kind.TEXT, samples=("Ann", "Bo", "Cy"), samples_complete=True),
        Column("age", "INTEGER", Kind.INTEGER, samples=(30, 41, 52), samples_complete=True),
    ),
    primary_key=("keeper_id",),
    rows=3,
)
ANIMALS = Table(
    "animals",
    (
        Column("animal_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("species", "TEXT", Kind.TEXT, samples=("otter", "lynx"), samples_complete=True),
        Column("weight", "INTEGER", Kind.INTEGER, samples=(4, 8, 9), samples_complete=True),
        Column("keeper_id", "INTEGER", Kind.INTEGER, nullable=False),
    ),
    primary_key=("animal_id",),
    foreign_keys=(ForeignKey(("keeper_id",), "keepers", ("keeper_id",)),),
    rows=3,
)
VISITS = Table(
    "visits",
    (
        Column("month", "TEXT", Kind.TEXT, samples=("May", "June", "July"), samples_complete=True),
        Column("visitors", "INTEGER", Kind.INTEGER, samples=(10, 20, 30), samples_complete=True),
    ),
    rows=3,
)
DIETS = Table(
    "ref_diets",
    (
        Column("diet_code", "TEXT", Kind.TEXT, samples=("F", "M"), samples_complete=True),
        Column("details", "TEXT", Kind.TEXT, samples=("fish", "meat"), samples_complete=True),
    ),
    primary_key=("diet_code",),
    rows=2,
)
ZOO = indexed(Catalog("zoo", "sqlite", (KEEPERS, ANIMALS, VISITS, DIETS)))


def _vetoes(question: str) -> dict[str, set[str]]:
    """Names of the vetoes of every candidate, by its place and what it shows."""
    lattice, candidates = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    assert candidates
    return {
        f"{rank} " + ", ".join(_told(term) for term in candidate.plan.select): {
            veto.name for veto in vetoes(lattice, candidate)
        }
        for rank, candidate in enumerate(candidates)
    }


def _told(term: object) -> str:
    field, aggregate = getattr(term, "field", None), getattr(term, "aggregate", None)
    return f"{aggregate or ''} {field.column.name if field else '*'}".strip()


def _best(question: str) -> set[str]:
    return next(iter(_vetoes(question).values()))


@pytest.mark.parametrize(
    ("question", "veto"),
    [
        ("Where is the oldest keeper from?", "no-place"),
        ("When did the oldest keeper start?", "no-time"),
        ("How many visitors were there in each month, ordered by the month?", "calendar-as-text"),
        ("What are the names of the stuffed animals?", "unknown-word"),
        ("How many stuffed animals are there?", "unknown-word"),
        ("How many animals are adopted?", "unknown-word"),
        ("How many animals have escaped?", "unknown-word"),
        ("Average weight of animals dissected", "unknown-word"),
        ("How many fish are there?", "known-number"),
    ],
)
def test_what_falls_short_is_vetoed(question: str, veto: str) -> None:
    """The best reading shows no place, no time, months by the alphabet, or all of some; or it
    counts the one row that is called so in a list of kinds.
    """
    assert veto in _best(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the oldest keeper?",
        "How many keepers are called Ann?",
        "How many visitors were there in each month?",
        "How many visitors were there in each month, in alphabetical order of the month?",
        "Show the names of the keepers ordered by age",
        "What are the species of the animals tended by Ann?",
        "What are the names and ages of all keepers there ever were?",
    ],
)
def test_what_gives_what_was_asked_is_not(question: str) -> None:
    """No veto where a person, the figures, the alphabet or the rows themselves were asked for."""
    assert not _best(question)


def test_rows_put_in_order_are_shown() -> None:
    """ "Order the animals by weight" asks for animals: a list of weights alone is vetoed."""
    found = _vetoes("Order the animals by weight")
    only_weights = [names for told, names in found.items() if told.split(" ", 1)[1] == "weight"]
    assert only_weights
    assert all({"only-the-order", "unmet-order"} & names for names in only_weights)


def test_the_words_of_the_question_are_no_answer() -> None:
    """A reading that shows only the name it looks for is vetoed, with the age beside it not."""
    found = _vetoes("What is the name and age of the keeper Ann?")
    shown = {told.split(" ", 1)[1]: names for told, names in reversed(found.items())}
    assert "repeats-the-question" in shown["name"]
    assert not shown["name, age"]


@pytest.mark.parametrize(
    ("question", "ordered", "vetoed"),
    [
        ("average weight of the animals per species ordered by weight", "ORDER BY weight ASC",
         "GROUP BY species ORDER"),
        ("What is the average weight of the animals of the oldest keeper?", "ORDER BY keepers.age",
         "GROUP BY keepers.name ORDER"),
    ],
)  # fmt: skip
def test_groups_are_not_ordered_by_what_differs_inside_them(
    question: str, ordered: str, vetoed: str
) -> None:
    """A species has no one weight, keepers of one name have no one age; an animal has one keeper,
    and so one keeper's age.
    """
    lattice, candidates = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    found = {
        emission.sql(candidate.plan, "sqlite"): "order-inside-groups"
        in {veto.name for veto in vetoes(lattice, candidate)}
        for candidate in candidates
    }
    grouped = {sql: said for sql, said in found.items() if "GROUP BY" in sql and ordered in sql}
    assert {vetoed in sql for sql in grouped} == {True, False}
    assert all(said == (vetoed in sql) for sql, said in grouped.items() if "_id" not in sql)
    assert not any(said for sql, said in grouped.items() if "GROUP BY animals.animal_id" in sql)


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("How many US keepers are there?", "US"),
        ("How many keepers does IT have?", "IT"),
        ("Can you give us the names of the keepers?", None),
        ("GIVE US THE NAMES OF THE KEEPERS", None),
    ],
)
def test_a_country_written_large_is_no_pronoun(question: str, unknown: str | None) -> None:
    """ "US" is left out of no answer; "us" is, and so it is where all is written large."""
    lattice, _ = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    assert [word.word for word in lattice.unknown] == ([unknown] if unknown else [])


def test_a_short_form_is_no_name() -> None:
    """ "I'd like" asks for no id."""
    _, candidates = propose(
        "I'd like to see the keeper names", ZOO, date(2026, 1, 1), weights_for(ZOO)
    )
    assert [_told(term) for term in candidates[0].plan.select] == ["name"]


@pytest.mark.parametrize(
    ("question", "lacking"),
    [
        ("Show the name and age of each keeper.", False),
        ("What is the average age for all keepers?", False),
        ("Show the number of each keeper.", True),
        ("What is the average age of each species of animal?", True),
    ],
)
def test_each_needs_groups_only_where_figures_are_asked_for(question: str, lacking: bool) -> None:
    """A list has a row for each anyway, and a figure "for all" is a single one."""
    lattice, candidates = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    without_groups = next(c for c in candidates if "unmet|each" in c.features)
    names = {veto.name for veto in vetoes(lattice, without_groups)}
    assert ("unmet-each" in names) is lacking


def test_each_value_once_is_no_row_for_each() -> None:
    """Which species each animal has is not told by a list of the species."""
    question = "Which species does each animal have?"
    lattice, candidates = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    lists = {c.plan.distinct: c for c in candidates if "unmet|each" in c.features}
    for distinct in (True, False):
        names = {veto.name for veto in vetoes(lattice, lists[distinct])}
        assert ("unmet-each" in names) is distinct


def test_all_are_not_the_foremost() -> None:
    """Where the oldest keeper is asked for, a list of them all is no answer."""
    question = "name of the oldest keeper"
    lattice, candidates = propose(question, ZOO, date(2026, 1, 1), weights_for(ZOO))
    lists = [c for c in candidates if not c.plan.order and not c.plan.conditions]
    assert lists
    for candidate in lists:
        assert "unmet-extreme" in {veto.name for veto in vetoes(lattice, candidate)}


@pytest.mark.parametrize(
    "question",
    ["shorter than 3 days", "orders shorter than 3 days", "products shorter than 3 orders"],
)
def test_what_is_shorter_than_three_is_never_more_than_three(question: str) -> None:
    """Nor are that many of anything counted, or days compared with a number: not even to choose."""
    parsed = shop.parsed(question)
    offered = parsed.clarification.drafts if parsed.clarification else ()
    assert not [d.sql for d in (*parsed.drafts, *offered) if "> 3" in d.sql or "_date < 3" in d.sql]
