"""A campus: students in dorms, rooms with and without a piano, degrees by the number, discounts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing.scripted import KINDS, catalog_of, made

NOW = datetime(2025, 6, 30, tzinfo=UTC)
_SCRIPT = """
CREATE TABLE colleges (college_id INTEGER PRIMARY KEY, name TEXT, county TEXT);
CREATE TABLE degrees (college_id INTEGER REFERENCES colleges, year INTEGER, degrees INTEGER,
    PRIMARY KEY (college_id, year));
CREATE TABLE students (student_id INTEGER PRIMARY KEY, student_name TEXT, age INTEGER,
    city_code TEXT, tutor_id INTEGER REFERENCES tutors, college_id INTEGER REFERENCES colleges);
CREATE TABLE tutors (tutor_id INTEGER PRIMARY KEY, name TEXT, head_id INTEGER REFERENCES tutors);
CREATE TABLE dorms (dorm_id INTEGER PRIMARY KEY, dorm_name TEXT, has_piano INTEGER);
CREATE TABLE lives_in (student_id INTEGER REFERENCES students, dorm_id INTEGER REFERENCES dorms);
CREATE TABLE stays (stay_id INTEGER PRIMARY KEY, dorm_id INTEGER REFERENCES dorms,
    nights INTEGER, discount REAL, share_count INTEGER);
CREATE TABLE meals (meal_id INTEGER PRIMARY KEY, title TEXT, discount_percent INTEGER);
INSERT INTO colleges VALUES (1, 'Elm', 'Kent'), (2, 'Oak', 'Kent'), (3, 'Ash', 'Devon');
INSERT INTO degrees VALUES (1, 2000, 300), (1, 2001, 310), (2, 2000, 120), (3, 2001, 90);
INSERT INTO tutors VALUES (1, 'Orla', NULL), (2, 'Bert', 1), (3, 'Cosima', 1);
INSERT INTO students VALUES (1, 'Ann', 20, 'VOE', 2, 1), (2, 'Bob', 22, 'HOLM', 2, 2),
    (3, 'Cem', 21, 'VOE', 3, 1), (4, 'Dag', 25, 'SKE', 3, 3);
INSERT INTO dorms VALUES (1, 'North Hall', 1), (2, 'South Hall', 0);
INSERT INTO lives_in VALUES (1, 1), (2, 1), (4, 2);
INSERT INTO stays VALUES (1, 1, 2, 0.1, 5), (2, 1, 2, 0.2, 7), (3, 2, 7, 0.15, 1);
INSERT INTO meals VALUES (1, 'Soup', 10), (2, 'Stew', 5);
"""


@cache
def catalog() -> Catalog:
    """Its catalog with every value sampled."""
    return catalog_of("campus", _SCRIPT, _table)


def _table(name: str) -> Table:
    told = made(_SCRIPT).execute(f"PRAGMA table_info({name})").fetchall()
    referred = made(_SCRIPT).execute(f"PRAGMA foreign_key_list({name})").fetchall()
    (rows,) = made(_SCRIPT).execute(f"SELECT COUNT(*) FROM {name}").fetchone()
    return Table(
        name,
        tuple(_column(name, column, type_) for _, column, type_, *_ in told),
        primary_key=tuple(column for _, column, *_, place in told if place),
        foreign_keys=tuple(ForeignKey((mine,), other, (mine if mine != "head_id" else "tutor_id",))
                           for _, _, other, mine, *_ in referred),
        rows=rows,
    )  # fmt: skip


def _column(table: str, name: str, type_: str) -> Column:
    """Of keys and of numbers with a point, a catalog has no samples."""
    found = made(_SCRIPT).execute(f"SELECT DISTINCT {name} FROM {table}").fetchall()
    values = [value for (value,) in found]
    telling = type_ != "REAL" and not name.endswith("_id")
    samples = tuple(sorted(value for value in values if value is not None)) if telling else ()
    kind = KINDS[type_]
    return Column(name, type_, kind, None in values, samples=samples, samples_complete=telling)


def best(question: str) -> Draft:
    """The first reading."""
    return parsing.parse(question, catalog(), NOW).drafts[0]


def rows(question: str) -> set[tuple[object, ...]]:
    """What it gives."""
    return set(made(_SCRIPT).execute(best(question).sql))


def against(question: str) -> set[str]:
    """What speaks against it."""
    index = indexed(catalog())
    lattice, candidates = propose(question, index, NOW.date(), weights_for(index))
    return {veto.name for veto in vetoes(lattice, candidates[0])}
