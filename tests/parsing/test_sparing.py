"""Joins that a key in hand spares are spared in a reading of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.sparing import spared

NOW = datetime(2025, 12, 31, tzinfo=UTC)
MAKERS = Table(
    "makers",
    (Column("code", "INTEGER", Kind.INTEGER), Column("name", "TEXT", Kind.TEXT)),
    primary_key=("code",),
)
PARTS = Table(
    "parts",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("price", "REAL", Kind.FLOAT),
        Column("maker", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("id",),
    foreign_keys=(ForeignKey(("maker",), "makers", ("code",)),),
)
CATALOG = Catalog("c", "sqlite", (MAKERS, PARTS))


def _joined(question: str) -> list[Plan]:
    index = indexed(CATALOG)
    _, candidates = propose(question, index, NOW.date(), weights_for(index))
    return [candidate.plan for candidate in candidates if candidate.plan.tree.edges]


def test_a_condition_on_the_key_is_one_on_the_column_that_refers_to_it() -> None:
    """Parts of the maker with code 2 need no table of makers, and no reader of such a table."""
    fewer = [spared(plan) for plan in _joined("average price of parts with maker code 2")]
    conditions = {str(c) for plan in fewer if plan for c in plan.conditions}
    assert any("parts.maker" in condition for condition in conditions)
    assert all(not plan.tree.edges for plan in fewer if plan)
    assert all([entity.key for entity in plan.spared] == ["makers"] for plan in fewer if plan)


def test_both_readings_stand_beside_each_other() -> None:
    """Which of them is meant is for the weights to say: a reference may lead to nothing."""
    question = "average price of parts with maker code 2"
    index = indexed(CATALOG)
    _, candidates = propose(question, index, NOW.date(), weights_for(index))
    joins = {len(c.plan.tree.edges) for c in candidates if any(True for _ in c.plan.conditions)}
    assert {0, 1} <= joins


@pytest.mark.parametrize(
    "question", ["maker names and prices of parts", "number of parts per maker name"]
)
def test_a_table_of_which_more_is_used_stays(question: str) -> None:
    """A name is nowhere but in its own table."""
    named = [plan for plan in _joined(question) if "makers.name" in _shown(plan)]
    assert named
    assert all(spared(plan) is None for plan in named)


def _shown(plan: Plan) -> set[str]:
    return {repr(term.field) for term in (*plan.select, *plan.group)}


def test_the_reading_is_answered_without_the_join() -> None:
    """The shop's own keys: the SQL of some draft has no JOIN."""
    drafts = parsing.parse("average price of parts with maker code 2", CATALOG, NOW).drafts
    assert any("JOIN" not in draft.sql for draft in drafts)


def _text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=True)


def test_idle_joins_along_keys_that_nobody_declared_are_left_out() -> None:
    """Inns by town are counted in the towns that they are in, be these in the table of towns or
    not, unless the table is spoken of.
    """
    places = Table("places", (_text("town", "Voe", "Holm"), _text("county", "N", "S")), rows=2)
    inns = Table("inns", (Column("inn_id", "INTEGER", Kind.INTEGER), _text("town", "Voe", "Holm")),
                 primary_key=("inn_id",), rows=9)  # fmt: skip
    index = indexed(Catalog("inns", "sqlite", (places, inns)))
    assert [edge.declared for edge in index.edges] == [False]

    def joined(question: str) -> bool:
        _, candidates = propose(question, index, NOW.date(), weights_for(index))
        return any(candidate.plan.tree.edges for candidate in candidates)

    assert not joined("How many inns are there in each town?")
    assert joined("How many inns are there in each place?")
