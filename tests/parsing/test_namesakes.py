"""Persons are found by their last names, and asked about where two have the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing.parser import indexed
from forerun.parsing.rewording import reworded

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ANSWER = parsing.Thresholds().answer


def _persons(*vets: str) -> Catalog:
    """Owners with a first and a last name, vets with a full name, and who came to whom."""
    titles, last = ("Mr", "Dr"), ("Nowak", "Hall")
    owners = Table(
        "owners",
        (
            Column("owner_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("title", "TEXT", Kind.TEXT, samples=titles, samples_complete=True),
            Column("last_name", "TEXT", Kind.TEXT, samples=last, samples_complete=True),
        ),
        primary_key=("owner_id",),
        rows=9,
    )
    doctors = Table(
        "vets",
        (
            Column("vet_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("full_name", "TEXT", Kind.TEXT, samples=vets, samples_complete=True),
        ),
        primary_key=("vet_id",),
        rows=len(vets),
    )
    visits = Table(
        "visits",
        tuple(
            Column(name, "INTEGER", Kind.INTEGER, nullable=False)
            for name in ("visit_id", "owner_id", "vet_id")
        ),
        primary_key=("visit_id",),
        foreign_keys=(
            ForeignKey(("owner_id",), "owners", ("owner_id",)),
            ForeignKey(("vet_id",), "vets", ("vet_id",)),
        ),
        rows=90,
    )
    return Catalog("persons", "sqlite", (owners, doctors, visits))


CLINIC = _persons("Dr. Patricia Nowak", "Dr Tomás Walsh", "Prof. Zoë Hall")


@pytest.mark.parametrize("who", ["Dr. Nowak", "Nowak"])
def test_a_last_name_of_two_is_asked_about(who: str) -> None:
    """An owner called Nowak and a vet called Dr. Patricia Nowak may both be meant."""
    parsed = parsing.parse(f"How many visits did {who} have?", CLINIC, NOW)
    assert parsed.drafts[0].confidence < ANSWER
    assert parsed.clarification is not None
    choices = " ".join(parsed.clarification.choices)
    assert "Dr. Patricia Nowak" in choices
    assert "last name of owners is Nowak" in choices


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many visits did Dr. Walsh have?", "full_name = 'Dr Tomás Walsh'"),
        ("How many visits did vet Dr. Nowak have?", "full_name = 'Dr. Patricia Nowak'"),
        ("How many visits did owner Nowak have?", "last_name = 'Nowak'"),
        ("How many visits did Dr. Hall have?", "last_name = 'Hall'"),
    ],
)
def test_a_last_name_of_one_is_that_one(question: str, sql: str) -> None:
    """The title, or the word for who it is, leaves one: Professor Hall is not Doctor Hall."""
    draft = parsing.parse(question, CLINIC, NOW).drafts[0]
    assert sql in draft.sql
    assert draft.confidence >= ANSWER


def test_two_full_names_that_end_alike_are_asked_about() -> None:
    """One vet is not taken for the other."""
    clinic = _persons("Dr. Patricia Moss", "Dr. Ann Moss")
    draft = parsing.parse("How many visits did Dr. Moss have?", clinic, NOW).drafts[0]
    assert draft.confidence < ANSWER


def test_a_full_name_beside_the_last_name_is_the_same_person() -> None:
    """Where a table keeps both, its last name is nobody else's."""
    names = (("last_name", ("Nowak", "Hall")), ("full_name", ("Ann Nowak", "Bo Hall")))
    columns = tuple(
        Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=True)
        for name, samples in names
    )
    key = Column("owner_id", "INTEGER", Kind.INTEGER, nullable=False)
    owners = Table("owners", (key, *columns), primary_key=("owner_id",), rows=2)
    question = "How many owners are called Nowak?"
    draft = parsing.parse(question, Catalog("one", "sqlite", (owners,)), NOW).drafts[0]
    assert "last_name = 'Nowak'" in draft.sql
    assert draft.confidence >= ANSWER


def test_a_last_name_with_its_title_stands_for_another_name_in_a_conversation() -> None:
    """ "And Dr. Walsh?" puts him in the place of whom the earlier question was about."""
    index = indexed(CLINIC)
    before = "How many visits did Dr. Patricia Nowak have?"
    said = reworded("and Dr. Walsh?", before, index, NOW.date())
    assert said == "How many visits did Dr. Walsh have?"
