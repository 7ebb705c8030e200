"""Conversations: remembered turns, and a choice that stands for the question in its reading."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from forerun import Forerun, Settings
from forerun.domain import Status

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR);"
            "INSERT INTO customers VALUES (1, 'Bremen'), (2, 'Kiel'), (3, 'Kiel');"
        )
    return str(path)


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


async def test_only_answered_turns_are_remembered(shop: str) -> None:
    """A question about nothing in the data leaves no trace in the conversation."""
    async with Forerun(shop) as forerun:
        conversation = forerun.conversation()
        refused = await conversation.ask("Who painted the Mona Lisa?")
        assert refused.status is not Status.ANSWERED
        assert not conversation.turns
        answered = await conversation.ask("How many customers are there?")
        assert [turn.question for turn in conversation.turns] == [answered.question]
