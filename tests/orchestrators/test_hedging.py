"""A rival for calls that are slow to begin: on asyncio and on trio, on clocks that do not wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import prompts
from forerun.domain import Fate, Role, Rung, Usage
from forerun.errors import ForerunError, ModelBusy, ModelUnreachable
from forerun.events import Event, ModelCalled, RungLaunched, RungSettled, TextArrived, branch
from forerun.orchestrators.hedging import HedgedModel, TokenBucket
from forerun.ports import Completion, ModelAbilities, OnText, Prompt
from forerun.testing import recorded_events
from tests.orchestrators.test_race import backend

pytestmark = pytest.mark.anyio
PROMPT = Prompt("writer@0", Role.WRITER, "system", "user")
ASKED = 7
"""Tokens that the prompt costs."""
DELAY_S = 2.0


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return backend(request.param)


@dataclass(frozen=True)
class Call:
    """How one call goes. Times are seconds, one after the other."""

    says: str = ""
    first_token_s: float = 0.0
    token_s: float = 1.0
    """Before each further word, and before it ends."""
    fails: Exception | None = None
    """Raised instead of ending."""
    streams: bool = True
    heeds: bool = True
    """Its cancellation; otherwise it goes on to its end."""
    cleanup_s: float = 0.0
    """That it takes to end, well, badly or cancelled."""


@dataclass
class Playing:
    """A Model whose calls go as told, in the order in which they begin."""

    calls: list[Call]
    name: str = "playing:model"
    abilities: ModelAbilities = field(default_factory=ModelAbilities)
    begun_at: list[float] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    closed: bool = False

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        number = len(self.begun_at)
        call = self.calls[number]
        self.begun_at.append(anyio.current_time())
        self.prompts.append(prompt)
        try:
            with anyio.CancelScope(shield=not call.heeds):
                await self._play(call, on_text if call.streams else None)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(call.cleanup_s)
            self.ended.append(number)
        return Completion(call.says, self.estimate(prompt, call.says), self.name)

    async def _play(self, call: Call, on_text: OnText | None) -> None:
        await anyio.sleep(call.first_token_s)
        for word in call.says.split():
            if on_text is not None:
                await on_text(word)
            await anyio.sleep(call.token_s)
        if call.fails is not None:
            raise call.fails

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        return Usage(1, ASKED, len(said), 0.5)

    async def aclose(self) -> None:
        self.closed = True


def hedging(
    inner: Playing,
    delay_s: Callable[[Role], float | None] = lambda role: DELAY_S,
    bucket: TokenBucket | None = None,
    on_first_token: Callable[[Role, float], None] = lambda role, seconds: None,
) -> HedgedModel:
    """With a token in its bucket and numbers of its own."""
    return HedgedModel(inner, delay_s, on_first_token, bucket or TokenBucket(held=1), count(1))


@dataclass
class Ear:
    """Keeps what it is told."""

    heard: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> None:
        self.heard.append(text)


def called(events: list[Event]) -> list[ModelCalled]:
    return [event for event in events if isinstance(event, ModelCalled)]


def fates(events: list[Event]) -> list[tuple[Rung, str, Fate]]:
    settled = [event for event in events if isinstance(event, RungSettled)]
    assert all(event.saved_s == 0.0 for event in settled)
    launched = [(e.rung, e.branch) for e in events if isinstance(e, RungLaunched)]
    assert launched == [(event.rung, event.branch) for event in settled]
    return [(event.rung, event.branch, event.fate) for event in settled]


USED = [(Rung.HEDGE, "hedge", Fate.USED)]
WASTED = [(Rung.HEDGE, "hedge", Fate.WASTED)]
STALLS = Call("first voice", first_token_s=600)


async def test_who_speaks_in_time_is_left_alone() -> None:
    """However long the reply is: the trigger is the first token, not the whole time."""
    inner = Playing([Call("a long reply", first_token_s=1, token_s=300)])
    with recorded_events() as events:
        assert (await hedging(inner).complete(PROMPT, ear := Ear())).text == "a long reply"
    assert ear.heard == ["a", "long", "reply"]
    assert (len(inner.begun_at), events) == (1, [])


async def test_the_second_wins_when_the_first_stalls() -> None:
    """It begins after the delay, with the same prompt; the first is cancelled and awaited."""
    inner = Playing([replace(STALLS, cleanup_s=5), Call("second voice", first_token_s=1)])
    began_at = anyio.current_time()
    with recorded_events() as events:
        assert (await hedging(inner).complete(PROMPT, ear := Ear())).text == "second voice"
    assert ear.heard == ["second", "voice"]
    assert inner.begun_at[1] - inner.begun_at[0] == pytest.approx(DELAY_S)
    assert inner.prompts == [PROMPT, PROMPT]
    assert sorted(inner.ended) == [0, 1]
    assert anyio.current_time() - began_at == pytest.approx(DELAY_S + 1 + 5)
    assert fates(events) == USED
    [lost] = called(events)
    assert (lost.branch, lost.outcome, lost.first_token_at) == ("hedge", "cancelled", None)
    assert (lost.role, lost.model, lost.prompt) == (PROMPT.role, inner.name, PROMPT.name)
    assert lost.usage == inner.estimate(PROMPT, "")
    assert lost.started_at == began_at


async def test_the_first_wins_if_it_speaks_before_the_second() -> None:
    """The second is cancelled at once, not at the end of the reply, and costs its prompt."""
    inner = Playing([Call("first", first_token_s=3, token_s=60), Call("x", first_token_s=90)])
    began_at = anyio.current_time()
    with recorded_events() as events:
        completion = await hedging(inner).complete(PROMPT, ear := Ear())
    assert (completion.text, ear.heard) == ("first", ["first"])
    assert inner.ended == [1, 0]
    assert fates(events) == WASTED
    [lost] = called(events)
    assert (lost.branch, lost.outcome) == ("hedge", "cancelled")
    assert (lost.started_at, lost.at) == (began_at + DELAY_S, began_at + 3)


async def test_a_loser_that_goes_on_speaking_is_not_heard() -> None:
    """Its text reaches nobody but its own bill, and its reply does not win though it ends first."""

    stubborn = Call("first voice goes on", first_token_s=4, token_s=0.5, heeds=False)
    inner = Playing([stubborn, Call("second voice", first_token_s=1, token_s=2)])
    with recorded_events() as events:
        completion = await hedging(inner).complete(PROMPT, ear := Ear())
    assert (completion.text, ear.heard) == ("second voice", ["second", "voice"])
    assert inner.ended == [0, 1]
    [lost] = called(events)
    assert lost.usage.output_tokens == len("firstvoicegoeson")
    assert lost.first_token_at is not None


def test_a_first_that_speaks_as_the_second_is_let_in_is_left_alone() -> None:
    """There is no need of a second any more. (On asyncio, where who is woken first runs first.)"""

    class LastMoment(TokenBucket):
        def take(self) -> bool:
            speak.set()
            return True

    class Waiting(Playing):
        async def _play(self, call: Call, on_text: OnText | None) -> None:
            await speak.wait()
            assert on_text is not None
            await on_text(call.says)

    speak, inner = anyio.Event(), Waiting([Call("first")] * 2)
    model = hedging(inner, bucket=LastMoment())
    anyio.run(model.complete, PROMPT, backend_options=backend("asyncio")[1])
    assert len(inner.begun_at) == 1


async def test_who_ends_first_without_a_word_wins() -> None:
    """A model that does not stream has its whole reply as its first token."""
    inner = Playing([STALLS, Call("second", first_token_s=1, streams=False)])
    assert (await hedging(inner).complete(PROMPT)).text == "second"
    assert sorted(inner.ended) == [0, 1]


async def test_streams_for_itself_alone() -> None:
    """Without a listener the first token is heard all the same, and nobody is told of text."""
    inner = Playing([Call("quick", first_token_s=1, token_s=300)])
    with recorded_events() as events:
        await prompts.ask(hedging(inner), PROMPT)
    assert len(inner.begun_at) == 1
    assert [type(event) for event in events] == [ModelCalled]


async def test_a_first_that_fails_in_time_fails() -> None:
    """Failures are for whoever asks to retry: a hedge is against silence."""
    error = ModelBusy("busy")
    inner = Playing([Call(first_token_s=1, fails=error)])
    with recorded_events() as events, pytest.raises(ModelBusy) as raised:
        await hedging(inner).complete(PROMPT)
    assert raised.value is error
    assert events == []


@pytest.mark.parametrize(
    ("error", "usage"),
    [(ModelBusy("busy"), Usage(1)), (ModelUnreachable("cut"), Usage(1, ASKED, 0, 0.5))],
)
async def test_the_second_is_waited_for_when_the_first_fails(
    error: ForerunError, usage: Usage
) -> None:
    """It answers; the first is told of by what it failed with, free if it was turned away."""
    inner = Playing([Call(first_token_s=3, fails=error), Call("saved", first_token_s=9)])
    with recorded_events() as events:
        assert (await hedging(inner).complete(PROMPT)).text == "saved"
    assert fates(events) == USED
    assert [(lost.outcome, lost.usage) for lost in called(events)] == [(error.code, usage)]


async def test_the_first_is_waited_for_when_the_second_fails() -> None:
    """The hedge is wasted, and told of by what it failed with."""
    inner = Playing([Call("first", first_token_s=9), Call(first_token_s=1, fails=ModelBusy("b"))])
    with recorded_events() as events:
        assert (await hedging(inner).complete(PROMPT)).text == "first"
    assert fates(events) == WASTED
    assert [lost.outcome for lost in called(events)] == ["model_busy"]


@pytest.mark.parametrize(("first_s", "second_s"), [(3, 9), (9, 3)])
async def test_both_fail(first_s: float, second_s: float) -> None:
    """The first's error is raised, whoever failed first, with the cause that it has."""
    first, second = ModelUnreachable("first"), ModelBusy("second")
    first.__cause__ = OSError("the line")
    calls = [Call(first_token_s=first_s, fails=first), Call(first_token_s=second_s, fails=second)]
    with recorded_events() as events, pytest.raises(ModelUnreachable) as raised:
        await hedging(Playing(calls)).complete(PROMPT)
    assert raised.value is first
    assert isinstance(raised.value.__cause__, OSError)
    assert fates(events) == WASTED
    assert [lost.outcome for lost in called(events)] == ["model_busy"]


@pytest.mark.parametrize("first", [STALLS, Call(first_token_s=2.5, fails=ModelBusy("first"))])
async def test_a_second_that_breaks_off_is_the_one_that_failed(first: Call) -> None:
    """Its text was heard, so its error is raised; the first is the one that is told of."""
    error = ModelUnreachable("broke off")
    inner = Playing([first, Call("heard", first_token_s=1, fails=error)])
    with recorded_events() as events, pytest.raises(ModelUnreachable) as raised:
        await prompts.ask(hedging(inner), PROMPT, stream=True, on_text=(ear := Ear()))
    assert raised.value is error
    assert ear.heard == ["heard"]
    assert fates(events) == WASTED
    lost, told = called(events)
    assert (lost.branch, lost.usage.output_tokens) == ("hedge", 0)
    assert (told.branch, told.outcome) == ("main", "model_unreachable")


async def test_an_error_of_the_listener_comes_out_as_it_is() -> None:
    """The caller's own exception, in no group, though it is raised in the second call."""

    async def deaf(text: str) -> None:
        raise LookupError(text)

    inner = Playing([STALLS, Call("second", first_token_s=1)])
    with pytest.raises(LookupError, match="second"):
        await hedging(inner).complete(PROMPT, deaf)
    assert sorted(inner.ended) == [0, 1]


@pytest.mark.parametrize(("leaves_after_s", "heard"), [(2.5, []), (4.5, ["second", "voice"])])
async def test_the_asker_leaves(leaves_after_s: float, heard: list[str]) -> None:
    """Both calls are cancelled and awaited, and each is told of once."""
    inner = Playing([replace(STALLS, cleanup_s=1), Call("second voice here", first_token_s=1)])
    with recorded_events() as events, anyio.move_on_after(leaves_after_s) as scope:
        await prompts.ask(hedging(inner), PROMPT, stream=True, on_text=(ear := Ear()))
    assert scope.cancelled_caught
    assert sorted(inner.ended) == [0, 1]
    assert ear.heard == heard
    assert fates(events) == WASTED
    lost, told = called(events)
    assert (lost.branch, lost.outcome, lost.usage.output_tokens) == ("hedge", "cancelled", 0)
    assert (told.branch, told.outcome) == ("main", "cancelled")
    assert told.usage.output_tokens == len("".join(heard))


async def test_every_call_is_told_of_once() -> None:
    """The winner by whoever asks, the loser on the hedge's branch: together they cost both."""
    inner = Playing([STALLS, Call("second voice", first_token_s=1)])
    with recorded_events() as events:
        await prompts.ask(hedging(inner), PROMPT, stream=True)
    lost, won = called(events)
    assert (lost.branch, lost.outcome) == ("hedge", "cancelled")
    assert (won.branch, won.outcome) == ("main", "ok")
    assert (lost.usage + won.usage).model_calls == 2
    assert [e.text for e in events if isinstance(e, TextArrived)] == ["second", "voice"]


async def test_a_hedge_belongs_to_the_branch_that_it_grew_from() -> None:
    """So that who wastes the branch wastes the hedge."""
    model = hedging(Playing([STALLS, Call("second")] * 2), bucket=TokenBucket(held=2))
    with recorded_events() as events, branch("write-ahead"):
        await model.complete(PROMPT)
        await model.complete(PROMPT)
    assert [name for _, name, _ in fates(events)] == ["write-ahead/hedge", "write-ahead/hedge#2"]


async def test_two_hedged_models_share_no_branch() -> None:
    """The accounts of one question keep the hedges of its models apart."""
    inner, bucket = Playing([STALLS, Call("second")] * 2), TokenBucket(held=2)
    with recorded_events() as events:
        for model in (HedgedModel(inner, lambda _: DELAY_S, bucket=bucket) for _ in range(2)):
            await model.complete(PROMPT)
    assert len({name for _, name, _ in fates(events)}) == 2


async def test_none_is_never() -> None:
    """While the usual time is unknown there is no rival; it is learned, and the bucket earns."""
    inner, bucket, seen = Playing([STALLS]), TokenBucket(held=1), dict[Role, float]()
    await hedging(inner, lambda role: None, bucket, seen.__setitem__).complete(PROMPT)
    assert seen == {PROMPT.role: pytest.approx(STALLS.first_token_s)}
    assert bucket.held == pytest.approx(1.1)


async def test_the_delay_is_the_roles_own() -> None:
    """A role that is usually slow gets more time than a quick one."""
    inner = Playing([Call("slow", first_token_s=3), Call("slow", first_token_s=3), Call("quick")])
    model = hedging(inner, {Role.ANALYST: 1.0, Role.WRITER: 5.0}.get)
    assert (await model.complete(PROMPT)).text == "slow"
    assert (await model.complete(replace(PROMPT, role=Role.ANALYST))).text == "quick"


async def test_a_tenth_of_the_calls_is_hedged() -> None:
    """Where every call stalls, every tenth or so gets a rival."""
    inner = Playing([STALLS] * 200)
    model = hedging(inner, bucket=TokenBucket(share=0.1))
    for _ in range(100):
        await model.complete(PROMPT)
    assert 8 <= len(inner.begun_at) - 100 <= 10


@given(st.floats(0, 1), st.integers(1, 9), st.lists(st.booleans(), max_size=200))
def test_the_bucket_caps(share: float, burst: int, wanted: list[bool]) -> None:
    """At no time more hedges than the share of the calls; in a row no more than the burst."""
    bucket, taken = TokenBucket(share, burst), 0
    for calls, want in enumerate(wanted, start=1):
        bucket.earn()
        before = taken
        while want and bucket.take():
            taken += 1
        assert taken <= share * calls + 1e-9
        assert taken - before <= burst


async def test_tells_the_time_to_the_first_token() -> None:
    """Once a call, by the clock of the whole call: what was hedged stays above the usual time."""
    seen: list[float] = []
    calls = [Call("in time", first_token_s=1), STALLS, Call("second voice", first_token_s=0.5)]
    model = hedging(Playing(calls), on_first_token=lambda role, seconds: seen.append(seconds))
    await model.complete(PROMPT)
    await model.complete(PROMPT)
    assert seen == pytest.approx([1, 2.5])


async def test_passes_the_rest_on() -> None:
    """Name, abilities, estimates and closing are those of the model behind it."""
    model = hedging(inner := Playing([]))
    assert (model.name, model.abilities) == (inner.name, inner.abilities)
    assert model.estimate(PROMPT, "abc") == inner.estimate(PROMPT, "abc")
    await model.aclose()
    assert inner.closed
