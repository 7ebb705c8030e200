"""Without a model: sure readings are answered, likely ones only for an asker who allows guesses."""

from __future__ import annotations

from pathlib import Path

import pytest

import forerun
from forerun import Forerun, Settings
from forerun.domain import Answer, Status
from tests.app import people as having

pytestmark = pytest.mark.anyio
LIKELY = "number of people per city"
EVEN = 0.4
"""Two readings that are as good as each other are each less probable than not."""


@pytest.fixture
def people(tmp_path: Path) -> str:
    """Which of two cities is meant is anyone's guess."""
    return having.people(tmp_path / "people.duckdb", [("Bremen", "Kiel"), ("Kiel", "Kiel")])


async def asked(
    people: str, question: str, *, guess: bool | None = None, settings: Settings | None = None
) -> Answer:
    async with Forerun(people, settings=settings or Settings()) as fr:
        return await fr.ask(question, guess=guess)


async def test_a_likely_reading_is_asked_about(people: str) -> None:
    """Nobody is answered by a guess who did not ask for one."""
    answer = await asked(people, LIKELY)
    assert answer.status is Status.CLARIFY
    assert answer.clarification is not None
    assert answer.clarification.question == "Do you mean by home city or by work city?"
    assert len(answer.clarification.drafts) == len(answer.clarification.choices)


@pytest.mark.parametrize(("guess", "setting"), [(True, False), (None, True)])
async def test_a_guess_says_that_it_is_one(people: str, guess: bool | None, setting: bool) -> None:
    """Asked for or set: answered, with the probability and the reading in a warning."""
    answer = await asked(
        people, LIKELY, guess=guess, settings=Settings(guess=setting, guess_threshold=EVEN)
    )
    assert answer.status is Status.ANSWERED
    assert answer.confidence is not None
    assert EVEN <= answer.confidence < 0.85
    assert answer.reading
    (warning,) = answer.warnings
    assert "guess" in warning
    assert f"{answer.confidence:.0%}" in warning
    assert answer.reading in warning


async def test_who_declines_guesses_gets_none(people: str) -> None:
    """What the asker says goes before the setting."""
    answer = await asked(people, LIKELY, guess=False, settings=Settings(guess=True))
    assert answer.status is Status.CLARIFY


async def test_a_sure_reading_is_no_guess(people: str) -> None:
    """Allowing guesses changes nothing where none is needed; the reading is there all the same."""
    answer = await asked(people, "How many people are there?", guess=True)
    assert answer.status is Status.ANSWERED
    assert answer.warnings == ()
    assert answer.reading == "number of people"


async def test_an_unlikely_reading_is_not_even_guessed(people: str) -> None:
    """Below the guess threshold the question is asked back, whatever the asker allows."""
    answer = await asked(people, "How many people are there in Atlantis?", guess=True)
    assert answer.status is Status.CLARIFY
    unlikely = await asked(people, LIKELY, guess=True, settings=Settings(guess_threshold=0.84))
    assert unlikely.status is Status.CLARIFY


async def test_a_chosen_reading_is_no_guess(people: str) -> None:
    """Who picks a reading has said what is meant."""
    async with Forerun(people, settings=Settings()) as fr:
        talk = fr.conversation()
        unsure = await talk.ask(LIKELY)
        assert unsure.clarification is not None
        chosen = await talk.ask(unsure.clarification.choices[1], guess=True)
    assert chosen.status is Status.ANSWERED
    assert chosen.warnings == ()
    assert chosen.reading == unsure.clarification.drafts[1].reading


def test_a_notebook_may_guess(people: str) -> None:
    """The one-line form takes it too."""
    answer = forerun.ask(LIKELY, people, settings=Settings(guess_threshold=EVEN), guess=True)
    assert answer.status is Status.ANSWERED
