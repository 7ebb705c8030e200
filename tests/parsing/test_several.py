"""Several figures of one thing, superlatives behind what they are said of, and other plain English
that no name explains.
"""

from __future__ import annotations

import pytest

from tests.parsing import shop, studio

ANSWERED = [
    ("the number and average age of actors in each town",
     "SELECT town, COUNT(*) AS number_of_actor, AVG(age) AS average_age FROM actor GROUP BY town"),
    ("the average and oldest age of actors",
     "SELECT AVG(age) AS average_age, MAX(age) AS highest_age FROM actor"),
    ("Which genre is the most common?",
     "SELECT genre FROM film WHERE NOT genre IS NULL GROUP BY genre "
     "ORDER BY COUNT(*) DESC LIMIT 1"),
    ("Which genre is the rarest?",
     "SELECT genre FROM film WHERE NOT genre IS NULL GROUP BY genre "
     "ORDER BY COUNT(*) ASC LIMIT 1"),
    ("title of the film whose budget is the highest",
     "SELECT title FROM film ORDER BY budget_usd DESC LIMIT 1"),
    ("top 2 films in terms of budget",
     "SELECT title FROM film ORDER BY budget_usd DESC LIMIT 2"),
    # who is looked for on both sides is not asked for
    ("Which towns have both actors older than 45 and actors younger than 35?",
     "SELECT town FROM actor WHERE age > 45 INTERSECT SELECT town FROM actor WHERE age < 35"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sql"), ANSWERED)
def test_plain_questions_are_answered(question: str, sql: str) -> None:
    """Each is read in the one way in which anybody would, and surely enough to be answered."""
    draft = studio.best(question)
    assert draft.sql == sql
    assert draft.confidence > 0.85


UNDERSTOOD = [
    ("actors with an 'e' in their first name or last name",
     "first_name LIKE '%e%' OR last_name LIKE '%e%'"),
    # the column holds capitals, as far as anybody knows
    ("age of the actor with the first name Dan", "first_name = 'DAN'"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "part"), UNDERSTOOD)
def test_plain_questions_are_understood(question: str, part: str) -> None:
    """If not surely enough to be answered unasked: the first reading is the right one."""
    assert part in studio.best(question).sql


def test_the_number_of_two_kinds_are_two_numbers() -> None:
    """That of the one kind for each of the other is never the answer."""
    found = studio.readings("the numbers of different towns and agencies of actors")
    first = next(sql for sql, names in found if not names)
    assert "COUNT(DISTINCT town)" in first
    assert "COUNT(DISTINCT agency)" in first


def test_her_or_his_is_no_choice() -> None:
    """The "or" between he and she asks for nothing, so that no reading leaves it out."""
    found = studio.readings("Which actor has the most parts? Return his or her age.")
    assert "unmet-or" not in {name for _, names in found for name in names}


def test_an_order_is_no_order_of_rows() -> None:
    """Customers without "an order" are not asked for in any order."""
    found = studio.readings("films without a rank or an order")
    assert "unmet-order" not in {name for _, names in found for name in names}


def test_how_much_one_row_weighs_is_no_total() -> None:
    """Of the youngest actor there is one weight to be told."""
    question = "What is the agency of the youngest actor, and how much does he or she weigh?"
    first = next(sql for sql, names in studio.readings(question) if not names)
    assert first.startswith("SELECT agency, weight_kg FROM actor ORDER BY age")


def test_the_most_common_kind_is_not_the_most_of_a_kind() -> None:
    """Actors with the most popular part are not those with the most parts."""
    most = "GROUP BY actor.actorid, actor.age ORDER BY COUNT(*) DESC LIMIT 1"
    asked = {kind: studio.readings(f"ages of actors with the most {kind}")
             for kind in ("popular part", "parts")}  # fmt: skip
    assert not any(most in sql for sql, _ in asked["popular part"])
    assert any(most in sql for sql, _ in asked["parts"])


def test_rows_that_tell_a_count_are_not_counted() -> None:
    """A screening tells how many came, which a number of screenings may or may not mean."""
    names = dict(studio.readings("How many screenings were there on each day?"))
    counted = [found for sql, found in names.items() if "COUNT(*)" in sql]
    assert counted
    assert all("number-of-numbers" in found for found in counted)


WHEN = [
    ("When was the first order?", "SELECT order_date FROM orders ORDER BY order_date ASC LIMIT 1"),
    ("When was the last order placed?",
     "SELECT order_date FROM orders ORDER BY order_date DESC LIMIT 1"),
    ("When did the newest customer sign up?",
     "SELECT joined_on FROM customers ORDER BY joined_on DESC LIMIT 1"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sql"), WHEN)
def test_when_the_first_was_is_its_day(question: str, sql: str) -> None:
    """Who asks when it was is told the day, not the number of the order."""
    draft = shop.parsed(question).drafts[0]
    assert draft.sql == sql
    assert draft.confidence > 0.85


def test_rows_are_not_ranked_by_what_they_share() -> None:
    """The age of the actor with the highest total is of one actor, not of all of that age."""
    found = studio.readings("What is the age of the actor with the most parts?")
    shared = [names for sql, names in found if "GROUP BY actor.age ORDER" in sql]
    assert shared
    assert all("group-for-row" in names for names in shared)


def test_a_figure_that_was_asked_for_is_not_only_ranked_by() -> None:
    """Who asks for towns and the highest age is told the age, not who has it."""
    found = studio.readings("Show the town and the highest age of actors in each town")
    ranked = [
        names
        for sql, names in found
        if "ORDER BY age" in sql and "age" not in sql.partition(" FROM ")[0]
    ]
    assert ranked
    assert all("figure-left-out" in names for names in ranked)
