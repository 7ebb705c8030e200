"""Persons and places are found however their names are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing.calling import value_words, without_titles

NOW = datetime(2025, 7, 1, tzinfo=UTC)
NAMES = ("Dr. José Pérez", "Dr. Tom Hall", "Ann Lee", "Prof. Zoë Müller, PhD", "Mr Bean")
DOCTORS = Table(
    "doctors",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("name", "TEXT", Kind.TEXT, samples=NAMES, samples_complete=True),
        Column("city", "TEXT", Kind.TEXT, samples=("Zürich", "Łódź"), samples_complete=True),
        Column("salary", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("id",),
    rows=5,
)
CLINIC = Catalog("clinic", "sqlite", (DOCTORS,))


def _sql(question: str) -> str:
    return parsing.parse(question, CLINIC, NOW).drafts[0].sql


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("jose perez", "Dr. José Pérez"),
        ("José Pérez", "Dr. José Pérez"),
        ("Dr. Jose Perez", "Dr. José Pérez"),
        ("zoe muller", "Prof. Zoë Müller, PhD"),
        ("Dr Ann Lee", "Ann Lee"),
    ],
)
def test_names_are_found_without_titles_and_accents(asked: str, stored: str) -> None:
    """What is compared is the name as it is stored."""
    assert f"name = '{stored}'" in _sql(f"What is the salary of {asked}?")


@pytest.mark.parametrize(("asked", "stored"), [("Zurich", "Zürich"), ("lodz", "Łódź")])
def test_places_are_found_without_accents(asked: str, stored: str) -> None:
    """Keyboards without these letters are no reason not to be answered."""
    draft = parsing.parse(f"How many doctors are in {asked}?", CLINIC, NOW).drafts[0]
    assert f"city = '{stored}'" in draft.sql
    assert draft.confidence >= parsing.Thresholds().answer


def test_another_title_is_somebody_else() -> None:
    """Professor Hall is not Doctor Hall."""
    parsed = parsing.parse("What is the salary of Prof. Tom Hall?", CLINIC, NOW)
    assert all(draft.confidence < 0.5 for draft in parsed.drafts)


def test_a_title_stays_where_little_else_is_left() -> None:
    """ "Mr Bean" is not any bean."""
    assert without_titles(value_words("Mr Bean")) == ("mr", "bean")
    assert without_titles(value_words("Rev. Dr. Ann Lee Jr.")) == ("ann", "lee")


TWINS = ("Peña", "Pena", "Zürich", "Zurich", "バス", "ハス", "Всё", "Все", "Año", "Ano")


def _clinic(*values: str) -> Catalog:
    """The clinic with other doctors."""
    named = replace(DOCTORS.columns[1], samples=values)
    table = replace(DOCTORS, columns=(DOCTORS.columns[0], named, DOCTORS.columns[3]))
    return Catalog("clinic", "sqlite", (table,))


@pytest.mark.parametrize("quote", ["", "'"])
@pytest.mark.parametrize("name", TWINS)
def test_a_name_spelt_as_it_is_stored_is_that_name(name: str, quote: str) -> None:
    """Where another one differs in an accent alone, nothing is open."""
    asked = f"How many doctors are called {quote}{name}{quote}?"
    draft = parsing.parse(asked, _clinic(*TWINS), NOW).drafts[0]
    assert f"name = '{name}'" in draft.sql
    assert draft.confidence >= parsing.Thresholds().answer


@pytest.mark.parametrize("name", ["Ann Lee", "Dr. Ann Lee", "Prof. Ann Lee"])
def test_a_name_with_its_own_title_is_that_name(name: str) -> None:
    """Somebody is stored without a title, and others with one."""
    catalog = _clinic("Dr. Ann Lee", "Ann Lee", "Prof. Ann Lee")
    draft = parsing.parse(f"What is the salary of {name}?", catalog, NOW).drafts[0]
    assert f"name = '{name}'" in draft.sql
    assert draft.confidence >= parsing.Thresholds().answer


def test_only_latin_letters_lose_their_marks() -> None:
    """In other scripts a mark makes another letter, however the mark is written."""
    assert value_words("バス") != value_words("ハス")
    assert value_words("Сергей") != value_words("Сергеи")
    assert value_words("Zu\u0308rich") == value_words("Zürich") == ("zurich",)
    assert value_words("バス") == value_words("ハ\u3099ス")
