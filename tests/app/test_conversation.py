"""Conversations: remembered turns, and a choice that stands for the question in its reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun import Forerun, Settings
from forerun.app.questions import LONGEST_QUESTION
from forerun.domain import Mode, Status
from forerun.errors import BadInput, EmptyQuestion
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return make_duckdb(
        tmp_path / "shop.duckdb",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR);"
        "INSERT INTO customers VALUES (1, 'Bremen'), (2, 'Kiel'), (3, 'Kiel');",
    )


async def test_a_choice_is_answered_in_the_reading_it_stands_for(shop: str) -> None:
    """With a threshold that nothing reaches, each choice asked word for word is an answer."""
    async with Forerun(shop, settings=Settings(answer_threshold=1.01)) as forerun:
        conversation = forerun.conversation()
        unsure = await conversation.ask("How many customers are there?")
        assert unsure.status is Status.CLARIFY
        assert unsure.clarification is not None
        chosen = await conversation.ask(unsure.clarification.choices[0])
    assert chosen.status is Status.ANSWERED
    assert chosen.question == "How many customers are there?"
    assert chosen.rows is not None
    assert chosen.rows.rows == ((3,),)
    assert len(conversation.turns) == 1


async def test_a_choice_never_leads_back_to_itself(shop: str) -> None:
    """Where a word is unknown, a reading without it can be chosen, and is answered."""
    async with Forerun(shop) as forerun:
        conversation = forerun.conversation()
        unsure = await conversation.ask("zorgled customers")
        assert unsure.clarification is not None
        choices = unsure.clarification.choices
        assert len(unsure.clarification.drafts) == len(choices) > 0
        chosen = await conversation.ask(choices[0])
    assert chosen.status is Status.ANSWERED


@pytest.mark.parametrize("question", ["\x00\x07\x1b", "\u0085", " \t\n"])
async def test_nothing_but_control_characters_is_no_question(shop: str, question: str) -> None:
    """What cannot be seen was not asked."""
    async with Forerun(shop) as forerun:
        with pytest.raises(EmptyQuestion, match="question is empty"):
            await forerun.ask(question)


@pytest.mark.parametrize("question", ["how many\x07customers?", "how many customers? \udce9"])
async def test_characters_that_are_none_do_no_harm(shop: str, question: str) -> None:
    """Control characters part words; half a character is a word that nobody knows."""
    async with Forerun(shop) as forerun:
        answer = await forerun.ask(question)
    assert answer.question.isprintable()


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan")])
async def test_a_timeout_needs_time(shop: str, timeout_s: float) -> None:
    """No time at all is a slip, not a deadline. The database may be given as a path."""
    async with Forerun(Path(shop)) as forerun:
        with pytest.raises(BadInput, match="timeout"):
            await forerun.ask("How many customers are there?", timeout_s=timeout_s)


async def test_sql_may_be_longer_than_a_question(shop: str) -> None:
    """Long lists are written by programs; no SQL at all is said to be that."""
    async with Forerun(shop) as forerun:
        cities = ", ".join(f"'city {n}'" for n in range(1_000))
        sql = f"SELECT count(*) FROM customers WHERE city IN ('Kiel', {cities})"
        assert len(sql) > LONGEST_QUESTION
        assert (await forerun.sql(sql)).status is Status.ANSWERED
        with pytest.raises(EmptyQuestion, match="no SQL"):
            await forerun.sql(" \n")


async def test_only_answered_turns_are_remembered(shop: str) -> None:
    """A question about nothing in the data leaves no trace in the conversation."""
    async with Forerun(shop) as forerun:
        conversation = forerun.conversation()
        refused = await conversation.ask("Who painted the Mona Lisa?")
        assert refused.status is not Status.ANSWERED
        assert not conversation.turns
        answered = await conversation.ask("How many customers are there?")
        assert [turn.question for turn in conversation.turns] == [answered.question]


async def test_both_paths_go_on_from_what_was_answered_alike(shop: str) -> None:
    """A conversation has the same answers on the sequential and on the parallel path."""
    turns = (
        "List the customers in Kiel",
        "How many of them are there?",
        "and what is the weather?",
    )
    told = []
    for mode in (Mode.SEQUENTIAL, Mode.HYBRID):
        async with Forerun(shop, settings=Settings(answer_threshold=0.6)) as forerun:
            conversation = forerun.conversation()
            answers = [await conversation.ask(text, mode=mode) for text in turns]
        told.append([(a.status, a.standalone, a.sql, a.summary, a.confidence) for a in answers])
    assert told[0] == told[1]
    assert [answer[0] for answer in told[0][:2]] == [Status.ANSWERED] * 2
    assert "COUNT" in str(told[0][1][2])
    assert "Kiel" in str(told[0][1][2])


async def test_a_question_asked_back_about_can_be_referred_to(shop: str) -> None:
    """It is no remembered turn, but what comes next is read after it."""
    async with Forerun(shop, settings=Settings(answer_threshold=1.01)) as forerun:
        conversation = forerun.conversation()
        unsure = await conversation.ask("List the customers in Kiel")
        after = await conversation.ask("How many of them are there?")
    assert not conversation.turns
    assert unsure.status is after.status is Status.CLARIFY
    assert after.clarification is not None
    assert "Kiel" in after.clarification.drafts[0].sql
