"""What a column is called besides its name, and keys that nobody declared."""

from __future__ import annotations

from datetime import date

import pytest

from forerun.catalog import words
from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing.lattice import build
from forerun.parsing.parser import indexed
from forerun.parsing.schema import Meaning
from tests.parsing import campus, studio

CALLED = [
    ("title and director of all films", "SELECT title, directed_by FROM film"),
    ("given, middle and family names of actors",
     "SELECT first_name, middle_name, last_name FROM actor"),
    # names as they are stored, and what is said before the first of two
    ("min_budget_usd of the films", "SELECT min_budget_usd FROM film"),
    # of two columns the one is meant whose name is said but for its unit
    ("films with a min budget above 90", "SELECT title FROM film WHERE min_budget_usd > 90"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sql"), CALLED)
def test_names_are_told_from_those_of_columns(question: str, sql: str) -> None:
    """A director is by whom a film is directed, and a budget is so many dollars."""
    draft = studio.best(question)
    assert draft.sql == sql
    assert draft.confidence > 0.85


def test_glued_keys_refer_by_how_they_end() -> None:
    """`leadactorid` is an `actorid`, all of whose values are actors."""
    keys = {(str(mine), str(key)) for edge in indexed(studio.catalog()).edges
            for mine, key in edge.pairs}  # fmt: skip
    assert ("part.leadactorid", "actor.actorid") in keys
    assert ("screening.filmid", "film.filmid") in keys
    assert "leadactorid" in studio.best("actors without any parts").sql


def test_what_is_said_before_the_first_of_two_is_said_of_both() -> None:
    """The description beside a color code may be that of the color."""
    text = [Column(name, "TEXT", Kind.TEXT) for name in ("color_code", "color_description")]
    colors = Table("colors", tuple(text), primary_key=("color_code",))
    jars = Table("jars", (text[0], Column("description", "TEXT", Kind.TEXT)))
    index = indexed(Catalog("jars", "sqlite", (colors, jars)))
    lattice = build("color code and description of the jars", index, date(2025, 6, 30))
    told = {link.target for mention in lattice.mentions for link in mention.links}
    assert {"colors.color_description", "jars.description"} <= set(map(str, told))


def test_a_part_of_a_key_may_tell_when() -> None:
    """Degrees are told apart by their college and their year, which is a year all the same."""
    degrees = next(e for e in indexed(campus.catalog()).entities if e.key == "degrees")
    assert [item.meaning for item in degrees.primary] == [Meaning.KEY, Meaning.YEAR]


def test_an_email_address_is_no_address() -> None:
    """Who asks for places is not told where mail is sent to."""
    mail = Table("guests", tuple(Column(n, "TEXT", Kind.TEXT) for n in ("name", "email_address")))
    names = indexed(Catalog("mail", "sqlite", (mail,))).names
    assert not names.get(words.stems("address"))
    assert names[words.stems("email")]
    both = Table(
        "guests", tuple(Column(n, "TEXT", Kind.TEXT) for n in ("name", "email", "address"))
    )
    index = indexed(Catalog("both", "sqlite", (both,)))
    mentions = build("email address of guests", index, date(2025, 6, 30)).mentions
    assert [mention.text for mention in mentions] == ["email address", "guests"]
    assert {str(link.target) for link in mentions[0].links} == {"guests.email"}


@pytest.mark.parametrize("ends", [("f", "m"), ("usd", "eur")])
def test_one_of_several_is_not_called_by_what_they_share(ends: tuple[str, str]) -> None:
    """The women and the men are neither of them the staff, dollars and euros neither the cost."""
    of, other = (Column(f"staff_{end}", "INTEGER", Kind.INTEGER, nullable=False) for end in ends)
    name = Column("branch_name", "TEXT", Kind.TEXT, nullable=False)
    key = Column("branch_id", "INTEGER", Kind.INTEGER, nullable=False)

    def called(*columns: Column) -> set[str]:
        table = Table("branches", (key, name, *columns), primary_key=("branch_id",), rows=90)
        links = indexed(Catalog("bank", "sqlite", (table,))).names.get(("staff",), [])
        return {link.quality for link in links}

    assert "stripped" in called(of)
    assert "stripped" not in called(of, other)
