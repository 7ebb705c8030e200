"""The scripted model."""

from __future__ import annotations

import pytest

from forerun.domain import Usage
from forerun.errors import ModelUnreachable
from forerun.events import TextArrived, emit
from forerun.ports import Completion, Model
from forerun.prompts import render
from forerun.testing import ScriptedModel, recorded_events

pytestmark = pytest.mark.anyio
PROMPT = render("analyst", tables="t", chosen="", question="q")


async def test_says_its_script_and_keeps_the_prompts() -> None:
    """Texts, completions and failures in order; usage is counted."""
    given = Completion("given", Usage(1, 2, 3), "m")
    scripted = ScriptedModel(["text", given, ModelUnreachable("gone")])
    model: Model = scripted
    assert (await model.complete(PROMPT)).usage.output_tokens == 1
    assert await model.complete(PROMPT) is given
    with pytest.raises(ModelUnreachable, match="gone"):
        await model.complete(PROMPT)
    with pytest.raises(AssertionError, match="no reply left"):
        await model.complete(PROMPT)
    assert scripted.prompts == [PROMPT] * 4


async def test_streams_what_it_says() -> None:
    """The pieces make up the text."""
    pieces: list[str] = []

    async def hear(text: str) -> None:
        pieces.append(text)

    await ScriptedModel([" one two\nthree "]).complete(PROMPT, hear)
    assert len(pieces) == 3
    assert "".join(pieces) == " one two\nthree "


async def test_hides_the_shape_unless_structured() -> None:
    """A function sees a shape only where the model stands for one that can be held to it."""
    seen = [
        await ScriptedModel(lambda p: str(p.shape is None), structured=structured).complete(PROMPT)
        for structured in (False, True)
    ]
    assert [completion.text for completion in seen] == ["True", "False"]


async def test_events_are_recorded_inside_the_block_alone() -> None:
    """Nothing from before or after."""
    event = TextArrived(PROMPT.role, "x")
    with recorded_events() as events:
        emit(event)
    emit(event)
    assert events == [event]
