"""What speaks against a reading speaks against it wherever it stands among the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import emission, parse
from forerun.parsing.lattice import build
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing import campus, dated, plant, test_doubling

_CLERKS = test_doubling.CATALOG.tables[-1]
_NOBODYS = replace(_CLERKS, columns=_CLERKS.columns[:2], foreign_keys=())
"""Clerks of whom nothing says who is above whom."""


def _readings(question: str, catalog: Catalog) -> Iterator[tuple[str, set[str]]]:
    """Each as SQL, and what speaks against it."""
    index = indexed(catalog)
    lattice, candidates = propose(question, index, plant.NOW.date(), weights_for(index))
    for candidate in candidates:
        against = {veto.name for veto in vetoes(lattice, candidate)}
        yield emission.sql(candidate.plan, catalog.dialect), against


@pytest.mark.parametrize(
    ("question", "catalog", "wrong", "veto"),
    [
        ("clerks who report to Ottilie", Catalog("a", "sqlite", (_NOBODYS,)), "'Ottilie'",
         "own-row"),
        ("average share count for different dorms", campus.catalog(), "SELECT AVG", "one-for-all"),
        ("dorm with the most piano", campus.catalog(), "BY has_piano DESC LIMIT", "ranked-by-yes"),
        ("dorm with the most names", campus.catalog(), "BY dorm_name DESC LIMIT",
         "ranked-by-letters"),
    ],
)  # fmt: skip
def test_what_tells_another_thing_is_vetoed(
    question: str, catalog: Catalog, wrong: str, veto: str
) -> None:
    """Ottilie is not under herself; one figure is none for each; a yes has no highest, and of
    names most is not the last."""
    against = [vetoed for sql, vetoed in _readings(question, catalog) if wrong in sql]
    assert against
    assert all(veto in vetoed for vetoed in against)


def test_a_yes_or_no_right_before_its_rows_is_not_left_out() -> None:
    """`remote checks` are not all checks."""
    readings = [*_readings("workers who made remote checks", plant.CATALOG)]
    against = [vetoed for sql, vetoed in readings if "is_remote" not in sql]
    assert against
    assert all("left-out" in vetoed for vetoed in against)


def test_the_first_of_some_rows_is_no_first_name() -> None:
    """`first patient to register`, where patients have a first name."""
    index = indexed(dated.catalog("clinic"))
    lattice = build("first patient to register", index, plant.NOW.date())
    assert ("first", "name") in index.names
    assert "first" not in [mention.text for mention in lattice.mentions]


_MODEL = Column("model", "TEXT", Kind.TEXT, nullable=False)
_PRINTERS = Table(
    "printers",
    (
        _MODEL,
        Column("color", "TEXT", Kind.TEXT, samples=("TRUE", "FALSE"), samples_complete=True),
        Column("type", "TEXT", Kind.TEXT, samples=("laser", "ink-jet"), samples_complete=True),
        Column("price", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("model",),
    rows=40,
)


@pytest.mark.parametrize(
    "question", ["price of the most expensive color laser printer", "list the color laser printers"]
)
def test_a_yes_or_no_before_another_word_for_its_rows_is_not_left_out(question: str) -> None:
    """`color laser printers` are not all laser printers, and "color" is never "laser"."""
    readings = [*_readings(question, Catalog("office", "sqlite", (_PRINTERS,)))]
    against = [vetoed for sql, vetoed in readings if "color = 'TRUE'" not in sql]
    assert any("color = 'TRUE' AND type = 'laser'" in sql and not veto for sql, veto in readings)
    assert against
    assert all("left-out" in vetoed for vetoed in against)


def _text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, nullable=False, samples=samples, samples_complete=True)


_STAFF = Table(
    "staff",
    (
        Column("staff_id", "INTEGER", Kind.INTEGER, nullable=False),
        _text("first_name", "Ann", "Bob", "Cem", "Dan"),
        _text("last_name", "Lee", "Ray", "Oz", "Poe"),
        Column("salary", "REAL", Kind.FLOAT, nullable=False),
        Column("boss_id", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("staff_id",),
    foreign_keys=(ForeignKey(("boss_id",), "staff", ("staff_id",)),),
    rows=40,
)
_FIRM = Catalog("firm", "sqlite", (_STAFF,))


def test_together_with_theirs_adds_nothing_up() -> None:
    """The salaries are shown, each for its own."""
    draft = parse("last names of staff together with their salary", _FIRM, plant.NOW).drafts[0]
    assert draft.sql == "SELECT last_name, salary FROM staff"


@pytest.mark.parametrize(
    ("question", "part", "name"),
    [
        ("salary of Ann Lee and Cem Oz", "= 'Lee') AND first_name = 'Cem'", "no-such-row"),
        ("total boss of the staff", "SUM(boss_id)", "references-added-up"),
    ],
)
def test_what_adds_up_to_nothing_is_vetoed(question: str, part: str, name: str) -> None:
    """Nobody is called both, and who is above them is no figure."""
    readings = [*_readings(question, _FIRM)]
    against = [vetoed for sql, vetoed in readings if part in sql]
    assert against, [sql for sql, _ in readings]
    assert all(name in vetoed for vetoed in against)
