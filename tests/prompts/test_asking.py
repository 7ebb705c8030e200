"""Every model call is told of once."""

from __future__ import annotations

import anyio
import pytest

from forerun import prompts
from forerun.domain import Usage
from forerun.errors import ModelBusy, ModelUnreachable
from forerun.events import ModelCalled, TextArrived
from forerun.ports import Completion
from forerun.testing import ScriptedModel, recorded_events

pytestmark = pytest.mark.anyio
PROMPT = prompts.render("analyst", tables="t", chosen="", question="q")


async def test_tells_of_a_streamed_call() -> None:
    """Text as it comes, then one event with usage, times and the prompt's name."""
    with recorded_events() as events:
        completion = await prompts.ask(ScriptedModel(["one two"]), PROMPT, stream=True)
    assert "".join(e.text for e in events if isinstance(e, TextArrived)) == "one two"
    called = events[-1]
    assert isinstance(called, ModelCalled)
    assert (called.outcome, called.prompt) == ("ok", PROMPT.name)
    assert called.usage == completion.usage
    assert called.first_token_at is not None
    assert called.started_at <= called.first_token_at <= called.at


async def test_tells_that_a_reply_was_cut_short() -> None:
    """The outcome says so."""
    with recorded_events() as events:
        await prompts.ask(ScriptedModel([Completion("x", Usage(1), "m", cut_short=True)]), PROMPT)
    assert [e.outcome for e in events if isinstance(e, ModelCalled)] == ["cut_short"]


@pytest.mark.parametrize(
    ("error", "cost"), [(ModelBusy("busy"), 0.0), (ModelUnreachable("cut"), None)]
)
async def test_tells_of_a_failed_call(error: Exception, cost: float | None) -> None:
    """By its code; what it cost is unknown unless the call was turned away."""
    with recorded_events() as events, pytest.raises(type(error)):
        await prompts.ask(ScriptedModel([error]), PROMPT)
    [called] = events
    assert isinstance(called, ModelCalled)
    assert called.outcome == error.code  # type: ignore[attr-defined]
    assert called.usage == Usage(model_calls=1, cost_usd=cost)


async def test_tells_of_a_cancelled_call() -> None:
    """A call that the asker did not wait for was still made."""
    with recorded_events() as events, anyio.move_on_after(0.01):
        await prompts.ask(ScriptedModel(["late"], delay_s=60), PROMPT)
    assert [e.outcome for e in events if isinstance(e, ModelCalled)] == ["cancelled"]
