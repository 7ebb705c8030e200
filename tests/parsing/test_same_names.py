"""Rows of the same name are not taken for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table
from forerun.parsing.combining import is_either
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def _clinic(rows: int) -> Catalog:
    """Pets of three names, `rows` in all, with their treatments."""
    names = ("Bella", "Rex", "Tom")
    pets = Table(
        "pets",
        (
            Column("pet_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("name", "TEXT", Kind.TEXT, samples=names, samples_complete=True),
        ),
        primary_key=("pet_id",),
        rows=rows,
    )
    scans = ("X-ray", "Ultrasound")
    treatments = Table(
        "treatments",
        (
            Column("treatment_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("kind", "TEXT", Kind.TEXT, samples=scans, samples_complete=True),
            Column("pet_id", "INTEGER", Kind.INTEGER, nullable=False),
        ),
        primary_key=("treatment_id",),
        foreign_keys=(ForeignKey(("pet_id",), "pets", ("pet_id",)),),
        rows=90,
    )
    return Catalog("clinic", "sqlite", (pets, treatments))


def _drafts(question: str, catalog: Catalog) -> tuple[Draft, ...]:
    return parsing.parse(question, catalog, NOW).drafts


@pytest.mark.parametrize(
    "question",
    [
        "Which pets had both an X-ray and an Ultrasound?",
        "names of pets with both X-ray and Ultrasound",
        "Which pets have no treatments?",
        "Which pets never had an X-ray?",
    ],
)
def test_sets_of_names_that_repeat_are_no_reading(question: str) -> None:
    """One Bella with an x-ray and another with an ultrasound are no Bella with both."""
    drafts = _drafts(question, _clinic(rows=20))
    assert drafts
    assert not any(kind in d.sql for d in drafts for kind in ("INTERSECT", "EXCEPT"))


def test_sets_of_names_that_tell_rows_apart_stay() -> None:
    """Where every row has a name of its own, its name stands for it."""
    drafts = _drafts("names of pets with both X-ray and Ultrasound", _clinic(rows=3))
    assert any("INTERSECT" in draft.sql for draft in drafts)


def test_one_of_two_is_not_both() -> None:
    """A partner of either kind is not offered as if it were one of each."""
    index = indexed(_clinic(rows=20))
    question = "Which pets had both an X-ray and an Ultrasound?"
    lattice, candidates = propose(question, index, NOW.date(), weights_for(index))
    either = [c for c in candidates if "unmet|both" in c.features and is_either(c.plan)]
    assert either
    assert all("either-for-both" in {v.name for v in vetoes(lattice, c)} for c in either)
    assert any(not vetoes(lattice, c) and len(c.plan.semis) == 2 for c in candidates)
