"""No two questions that ask for different things have the same essence."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.parsing import essence
from tests.cases import pairs
from tests.cases.pairs import NOW, Pair

TODAY = NOW.date()
ASKED = sorted({question for pair in pairs.apart() for question in (pair.a, pair.b)})
WITH_NUMBERS = [question for question in ASKED if re.search(r"\d", question)]
NEGATIONS = ("not", "no", "never", "without", "except", "none")
KINDS = ("negation", "reversal", "bound", "number", "literal", "time", "measure", "group", "limit",
         "order", "scope")  # fmt: skip


def said(question: str) -> tuple[str, ...]:
    return essence(question, TODAY)


@pytest.mark.parametrize("pair", pairs.apart(), ids=str)
def test_questions_apart_are_told_apart_by_their_words(pair: Pair) -> None:
    """Whatever the parser makes of both: their words alone keep them from sharing."""
    assert said(pair.a) != said(pair.b)


def test_development_questions_apart_are_told_apart_by_their_words(data: Path) -> None:
    """The same for edits of real questions, in every kind of difference."""
    asked = pairs.apart(data)
    assert len(asked) >= 500
    assert {pair.kind for pair in asked} == set(KINDS)
    assert not [str(pair) for pair in asked if said(pair.a) == said(pair.b)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("List all singers.", "show the singers"),
        ("How many singers are there?", "What is the number of singers?"),
        ("singers over 10% of sales", "singers over 10 % of sales"),
        ("Which singers don't sing?", "Which singers do not sing?"),
        ("singers' names", "names of the singers"),
        ("top five songs", "top 5 songs"),
        ("cities with over 1,000 people", "cities that have more than 1000 people"),
    ],
)
def test_words_that_say_nothing_are_left_out(one: str, other: str) -> None:
    """So are different ways to say the very same."""
    assert said(one) == said(other)


@settings(deadline=None)
@given(st.sampled_from(WITH_NUMBERS), st.integers(0, 10**6), st.data())
def test_another_number_is_another_question(question: str, other: int, draw: st.DataObject) -> None:
    """Whichever number of whichever question changes."""
    found = draw.draw(st.sampled_from(list(re.finditer(r"\d+(?:[.,]\d+)?", question))))
    changed = f"{question[: found.start()]}{other}{question[found.end() :]}"
    if other != int(re.sub(r"\D", "", found.group())):
        assert said(changed) != said(question)


@settings(deadline=None)
@given(st.sampled_from(ASKED), st.sampled_from(NEGATIONS), st.data())
def test_a_negation_more_is_another_question(
    question: str, negation: str, draw: st.DataObject
) -> None:
    """Wherever it is put in."""
    words = question.split()
    at = draw.draw(st.integers(0, len(words)))
    assert said(" ".join([*words[:at], negation, *words[at:]])) != said(question)


@settings(deadline=None)
@given(st.sampled_from(ASKED), st.from_regex(r"[A-Z][a-z]{1,9}[xzq]", fullmatch=True), st.data())
def test_another_name_is_another_question(question: str, name: str, draw: st.DataObject) -> None:
    """Whatever name is added, quoted or not, anywhere but at the very beginning."""
    words = question.split()
    at = draw.draw(st.integers(1, len(words)))
    named, quoted = (" ".join([*words[:at], said_, *words[at:]]) for said_ in (name, f"'{name}'"))
    assert len({said(question), said(named), said(quoted)}) == 3


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_has_an_essence(text: str) -> None:
    """It never raises, and is a function of text and day alone."""
    assert essence(text, date(2025, 1, 1)) == essence(text, date(2025, 1, 1))


def test_last_month_is_another_month_a_month_later() -> None:
    """What the words mean today is part of them; a question without a time has no date."""
    later = date(2026, 2, 1)
    assert essence("orders last month", TODAY) != essence("orders last month", later)
    assert essence("orders per region", TODAY) == essence("orders per region", later)


def test_the_us_is_not_us() -> None:
    """Words that say nothing count where they are written as names."""
    assert said("customers in the US") != said("customers in the us")
    assert said("songs by The Who") != said("songs by")


def test_order_counts_where_places_could_be_changed() -> None:
    """Reversals have the very same words."""
    assert said("more orders than returns per shop") != said("more returns than orders per shop")
    assert said("from May to June") != said("from June to May")
    assert said("bought bikes but not lights") != said("bought lights but not bikes")
    assert said("for each city, how many shops") == said("how many shops for each city")
