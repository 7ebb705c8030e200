"""Follow-ups go on from what was answered, in its words or its plan, or are left alone."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table, Turn
from forerun.parsing import Parsed, parser
from forerun.parsing.rewording import reworded
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
ANSWER = parsing.Thresholds().answer
TOP = "Top 5 products by amount in 2025"
PER_COUNTRY = "How many customers are there per country?"
IN_FRANCE = "Show the names of customers in France"
ORDERS = "number of orders by month"
CASES = [
    json.loads(line)
    for line in (shop.CASES.parent / "conversations" / "shop.jsonl").read_text("utf-8").splitlines()
]

LETTERS = Catalog(
    "letters",
    "sqlite",
    (
        Table(
            "people",
            (
                Column("person_id", "INTEGER", Kind.INTEGER, nullable=False),
                Column("first_name", "TEXT", Kind.TEXT),
                Column("city", "TEXT", Kind.TEXT, samples=("Kiel", "Bremen")),
            ),
            primary_key=("person_id",),
        ),
        Table(
            "letters",
            (
                Column("letter_id", "INTEGER", Kind.INTEGER, nullable=False),
                Column("subject", "TEXT", Kind.TEXT),
                Column("date", "DATE", Kind.DATE),
                Column("sender_id", "INTEGER", Kind.INTEGER),
                Column("receiver_id", "INTEGER", Kind.INTEGER),
            ),
            primary_key=("letter_id",),
            foreign_keys=(
                ForeignKey(("sender_id",), "people", ("person_id",)),
                ForeignKey(("receiver_id",), "people", ("person_id",)),
            ),
        ),
    ),
)


def _reworded(question: str, before: str) -> str | None:
    return reworded(question, before, parser.indexed(shop.catalog()), NOW.date())


def _held(turns: Sequence[str]) -> Parsed:
    """The parse of the last turn, each turn before it answered with its best draft."""
    parsed = parsing.parse(turns[0], shop.catalog(), NOW)
    for before, question in pairwise(turns):
        assert parsed.drafts, before
        turn = Turn(before, parsed.standalone or before, parsed.drafts[0].sql)
        parsed = parsing.parse_after(question, turn, shop.catalog(), NOW)
    return parsed


@cache
def _database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    shop.fill(connection)
    return connection


def _rows(sql: str) -> list[tuple[str, ...]]:
    found = [tuple(sorted(map(str, row))) for row in _database().execute(sql).fetchall()]
    return found if "ORDER BY" in sql else sorted(found)


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (TOP, "and in 2024?", "Top 5 products by amount in 2024?"),
        (TOP, "what about last year?", "Top 5 products by amount last year?"),
        (TOP, "top 10", "Top 10 products by amount in 2025?"),
        (TOP, "for the Falkon brand", "Top 5 products by amount in 2025 for Falkon?"),
        (PER_COUNTRY, "per segment instead", "How many customers are there per segment?"),
        (PER_COUNTRY, "only retail", "How many customers are there per country for retail?"),
        ("How many customers are in France?", "and Germany?", "How many customers are in Germany?"),
        ("How many orders in March 2024?", "since April 2024",
         "How many orders since April 2024?"),
        (ORDERS, "by quarter instead", "number of orders by quarter?"),
        (ORDERS, "since March 2025", "number of orders by month since March 2025?"),
        ("total amount", "by month", "total amount per month?"),
        ("total amount", "2024", "total amount in 2024?"),
    ],
)  # fmt: skip
def test_like_replaces_like(before: str, question: str, expected: str) -> None:
    """A time replaces a time, a value one of its column, a grouping a grouping; or it is added."""
    assert _reworded(question, before) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many stores are there?", "list all products", "thanks", "why?", "",
        "what about unicorns?", "Which store has the highest amount?",
    ],
)  # fmt: skip
def test_whole_questions_and_foreign_words_are_not_reworded(question: str) -> None:
    """What stands alone, or what is not understood, is left in its own words."""
    assert _reworded(question, TOP) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: " > ".join(case["turns"]))
def test_golden_conversations_end_in_the_right_rows(case: dict[str, list[str]]) -> None:
    """The last turn's best draft gives the rows of the case's SQL, in its order."""
    parsed = _held(case["turns"])
    assert parsed.drafts
    assert Counter(_rows(parsed.drafts[0].sql)) == Counter(_rows(str(case["sql"])))
    if "ORDER BY" in case["sql"]:
        assert _rows(parsed.drafts[0].sql) == _rows(str(case["sql"]))


@pytest.mark.parametrize("question", ["thanks", "why?", "", "what about unicorns?", "ok great"])
def test_chatter_is_no_question(question: str) -> None:
    """Nothing said about the data gives no draft, rather than the earlier answer again."""
    assert not _held([TOP, question]).drafts


def test_an_edit_is_told_in_words_that_need_no_conversation() -> None:
    """What is handed to models, and to the asker, names the rows that "their" stands for."""
    told = _held([IN_FRANCE, "What are their segments?"]).standalone
    assert told == "segment; where country of customers is France"


def test_the_answered_sql_counts_whoever_wrote_it() -> None:
    """After a model's query, "their" means the rows of that query, not of the words before it."""
    turn = Turn(
        "the big ones", "the big ones", "SELECT name FROM customers WHERE segment = 'Retail'"
    )
    parsed = parsing.parse_after("how many of them are there?", turn, shop.catalog(), NOW)
    assert parsed.drafts[0].sql.endswith("WHERE segment = 'Retail'")
    assert parsed.drafts[0].sql.startswith("SELECT COUNT(*)")


def test_what_points_back_at_nothing_is_not_answered() -> None:
    """Without a conversation nobody knows who "they" are."""
    for question in ("What are their names?", "Also show the city of those customers"):
        parsed = parsing.parse(question, shop.catalog(), NOW)
        assert all(draft.confidence <= 0.2 for draft in parsed.drafts)


def test_an_edit_is_no_surer_than_what_it_edits() -> None:
    """After a question that was only asked back about, what refers to it is asked back as well."""
    unclear = "Show the famous customers in France"
    sure = parsing.parse_after(
        "What are their segments?", Turn(IN_FRANCE, IN_FRANCE, None), shop.catalog(), NOW
    )
    unsure = parsing.parse_after(
        "What are their segments?", Turn(unclear, unclear, None), shop.catalog(), NOW
    )
    assert unsure.drafts[0].sql == sure.drafts[0].sql
    assert unsure.drafts[0].confidence < 0.5 < sure.drafts[0].confidence


def _after(question: str, sql: str, sure: float = 1.0) -> Parsed:
    turn = Turn("the earlier question", "the earlier question", sql, sure=sure)
    return parsing.parse_after(question, turn, shop.catalog(), NOW)


def test_what_words_and_plan_agree_on_is_answered() -> None:
    """A filter more on a ranking is sure enough to be answered, and drops no earlier one."""
    parsed = _held([TOP, "only the Falkon brand", "and in 2024?"])
    best = parsed.drafts[0]
    assert best.confidence >= parsing.Thresholds().answer
    assert "Falkon" in best.sql
    assert "2024" in best.sql
    assert "2026" not in best.sql


def test_another_column_after_what_about_is_asked_about() -> None:
    """Instead of the earlier condition, or as well? Nobody knows."""
    parsed = _held(["How many customers are in France?", "what about business customers?"])
    assert parsed.standalone is None or "France" not in parsed.standalone.split(";")[0]


def test_a_chain_of_doubts_grows_no_surer() -> None:
    """What is changed of an unsure reading is as unsure, and less."""
    sql = "SELECT name FROM customers WHERE country = 'France'"
    sure = _after("how many of them are there?", sql).drafts[0]
    unsure = _after("how many of them are there?", sql, sure=0.4).drafts[0]
    assert unsure.sql == sure.sql
    assert unsure.confidence == pytest.approx(sure.confidence * 0.4, abs=0.01)


@pytest.mark.parametrize(
    "question", ["what are their names?", "how many of those customers are in France?"]
)
def test_what_no_plan_says_cannot_be_gone_on_from(question: str) -> None:
    """After a query of another shape, what points at its rows is never answered."""
    sql = "SELECT name, ROW_NUMBER() OVER (ORDER BY name) FROM customers"
    assert all(draft.confidence <= 0.5 for draft in _after(question, sql).drafts)


def test_those_are_not_all() -> None:
    """A reading that stands alone is no answer to a question about "those"."""
    parsed = _held(["How many orders are there?", "How many customers made those orders?"])
    for draft in parsed.drafts:
        alone = "WHERE" not in draft.sql and "orders" not in draft.sql
        assert not alone or draft.confidence <= 0.2


def test_another_subject_is_as_sure_as_ever() -> None:
    """Of other tables than before nothing can have been left unsaid; of the same ones it can."""
    asked = "How many orders were there in 2024?"
    alone = parsing.parse(asked, shop.catalog(), NOW).drafts[0]
    about_products = "SELECT name FROM products WHERE price > 10"
    changed = _after(asked, about_products).drafts[0]
    assert (changed.sql, changed.confidence) == (alone.sql, alone.confidence)
    same = _after(asked, "SELECT order_id FROM orders WHERE status = 'shipped'").drafts[0]
    assert same.confidence < alone.confidence


@pytest.mark.parametrize("question", ["growth", "as a running total", "cumulative"])
def test_a_word_for_a_window_alone_is_a_follow_up_too(question: str) -> None:
    """It names nothing of the data, and goes on from a figure per month all the same."""
    parsed = _held((ORDERS, question))
    assert parsed.drafts or parsed.clarification is not None


def test_a_row_is_asked_for_not_a_figure() -> None:
    """ "Which one has the most?" is about what was counted, and a key has no maximum."""
    best = _held([PER_COUNTRY, "which one has the most?"]).drafts[0]
    assert best.sql.startswith("SELECT country")
    assert best.sql.endswith("ORDER BY COUNT(*) DESC LIMIT 1")


def test_a_whole_question_is_a_new_one() -> None:
    """What names its own tables and points at nothing is read as if nothing had been said."""
    asked = "How many customers are there per country?"
    turn = Turn(TOP, TOP, None)
    assert parsing.parse_after(asked, turn, shop.catalog(), NOW).drafts[0].sql == (
        parsing.parse(asked, shop.catalog(), NOW).drafts[0].sql
    )


def test_the_same_join_as_before() -> None:
    """Of two keys between two tables, the earlier query's goes on to be the one."""
    before = (
        "SELECT letters.subject FROM letters JOIN people ON letters.{} = people.person_id "
        "WHERE people.city = 'Kiel'"
    )
    for key in ("sender_id", "receiver_id"):
        sql = before.format(key)
        turn = Turn("the earlier question", "the earlier question", sql)
        drafts = parsing.parse_after("What are their dates?", turn, LETTERS, NOW).drafts
        assert f"letters.{key} = people.person_id" in drafts[0].sql
        assert all(f"letters.{key}" in d.sql for d in drafts if "Kiel" in d.sql)


def test_each_of_them_is_each_row() -> None:
    """ "For each of them" tells rows of one name apart: they are grouped by their key as well."""
    best = _held([IN_FRANCE, "For each of them, also show the number of orders"]).drafts[0]
    assert best.sql.startswith("SELECT customers.name, COUNT(*)")
    assert best.sql.endswith("GROUP BY customers.customer_id, customers.name")
    assert "France" in best.sql


def test_figures_are_added_to_figures() -> None:
    """ "Also the maximum" keeps the average that was shown; "and the maximum?" does not."""
    average = "SELECT AVG(price) FROM products"
    assert "AVG(price)" in _after("Also show the maximum.", average).drafts[0].sql
    assert "AVG(price)" not in _after("and the maximum?", average).drafts[0].sql


def test_none_of_those_that_had_some() -> None:
    """ "And those without any?" is no longer about the partners that were joined before."""
    sql = "SELECT customers.name FROM customers JOIN orders USING (customer_id)"
    best = _after("How about those without any orders?", sql).drafts[0]
    assert best.sql.count("orders") == best.sql.split("NOT", 1)[1].count("orders")


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("What's the name of that customer?",
         "SELECT COUNT(*) FROM customers JOIN orders USING (customer_id) "
         "GROUP BY customers.customer_id ORDER BY COUNT(*) DESC LIMIT 1"),
        ("What are their names?",
         "SELECT COUNT(*) FROM customers JOIN orders USING (customer_id) "
         "GROUP BY customers.customer_id HAVING COUNT(*) > 10"),
        ("What are the order dates of those orders?",
         "SELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id "
         "ORDER BY COUNT(*) DESC LIMIT 1"),
    ],
)  # fmt: skip
def test_that_one_stays_that_one(question: str, sql: str) -> None:
    """What is asked of the rows that were shown keeps the rank, or the figure, that chose them."""
    best = _after(question, sql).drafts[0]
    assert "LIMIT 1" in best.sql or "HAVING COUNT(*) > 10" in best.sql


def test_the_first_one_is_one() -> None:
    """A place in what was shown is a row: a list is never answered."""
    sql = "SELECT city FROM people ORDER BY city"
    turn = Turn("the earlier question", "the earlier question", sql)
    drafts = parsing.parse_after("What about the first one?", turn, LETTERS, NOW).drafts
    assert drafts
    assert all(draft.confidence <= 0.2 or "LIMIT 1" in draft.sql for draft in drafts)


@given(st.text(max_size=60), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_no_text_breaks_a_follow_up(question: str, before: str, sql: str | None) -> None:
    """Any texts give a parse."""
    turn = Turn(before, before, sql)
    assert isinstance(parsing.parse_after(question, turn, shop.catalog(), NOW), Parsed)


@pytest.mark.parametrize(
    ("asked_back", "again"),
    [
        ("How many frobnicated customers are there?", "How many customers are there?"),
        ("number of quuxed orders by month", "number of orders by month"),
        ("How many custommers are there in France?", "How many customers are there in France?"),
    ],
)
def test_a_question_said_again_without_what_was_unknown_is_answered(
    asked_back: str, again: str
) -> None:
    """What was asked back about holds down no question that takes nothing from it."""
    first = parsing.parse(asked_back, shop.catalog(), NOW).drafts[0]
    turn = Turn(asked_back, asked_back, first.sql, sure=first.confidence)
    alone = parsing.parse(again, shop.catalog(), NOW).drafts[0]
    after = parsing.parse_after(again, turn, shop.catalog(), NOW).drafts[0]
    assert first.confidence < ANSWER <= alone.confidence
    assert (after.sql, after.confidence) == (alone.sql, alone.confidence)


@pytest.mark.parametrize("again", ["How many customers are there?", "Only those in France"])
def test_what_leaves_something_unsaid_still_goes_on(again: str) -> None:
    """Less than all that was known may mean the rest of it: no surer than before."""
    asked_back = "How many frobnicated customers are there in Germany?"
    first = parsing.parse(asked_back, shop.catalog(), NOW).drafts[0]
    turn = Turn(asked_back, asked_back, first.sql, sure=first.confidence)
    after = parsing.parse_after(again, turn, shop.catalog(), NOW).drafts[0]
    assert after.confidence < ANSWER


def test_a_rewording_is_no_surer_than_what_was_asked_back() -> None:
    """Who was asked back about "average salary" may not mean that of all, nor so by title."""
    unsure = Turn(
        "average salary", "average salary", "SELECT AVG(salary) FROM employees", None, 0.4
    )
    sure = replace(unsure, sure=1.0)
    asked, answered = (
        parsing.parse_after("per job title", turn, shop.catalog(), shop.NOW).drafts[0].confidence
        for turn in (unsure, sure)
    )
    assert asked < parsing.Thresholds().answer <= answered
