"""Questions back: about a word nobody knows, else about the first thing two readings differ in."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing.differing import difference
from forerun.parsing.parser import indexed, readable
from forerun.parsing.plans import Compare, Having, Order, Plan, Semi, Term
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import weights
from forerun.parsing.reading import reading
from tests.parsing import shop
from tests.parsing.shop import NOW
from tests.parsing.test_golden import SOME_GOLDEN

INDEX = indexed(shop.catalog())
TABLES = {entity.table.name: entity for entity in INDEX.entities}


def plans_of(question: str) -> list[Plan]:
    """Every plan that the parser considers, best first."""
    _, candidates = propose(question, INDEX, NOW.date(), weights())
    return [candidate.plan for candidate in candidates]


def column(table: str, name: str) -> Term:
    field = TABLES[table].named(name)
    assert field is not None
    return Term(field, TABLES[table])


BY_NAME = plans_of("number of customers by segment")[0]
COUNTRY = column("customers", "country")
REGION = column("regions", "name")
assert COUNTRY.field is not None
assert REGION.field is not None
GERMAN = ((Compare(COUNTRY.field, "=", ("Germany",)),),)
MANY = Having(Term(None, TABLES["customers"], "count"), ">", 3)
ORDERED = Order(column("customers", "segment"), descending=False)
(EDGE,) = (e for e in INDEX.edges if {e.many, e.one} == {TABLES["orders"], TABLES["customers"]})


def with_orders(*, negated: bool) -> Semi:
    tree = replace(BY_NAME.tree, root=TABLES["orders"])
    return Semi(TABLES["customers"], EDGE, tree, negated=negated)


@pytest.mark.parametrize(
    ("changes", "others", "expected"),
    [
        ({"group": (COUNTRY,), "select": (COUNTRY, BY_NAME.select[-1])}, {},
         ("by country", "by segment")),
        ({"group": (), "select": BY_NAME.select[-1:]}, {}, ("in all", "by segment")),
        ({"select": (column("customers", "name"),), "group": ()}, {},
         ("name", "segment and number of customers")),
        ({"where": GERMAN}, {}, ("only where country of customers is Germany",
                                 "without that condition")),
        ({"where": ((Compare(COUNTRY.field, "=", ("Italy",)),),)}, {"where": GERMAN},
         ("only where country of customers is Italy",
          "only where country of customers is Germany")),
        ({"where": ((Compare(COUNTRY.field, "!=", ("Germany",)),),)}, {"where": GERMAN},
         ("only where country of customers is not Germany",
          "only where country of customers is Germany")),
        ({"where": ((Compare(REGION.field, "=", ("Germany",)),),)}, {"where": GERMAN},
         ("name of regions", "country of customers")),
        ({"semis": (with_orders(negated=True),)}, {"semis": (with_orders(negated=False),)},
         ("only without orders", "only with orders")),
        ({"semis": (with_orders(negated=True),)}, {}, ("only without orders",
                                                       "regardless of that")),
        ({"having": (MANY,)}, {"having": (replace(MANY, op=">="),)},
         ("only where number of customers is more than 3",
          "only where number of customers is at least 3")),
        ({"tree": replace(BY_NAME.tree, edges=(EDGE,))}, {},
         ("joined with orders", "without another table")),
        ({"order": (ORDERED,)}, {"order": (replace(ORDERED, descending=True),)},
         ("by segment (lowest first)", "by segment (highest first)")),
        ({"order": (ORDERED,)}, {}, ("by segment (lowest first)", "in any order")),
        ({"limit": 5}, {}, ("the first 5", "all of them")),
        ({"distinct": True}, {}, ("each one once", "every row")),
        ({"select": (*BY_NAME.select[:-1], replace(BY_NAME.select[-1], field=COUNTRY.field,
                                                   distinct=True))}, {},
         ("number of different country", "number of customers")),
    ],
)  # fmt: skip
def test_every_node_is_compared(
    changes: dict[str, object], others: dict[str, object], expected: tuple[str, str]
) -> None:
    """Two plans that differ in one node are told apart by that node, in words."""
    one = replace(BY_NAME, **changes)  # type: ignore[arg-type]
    other = replace(BY_NAME, **others)  # type: ignore[arg-type]
    assert difference(one, other) == expected
    assert difference(other, one) == expected[::-1]


def test_the_first_difference_counts() -> None:
    """Of several differences the one that is read first is asked about."""
    both = replace(BY_NAME, where=GERMAN, limit=5)
    assert difference(both, BY_NAME) == (
        "only where country of customers is Germany", "without that condition",
    )  # fmt: skip


def test_plans_that_read_the_same_are_not_told_apart() -> None:
    """There is nothing to ask between a plan and itself."""
    assert difference(BY_NAME, BY_NAME) is None


def test_a_doubled_key_is_asked_about() -> None:
    """Two keys to one table: the question back names them."""
    teams = Table(
        "teams",
        (Column("id", "INTEGER", Kind.INTEGER), Column("name", "TEXT", Kind.TEXT)),
        primary_key=("id",),
    )
    keys = ("home_team_id", "away_team_id")
    matches = Table(
        "matches",
        tuple(Column(name, "INTEGER", Kind.INTEGER) for name in ("id", *keys)),
        primary_key=("id",),
        foreign_keys=tuple(ForeignKey((key,), "teams", ("id",)) for key in keys),
    )
    parsed = parsing.parse(
        "number of matches per team name", Catalog("c", "sqlite", (teams, matches)), NOW
    )
    assert parsed.clarification is not None
    assert parsed.clarification.question == (
        "Do you mean joined by away team id of matches or joined by home team id of matches?"
    ) or parsed.clarification.question == (
        "Do you mean joined by home team id of matches or joined by away team id of matches?"
    )
    assert len(set(parsed.clarification.choices)) == len(parsed.clarification.drafts) > 1


COUNTRIES = Table(
    "countries",
    (
        Column("code", "TEXT", Kind.TEXT),
        Column("name", "TEXT", Kind.TEXT, samples=("Germany", "France")),
        Column("head_of_state", "TEXT", Kind.TEXT),
        Column("population", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("code",),
)


@pytest.mark.parametrize(
    ("question", "word", "name"),
    [
        ("leader of all countries", "leader", "head of state"),
        ("poplation of all countries", "poplation", "population"),
        ("population of Germny", "Germny", "Germany"),
    ],
)
def test_an_unknown_word_gets_the_nearest_names(question: str, word: str, name: str) -> None:
    """By meaning, by spelling, and of what looks like a name also stored values."""
    asked = parsing.parse(question, Catalog("c", "sqlite", (COUNTRIES,)), NOW).clarification
    assert asked is not None
    assert asked.question.startswith(f"I do not know the word “{word}”; did you mean {name}")
    assert asked.choices[0] == question.replace(word, name)


def phrases(asked: str) -> tuple[str, ...]:
    """The two things that a question back asks about."""
    inner = asked.removeprefix("Do you mean ").removesuffix("?")
    return tuple(re.split(r",? or ", inner, maxsplit=1))


@pytest.mark.parametrize("case", SOME_GOLDEN)
def test_every_question_back_names_a_difference(case: object) -> None:
    """Of every pair of readings the parser considers: two phrases, never equal, always the same."""
    candidates = propose(str(case), INDEX, NOW.date(), weights())[1]
    plans = [candidate.plan for candidate in candidates]
    shown = [candidates[rank].plan for rank in readable(candidates)]
    assert len({reading(plan) for plan in shown}) == len(shown)
    for other in plans[1:12]:
        parting = difference(plans[0], other)
        if parting is None:
            assert reading(plans[0]) == reading(other)
        else:
            assert parting[0] != parting[1]
            assert all(parting)
    asked = shop.parsed(str(case)).clarification
    if asked is not None and asked.question.startswith("Do you mean"):
        assert len(set(phrases(asked.question))) == 2
    if asked is not None:
        assert len(set(asked.choices)) == len(asked.choices) > 0
        assert asked == parsing.parse(str(case), shop.catalog(), NOW).clarification


def test_an_opposite_is_not_offered_as_the_right_spelling() -> None:
    """ "Unpaid" asks for what is not paid, however alike the two are spelt."""
    paid = Table(
        "bills",
        (
            Column("bill_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("paid", "BOOLEAN", Kind.BOOLEAN),
        ),
        primary_key=("bill_id",),
    )
    for word, offered in (("unpaid", False), ("non-paid", False), ("payd", True)):
        parsed = parsing.parse(f"how many {word} bills", Catalog("bills", "sqlite", (paid,)), NOW)
        asked = parsed.clarification
        assert asked is None or ("did you mean paid" in asked.question) is offered, word
