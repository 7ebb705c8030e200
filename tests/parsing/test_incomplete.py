"""Readings that tell less than was asked."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.parsing.incomplete import shortfalls
from forerun.parsing.parser import draft, indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.vetoing import vetoes
from tests.parsing import campus, dated, league, shop
from tests.parsing.test_kinds import CATALOG


def _found(question: str, sql: str) -> set[str]:
    """What is wrong with the candidates that are written with `sql`."""
    index = indexed(CATALOG)
    lattice, candidates = propose(question, index, shop.NOW.date(), weights_for(index))
    drafts = draft(lattice, candidates, range(len(candidates)), index)
    plans = [c.plan for c, d in zip(candidates, drafts, strict=True) if sql in d.sql]
    assert plans, [draft.sql for draft in drafts]
    return {name for plan in plans for name, _ in shortfalls(lattice, plan)}


@pytest.mark.parametrize(
    ("question", "sql", "name"),
    [
        ("How many dogs does Ann own?", "SELECT pets.name", "no-number"),
        ("Which visits have the highest and lowest fee?", "LIMIT 1", "one-end"),
        ("the number and names of owners", "SELECT name FROM owners", "number-left-out"),
    ],
)
def test_what_tells_too_little_is_told(question: str, sql: str, name: str) -> None:
    """A list is no number, and one end of an order not both."""
    assert name in _found(question, sql)


def test_which_one_it_was_is_shown_where_it_is_asked_as_well() -> None:
    """The highest fee alone is half of it; the visit with its fee is all."""
    asked = "What is the highest fee and which pet?"
    best = parsing.parse(asked, CATALOG, shop.NOW).best
    assert best is not None
    assert "pets." in best.sql.partition("FROM")[0] or best.confidence <= 0.2
    assert "which-left-out" in _found(asked, "SELECT MAX(")


def test_a_number_is_enough_for_how_many() -> None:
    """And for a question that does not ask how many, a list is."""
    assert "no-number" not in _found("How many dogs does Ann own?", "COUNT(*)")
    assert "no-number" not in _found("Which dogs does Ann own?", "SELECT pets.name")


def test_per_something_is_a_line_for_each() -> None:
    """A line for each price is none for each hotel; of the key that refers to it, it is."""
    best = parsing.parse(
        "number of bookings and total price per hotel", dated.catalog("inn"), shop.NOW
    ).drafts[0]
    assert "hotel" in best.sql.partition("GROUP BY")[2] or best.confidence <= 0.2
    assert shop.parsed("number of orders per store").drafts[0].confidence > 0.2


def test_a_list_is_no_total() -> None:
    """`total value of all products` is a figure, even where nobody knows of which column."""
    assert shop.parsed("total value of all products").drafts[0].confidence <= 0.2
    assert shop.parsed("total price of all products").drafts[0].confidence > 0.2


def test_what_is_the_same_is_compared() -> None:
    """All employees are not those with the same job title."""
    assert shop.parsed("employees with the same job title").drafts[0].confidence <= 0.2


def test_a_comparative_says_which_way() -> None:
    """Who is younger than an average salary, whatever that means, does not earn more."""
    assert shop.parsed("employees younger than the average salary").drafts[0].confidence <= 0.2
    below = shop.parsed("products lower than the average weight").drafts[0]
    assert "weight_kg <" in below.sql
    assert below.confidence > 0.2


def test_lines_for_each_say_of_which_they_are() -> None:
    """Wages alone are no wage per player; beside the players' names they are."""
    assert "per-left-out" in league.against("wage per player") or _names_players("wage per player")
    assert "per-left-out" not in league.against("name and wage per player")


def _names_players(question: str) -> bool:
    return "name" in league.drafts(question)[0].sql.partition("FROM")[0]


def test_a_day_is_nobody() -> None:
    """Who opened the most is not when it was opened."""
    best = parsing.parse("who closed the most tickets?", dated.catalog("desk"), shop.NOW).drafts[0]
    assert best.confidence <= 0.5


def test_in_time_is_not_passed_over() -> None:
    """All that were shipped are not those that were shipped on time, of which nothing is known."""
    index = indexed(dated.catalog("shop"))
    question = "share of orders shipped on time"
    lattice, candidates = propose(question, index, shop.NOW.date(), weights_for(index))
    found = [{veto.name for veto in vetoes(lattice, candidate)} for candidate in candidates]
    assert all("timeliness-left-out" in names for names in found)


def test_a_state_that_is_denied_in_passing_is_asked_about() -> None:
    """What has been delivered is not "shipped" any more, and yet has been shipped."""
    question = "number of orders ordered in 2024 but not shipped"
    best = parsing.parse(question, dated.catalog("shop"), shop.NOW).drafts[0]
    assert best.confidence <= 0.5


def test_one_figure_is_none_for_each_of_the_different() -> None:
    """`for different dorms` is a line for each dorm."""
    asked = "average share count for different dorms"
    found = parsing.parse(asked, campus.catalog(), campus.NOW).drafts
    assert all("GROUP BY" in each.sql or each.confidence <= 0.2 for each in found)


def test_an_ordered_list_shows_what_it_is_of() -> None:
    """Names in the order of their numbers are no list of numbers."""
    assert "student_id" in campus.best("the ordered list of student ids").sql.partition("FROM")[0]


@pytest.mark.parametrize("question", ["dorm with the most nights", "dorm that has most nights"])
def test_the_most_of_many_is_not_the_most_of_one(question: str) -> None:
    """A dorm has many stays: the one with the longest stay need not have the most nights."""
    best = campus.best(question)
    assert "SUM" in best.sql or best.confidence <= 0.2


def test_those_of_the_first_are_all_of_them() -> None:
    """The player may have had several trials: one of them is not all."""
    found = league.drafts("minutes of trials of the player with the highest wage")
    assert not [d.sql for d in found if d.sql.endswith("ORDER BY players.wage DESC LIMIT 1")]
