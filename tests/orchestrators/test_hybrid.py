"""The hybrid's decisions with their reasons, its way back to sequential, and what cuts it short."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import anyio
import pytest

from forerun.app import Settings
from forerun.domain import (
    Answer,
    Context,
    Draft,
    FallbackCode,
    Fate,
    Mode,
    Origin,
    Progress,
    Question,
    Slice,
    Stage,
    Status,
    Strategy,
)
from forerun.orchestrators import Tracked
from forerun.orchestrators.breaker import State
from forerun.orchestrators.passing import PassingModel
from forerun.ports import Completion, MakeAnswer, OnText, Prompt, Recalled
from forerun.stages import Models
from forerun.testing.faults import Fault
from tests.orchestrators.asking import (
    OTHER,
    OTHER_DRAFT,
    PLAIN,
    UNCLEAR,
    asked,
    calls,
    decided,
    in_world,
    question,
    scripted,
    world,
)
from tests.orchestrators.test_faults import with_fault
from tests.orchestrators.world import EAGER, World, make_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("hybrid") / "shop.duckdb")


def test_sequential_is_the_default(shop: str) -> None:
    """Nothing set: sequential, because the flag is false by default."""
    answer = asked(shop, PLAIN)
    assert decided(answer) == (Strategy.SEQUENTIAL, "default", "ENABLE_PARALLEL is false.")
    assert answer.decision is not None
    assert (answer.decision.threshold, answer.decision.predicted_seconds) == (30.0, None)
    assert (answer.status, answer.speculation) == (Status.ANSWERED, ())
    assert not answer.fallback.used


@pytest.mark.parametrize(
    ("settings", "source", "strategy"),
    [
        (replace(EAGER, enable_parallel=True), "settings", Strategy.PARALLEL),
        (
            Settings.read(
                {"ENABLE_PARALLEL": "yes", "PARALLEL_THRESHOLD": "0", "FORERUN_STATE": "memory"}
            ),
            "environment",
            Strategy.PARALLEL,
        ),
        (
            Settings.read({"ENABLE_PARALLEL": "off", "FORERUN_STATE": "memory"}),
            "environment",
            Strategy.SEQUENTIAL,
        ),
    ],
)
def test_the_flag_says_where_it_came_from(
    shop: str, settings: Settings, source: str, strategy: Strategy
) -> None:
    """Given in code or by the environment, on or off."""
    assert decided(asked(shop, settings))[:2] == (strategy, source)


def test_modes_override_the_flag(shop: str) -> None:
    """The asker's word counts: parallel with the flag off, sequential with it on."""
    answer = asked(shop, PLAIN, Mode.PARALLEL)
    reason = "The parallel path was asked for."
    assert decided(answer) == (Strategy.PARALLEL, "mode", reason)
    assert answer.decision is not None
    assert answer.decision.predicted_seconds is not None
    answer = asked(shop, EAGER, Mode.SEQUENTIAL)
    reason = "The sequential path was asked for."
    assert decided(answer) == (Strategy.SEQUENTIAL, "mode", reason)
    assert answer.speculation == ()


def test_the_threshold_is_compared_with_the_prediction(shop: str) -> None:
    """At the predicted seconds parallel, a hair above them sequential; the reason holds both."""
    predicted = asked(shop).decision
    assert predicted is not None
    seconds = predicted.predicted_seconds
    assert seconds is not None
    assert 1 < seconds < 60
    at = asked(shop, replace(EAGER, parallel_threshold=seconds))
    assert decided(at) == (
        Strategy.PARALLEL,
        "settings",
        f"The predicted {seconds:.1f} s of the sequential path reaches PARALLEL_THRESHOLD, "
        f"{seconds:g} s.",
    )
    above = asked(shop, replace(EAGER, parallel_threshold=seconds + 1e-6))
    assert above.decision is not None
    assert above.decision.predicted_seconds == seconds
    assert above.decision.strategy is Strategy.SEQUENTIAL
    assert f"predicted {seconds:.1f} s of the sequential path is below" in above.decision.reason
    assert not above.speculation


def test_without_a_writer_sequential(shop: str) -> None:
    """There is nothing to overlap, also where parallel is asked for."""
    for mode in (Mode.HYBRID, Mode.PARALLEL):
        answer = asked(shop, EAGER, mode, models=Models())
        strategy, _, reason = decided(answer)
        assert strategy is Strategy.SEQUENTIAL
        assert reason == "No model writes here: there is nothing to overlap."


def chosen(shop: str, mode: Mode) -> tuple[Answer, float | None]:
    async def story(made: World) -> tuple[Answer, float | None]:
        hybrid = made.wired.in_mode(mode)

        async def going_on(asked: Question) -> Answer:
            return await hybrid(asked, Progress(draft=Draft(OTHER, Origin.USER, 1.0)))

        answer = await Tracked(going_on, "duckdb", hybrid.name)(question())
        return answer, made.wired.experience.latencies.error()

    return in_world(lambda: world(shop), story)


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.PARALLEL])
def test_a_chosen_reading_goes_sequentially(shop: str, mode: Mode) -> None:
    """The draft that the asker chose is answered as it is: nothing is written, nothing guessed."""
    answer, _ = chosen(shop, mode)
    strategy, _, reason = decided(answer)
    assert strategy is Strategy.SEQUENTIAL
    assert reason == "The asker chose this reading: there is nothing to write."
    assert answer.status is Status.ANSWERED
    assert answer.sql is not None
    assert "id > 3" in answer.sql
    assert answer.speculation == ()
    assert not any(span.stage is Stage.DRAFT for span in answer.trace.spans)


def test_a_chosen_reading_says_nothing_of_predictions(shop: str) -> None:
    """What was predicted included the writer, who was not asked: no error is learned from it."""
    assert chosen(shop, Mode.HYBRID)[1] is None


def test_the_arm_breaker_opens_and_one_probe_closes_it(shop: str) -> None:
    """Ten fallbacks open it; decisions say so; after 20 s one question is on trial, then all go."""

    async def story(made: World) -> None:
        struck, broken = with_fault(made, Stage.REVIEW, Fault.ERROR)
        arm = struck.wired.hybrid.decider.breakers.arm
        for _ in range(10):
            assert arm.refusal() is None
            answer = await struck.ask(question(), Mode.HYBRID)
            assert answer.fallback.used
            assert answer.status is Status.ANSWERED
        assert arm.status().state is State.OPEN
        broken.prompt = broken.call = "nothing"  # type: ignore[union-attr]
        refused = await struck.ask(question(), Mode.HYBRID)
        strategy, _, reason = decided(refused)
        assert strategy is Strategy.SEQUENTIAL
        assert reason.startswith(
            "The breaker is open: the parallel path failed too often; it is tried again in "
        )
        await anyio.sleep(20)
        two: list[Answer] = []

        async def ask() -> None:
            two.append(await struck.ask(question(), Mode.HYBRID))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
        on_trial, waiting = sorted(two, key=lambda each: decided(each)[0])
        assert decided(on_trial)[0] is Strategy.PARALLEL
        assert not on_trial.fallback.used
        assert decided(waiting)[0] is Strategy.SEQUENTIAL
        assert "the parallel path is on trial with another call" in decided(waiting)[2]
        assert arm.status().state is State.CLOSED
        assert decided(await struck.ask(question(), Mode.HYBRID))[0] is Strategy.PARALLEL

    model = scripted(0.1)
    in_world(lambda: world(shop, models=Models(model, model, model, model)), story)


def test_what_is_unanswerable_does_not_open_the_breaker(shop: str) -> None:
    """Fifteen questions that no query answers go parallel, all of them."""

    async def story(made: World) -> None:
        for _ in range(15):
            answer = await made.ask(question("What is the weather?"), Mode.HYBRID)
            assert answer.status is Status.REFUSED
            assert decided(answer)[0] is Strategy.PARALLEL
        assert made.wired.hybrid.decider.breakers.arm.state is State.CLOSED

    in_world(lambda: world(shop), story)


def test_a_full_bulkhead_sends_the_rest_sequentially(shop: str) -> None:
    """With room for one on the parallel path the second goes sequentially; both are answered."""

    async def story(made: World) -> list[Answer]:
        two: list[Answer] = []

        async def ask() -> None:
            two.append(await made.ask(question(), Mode.HYBRID))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
        return two

    two = in_world(lambda: world(shop, replace(EAGER, max_parallel=1)), story)
    assert {answer.status for answer in two} == {Status.ANSWERED}
    by_strategy = {decided(answer)[0]: decided(answer)[2] for answer in two}
    assert by_strategy.keys() == set(Strategy)
    reason = "1 questions are on the parallel path, the most there may be"
    assert by_strategy[Strategy.SEQUENTIAL] == reason


def test_under_load_nothing_is_done_ahead(shop: str) -> None:
    """Above the limit every rung is skipped, and the reason is the load."""
    answer = asked(shop, replace(EAGER, shed_above=0))
    assert decided(answer)[0] is Strategy.PARALLEL
    assert answer.status is Status.ANSWERED
    assert not answer.fallback.used
    assert answer.speculation
    assert {each.outcome for each in answer.speculation} == {Fate.SKIPPED}
    assert all((each.reason or "").startswith("Shed under load: ") for each in answer.speculation)


def test_a_writer_that_asks_back_is_heard(shop: str) -> None:
    """Its clarification is the answer: no fallback, no call made twice, as sequential has it."""
    sequential = asked(shop, mode=Mode.SEQUENTIAL, text=UNCLEAR)
    answer = asked(shop, text=UNCLEAR, draft=OTHER_DRAFT)
    assert decided(answer)[0] is Strategy.PARALLEL
    assert answer.status is Status.CLARIFY
    assert answer.clarification is not None
    assert answer.clarification.choices == ("of orders", "of customers")
    assert answer.clarification == sequential.clarification
    assert not answer.fallback.used
    written = [span for span in answer.trace.spans for call in span.calls if call.role == "writer"]
    assert len([span for span in written if span.branch != "at-once"]) == 1


@dataclass(frozen=True)
class Mute(PassingModel):
    """Never has done with narrating."""

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        if prompt.name.startswith("narrator@"):
            await anyio.sleep_forever()
        return await self.inner.complete(prompt, on_text)


@pytest.mark.parametrize("mode", [Mode.SEQUENTIAL, Mode.PARALLEL])
def test_a_deadline_that_cuts_the_narrator_leaves_the_rows(shop: str, mode: Mode) -> None:
    """Rows and a plain summary in time, marked as partial; that is no failure and no fallback."""
    model = Mute(scripted(0.2))
    answer = asked(shop, mode=mode, within_s=6.0, models=Models(model, model, model, model))
    assert decided(answer)[0].value == mode.value
    assert answer.status is Status.ANSWERED
    assert answer.partial
    assert answer.failure is None
    assert answer.rows is not None
    assert len(answer.rows) == 4
    assert answer.summary
    assert not answer.fallback.used
    assert any("Time ran out" in warning for warning in answer.warnings)
    assert 5_000 < answer.trace.total_ms < 6_000


@dataclass(frozen=True)
class DyingReviewer(PassingModel):
    """The line to it dies at a set time."""

    at: float = 0.0

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        if prompt.name.startswith("reviewer@"):
            await anyio.sleep_until(self.at)
            raise TimeoutError
        return await self.inner.complete(prompt, on_text)


@pytest.mark.parametrize(("dies_at", "answered"), [(4.97, False), (1.5, True)])
def test_no_fallback_begins_without_time_for_it(shop: str, dies_at: float, answered: bool) -> None:
    """Thirty milliseconds before the deadline it is told; with seconds left sequential answers."""

    async def story(made: World) -> Answer:
        began_at = anyio.current_time()
        hybrid = made.wired.hybrid
        model = hybrid.ahead.models.reviewer
        assert model is not None
        dying = replace(hybrid.ahead.models, reviewer=DyingReviewer(model, began_at + dies_at))
        ahead = replace(hybrid.ahead, models=dying)
        struck = World(
            made.resources,
            replace(made.wired, hybrid=replace(hybrid, ahead=ahead)),
            made.model,
        )
        return await struck.ask(question(within_s=5.0), Mode.PARALLEL)

    model = scripted(0.2)
    answer = in_world(lambda: world(shop, models=Models(model, model, model, model)), story)
    assert answer.fallback.used
    assert "TimeoutError" in (answer.fallback.reason or "")
    assert answer.fallback.code is FallbackCode.UNEXPECTED
    assert (answer.status is Status.ANSWERED) is answered
    if not answered:
        assert answer.status is Status.FAILED
        assert answer.failure is not None
        assert answer.failure.code == "deadline_exceeded"
        assert "no time was left" in answer.failure.message
        assert answer.trace.total_ms == pytest.approx(4_970)


@dataclass
class Kept:
    """A cache in memory that counts."""

    answered: Answer | None = None
    looked: int = 0
    kept: list[Answer] = field(default_factory=list)

    async def answer(self, question: Question, make: MakeAnswer) -> Answer:
        self.looked += 1
        if self.answered is None:
            self.kept.append(await make(question, self.recall))
        return self.answered or self.kept[-1]

    async def recall(self, slice_: Slice, context: Context) -> Recalled:
        return Recalled()


def test_the_cache_is_asked_first(shop: str) -> None:
    """A miss is answered and kept; a hit is given back, and nothing else happens at all."""

    async def story(made: World) -> None:
        cache = Kept()
        hybrid = replace(made.wired.hybrid, cache=cache)
        cached = World(made.resources, replace(made.wired, hybrid=hybrid), made.model)
        first = await cached.ask(question(), Mode.HYBRID)
        (cache.answered,) = cache.kept
        assert first.status is Status.ANSWERED
        again = await cached.ask(question(), Mode.HYBRID)
        assert (cache.looked, len(cache.kept)) == (2, 1)
        assert (again.rows, again.sql) == (first.rows, first.sql)
        assert again.decision is None
        assert (again.trace.spans, again.trace.statements, again.trace.total_ms) == ((), (), 0.0)
        assert calls(again) == 0

    in_world(lambda: world(shop), story)
