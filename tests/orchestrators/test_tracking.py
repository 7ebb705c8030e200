"""The outermost wrapper: deadline, errors as answers, and the trace it builds from events."""

from __future__ import annotations

from datetime import datetime

import anyio
import pytest

from forerun.domain import Answer, Fallback, Fate, Question, Role, Rung, Stage, Status, Usage
from forerun.domain.branches import MAIN
from forerun.errors import DatabaseUnreachable, EmptyQuestion
from forerun.events import (
    FellBack,
    FoundDone,
    ModelCalled,
    RungLaunched,
    RungSettled,
    StageEnded,
    StageStarted,
    branch,
    current_span,
    emit,
    span,
)
from forerun.orchestrators import Tracked
from forerun.orchestrators.recording import Recorder

NOW = datetime(2026, 1, 1).astimezone()


def question(**changes: float) -> Question:
    return Question("how many?", NOW, deadline=changes.get("deadline"))


def done(asked: Question) -> Answer:
    return Answer(asked.text, Status.ANSWERED, "sqlite", "test", asked.id)


def model_called(tokens: int) -> ModelCalled:
    usage = Usage(1, tokens, 1, 0.01)
    return ModelCalled(Role.WRITER, "test:model", "writer@0", 0.0, None, usage, "ok")


@pytest.mark.anyio
async def test_a_passed_deadline_cancels_the_work_and_is_told() -> None:
    """The inner Answerer is cancelled, its clean-up runs, and the asker gets a failed answer."""
    cleaned = []

    async def slow(asked: Question) -> Answer:
        try:
            await anyio.sleep(60)
        finally:
            cleaned.append(True)
        return done(asked)

    deadline = anyio.current_time() + 0.05
    answer = await Tracked(slow, "sqlite", "test")(question(deadline=deadline))
    assert answer.status is Status.FAILED
    assert answer.failure is not None
    assert answer.failure.code == "deadline_exceeded"
    assert cleaned == [True]


@pytest.mark.anyio
async def test_a_failure_of_the_outside_world_becomes_an_answer() -> None:
    """Code, message and hint of the error are in the answer; nothing is raised."""

    async def broken(asked: Question) -> Answer:
        raise DatabaseUnreachable("No answer from db.", "Is it running?")

    answer = await Tracked(broken, "sqlite", "test")(question())
    assert answer.failure is not None
    assert (answer.failure.code, answer.failure.hint) == ("database_unreachable", "Is it running?")


@pytest.mark.anyio
async def test_what_the_asker_can_put_right_is_raised() -> None:
    """BadInput passes through, for the interface to tell."""

    async def empty(asked: Question) -> Answer:
        raise EmptyQuestion("The question is empty.")

    with pytest.raises(EmptyQuestion):
        await Tracked(empty, "sqlite", "test")(question())


@pytest.mark.anyio
async def test_cancellation_by_the_asker_passes_through() -> None:
    """A cancelled asker gets no answer, failed or otherwise."""

    async def slow(asked: Question) -> Answer:
        await anyio.sleep(60)
        return done(asked)

    answers = []
    with anyio.move_on_after(0.05) as scope:
        answers.append(await Tracked(slow, "sqlite", "test")(question()))
    assert scope.cancelled_caught
    assert answers == []


@pytest.mark.anyio
async def test_model_calls_are_counted_in_the_stage_of_their_branch() -> None:
    """Two branches run the same stage at once; each span holds its own branch's call."""

    async def forked(asked: Question) -> Answer:
        async def one(name: str, tokens: int) -> None:
            with branch(name), span():
                emit(StageStarted(Stage.DRAFT))
                await anyio.sleep(0.01)
                emit(model_called(tokens))
                emit(StageEnded(Stage.DRAFT, "ok"))

        async with anyio.create_task_group() as group:
            group.start_soon(one, "left", 10)
            group.start_soon(one, "right", 32)
        return done(asked)

    answer = await Tracked(forked, "sqlite", "test")(question())
    tokens = {span.branch: span.calls[0].usage.input_tokens for span in answer.trace.spans}
    assert tokens == {"left": 10, "right": 32}
    assert answer.usage == Usage(2, 42, 2, 0.02)
    assert all(0 <= s.start_ms <= s.end_ms <= answer.trace.total_ms for s in answer.trace.spans)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("needed_on", "fate", "saved_ms", "tokens"),
    [
        ("main", Fate.USED, 1500.0, 11),
        ("draft-ahead", Fate.WASTED, 0.0, 33),
        ("candidates", Fate.WASTED, 0.0, 33),
    ],
)
async def test_a_branch_is_used_where_somebody_gets_on_with_what_it_did(
    needed_on: str, fate: Fate, saved_ms: float, tokens: int
) -> None:
    """It was given up, and had made two calls. One is found done by the path that answers: only the
    other one is wasted. Found by a guess, or by a branch that was wasted as well, both are."""

    async def forked(asked: Question) -> Answer:
        for rung in (Rung.WRITE_AHEAD, Rung.CANDIDATES):
            emit(RungLaunched(rung, rung.value))
        made_in = []
        for stage in (Stage.DRAFT, Stage.NARRATE):
            with branch("write-ahead"), span():
                emit(StageStarted(stage))
                emit(model_called(10 if stage is Stage.DRAFT else 21))
                emit(StageEnded(stage, "ok"))
                made_in.append(current_span())
        for rung in (Rung.WRITE_AHEAD, Rung.CANDIDATES):
            emit(RungSettled(rung, rung.value, Fate.WASTED, "it was not needed"))
        with branch(needed_on):
            emit(FoundDone(made_in[1], 1.5))
        return done(asked)

    answer = await Tracked(forked, "sqlite", "test")(question())
    told = answer.speculation[0]
    assert (told.outcome, told.saved_ms, told.wasted_tokens) == (fate, saved_ms, tokens)
    assert [each.wasted for each in answer.trace.spans] == [True, fate is Fate.WASTED]


@pytest.mark.anyio
async def test_an_unknown_price_makes_the_sum_unknown() -> None:
    """A cost that nobody knows is not counted as nothing."""

    async def priced(asked: Question) -> Answer:
        emit(StageStarted(Stage.DRAFT))
        emit(model_called(1))
        emit(ModelCalled(Role.WRITER, "x", "p", 0.0, None, Usage(1, 1, 1, None), "ok"))
        emit(StageEnded(Stage.DRAFT, "ok"))
        return done(asked)

    answer = await Tracked(priced, "sqlite", "test")(question())
    assert answer.usage.cost_usd is None
    assert answer.usage.model_calls == 2


@pytest.mark.anyio
async def test_what_a_fallback_goes_on_with_stays_used_whatever_it_does_afterwards() -> None:
    """Its rows were taken over; that their query was mended later makes no waste of them."""
    recorder = Recorder(0.0)

    def ran(span: int, stage: Stage, branch: str, began: float, ended: float) -> None:
        recorder.hear(StageStarted(stage, span, branch, began))
        recorder.hear(StageEnded(stage, "ok", None, span, branch, ended))

    ran(1, Stage.DRAFT, MAIN, 0.0, 5.0)
    recorder.hear(RungLaunched(Rung.REVIEW, "review", 5.0))
    ran(2, Stage.RUN, "review", 5.0, 6.0)
    kept = frozenset({Stage.DRAFT, Stage.RUN, Stage.REPAIR})
    recorder.hear(FellBack(Fallback(used=True, reason="It is slow."), kept, 6.5))
    ran(3, Stage.REPAIR, MAIN, 7.0, 9.0)
    ran(4, Stage.RUN, MAIN, 9.0, 10.0)
    assert [span.stage for span in recorder.trace().spans if span.wasted] == []
