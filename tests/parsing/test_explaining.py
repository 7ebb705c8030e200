"""Explanations: the same reading as an answer's, word by word, and why it hesitates."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Said, Table, Understood
from forerun.parsing.confidence import trees
from forerun.parsing.hesitating import CONCERNS
from forerun.parsing.weighing import signs_of
from tests.parsing import shop
from tests.parsing.shop import NOW
from tests.parsing.test_golden import SOME_GOLDEN, Golden
from tests.parsing.test_parser import questions


def said(question: str) -> dict[str, Said]:
    """What became of the words, by the words."""
    return {each.words: each for each in parsing.explain(question, shop.catalog(), NOW).said}


def test_each_mention_is_linked_to_its_part_of_the_plan() -> None:
    """Cues stand before their mention; tables, columns and conditions are named."""
    words = said("How many customers are there per country in 2024 with segment Retail?")
    assert (words["customers"].lead, words["customers"].part) == ("How many", "counted")
    assert words["customers"].target == "customers"
    assert (words["country"].part, words["country"].target) == ("grouped by", "customers.country")
    assert words["in 2024"].target == "customers.joined_on in 2024"
    assert words["Retail"].target == "customers.segment = Retail"


@pytest.mark.parametrize(
    ("question", "words", "part", "target"),
    [
        ("Top 5 products by amount", "5", "how many rows", "5"),
        ("Which products cost more than 300?", "300", "condition", "products.price > 300"),
        ("Which customers have more than 10 orders?", "10", "condition on a group",
         "number of orders is more than 10"),
        ("total amount per quarter", "quarter", "grouped by quarter", "orders.order_date"),
        ("Which employee has the highest salary?", "salary", "ranked by (highest first)",
         "employees.salary"),
        ("What is the average salary of employees?", "salary", "shown as average",
         "employees.salary"),
    ],
)  # fmt: skip
def test_parts_in_words(question: str, words: str, part: str, target: str) -> None:
    """What each role is called, and what it stands for."""
    found = said(question)[words]
    assert (found.part, found.target) == (part, target)


def test_unknown_and_dropped_words_are_marked() -> None:
    """A word that means nothing here is told where it stands, and forbids an answer."""
    explained = parsing.explain("How many customers are there in Atlantis?", shop.catalog(), NOW)
    last = explained.said[-1]
    assert (last.words, last.understood) == ("Atlantis", Understood.UNKNOWN)
    assert [veto.words for veto in explained.vetoes] == [
        "“Atlantis” looks like a name that the data does not hold."
    ]
    assert all(each.without is None for each in explained.hesitations)


def test_a_tie_is_what_it_hesitates_at() -> None:
    """Two columns that fit equally well: told as cost, as runner-up, and as question."""
    columns = tuple(
        Column(name, "TEXT", Kind.TEXT, samples=(name,)) for name in ("home_city", "work_city")
    )
    people = Table("people", (Column("id", "INTEGER", Kind.INTEGER), *columns), primary_key=("id",))
    catalog = Catalog("c", "sqlite", (people,))
    explained = parsing.explain("number of people per city", catalog, NOW)
    assert explained.hesitations[0].words == "Another reading is nearly as good."
    assert explained.hesitations[0].without is not None
    assert explained.hesitations[0].without > explained.probability
    assert explained.runners_up[0].differs == ("by home city", "by work city")
    assert explained.asks == "Do you mean by home city or by work city?"


def test_a_foreign_question_has_no_reading() -> None:
    """Its words are shown as unknown."""
    explained = parsing.explain("Who wrote the opera Parsifal?", shop.catalog(), NOW)
    assert explained.reading is None
    assert Understood.UNKNOWN in {each.understood for each in explained.said}


@pytest.mark.parametrize("case", SOME_GOLDEN)
def test_an_explanation_tells_what_the_parser_does(case: Golden) -> None:
    """The same reading, SQL, probability and question back; every word of the question once."""
    explained = parsing.explain(case.question, shop.catalog(), NOW)
    parsed = shop.parsed(case.question)
    if parsed.drafts:
        best = parsed.drafts[0]
        assert (explained.reading, explained.sql) == (best.reading, best.sql)
        assert explained.probability == best.confidence
        assert [other.sql for other in explained.runners_up] == [d.sql for d in parsed.drafts[1:]]
        assert explained.asks == (parsed.clarification and parsed.clarification.question)
    told = re.findall(r"\w+", " ".join(f"{each.lead} {each.words}" for each in explained.said))
    assert told == re.findall(r"\w+", case.question)[: len(told)]
    assert [each.words for each in explained.said if each.understood is Understood.UNKNOWN] == [
        *parsed.unknown
    ]


@settings(deadline=None, max_examples=50)
@given(questions | st.text(max_size=80))
def test_no_text_breaks_an_explanation(text: str) -> None:
    """Any text gives an explanation, of no more than is in it."""
    explained = parsing.explain(text, shop.catalog(), NOW)
    assert all(each.lead in text and each.words in text for each in explained.said)


def test_every_fitted_sign_has_words() -> None:
    """Whoever adds a sign to the confidence says here what it means to an asker."""
    told = {sign for concern in CONCERNS for sign in concern.signs}
    assert {sign for tree in trees() for sign in signs_of(tree)} <= told
