"""Told of questions, it derives and writes in the background, and never harms them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import anyio
import pytest

from forerun.app.telemetry import looking_at, open_telemetry, open_traces
from forerun.domain import (
    Answer,
    Assignment,
    Decision,
    Kind,
    Question,
    ResultColumn,
    Rows,
    Trace,
    TraceId,
)
from forerun.errors import BadSetting, MissingExtra, Unavailable
from forerun.ports import ShadowRun
from forerun.telemetry import buffering
from forerun.telemetry import telemetry as module
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.contradictions import Contradictions
from forerun.telemetry.finished import Finished
from forerun.telemetry.sampling import is_within
from forerun.telemetry.store import Wanted
from forerun.telemetry.telemetry import Outlets, Telemetry
from forerun.testing.proxy import misbehaving_proxy
from tests.services import Scratch
from tests.telemetry.samples import START, answer, failed, fell_back, finished, took, with_id

pytestmark = pytest.mark.anyio
QUIET = TelemetryConfig(store="memory", log="none", metrics=False)


def now_finished(**changes: Any) -> Finished:
    """One that has just begun, by the clock."""
    from datetime import UTC, datetime

    return replace(finished(**changes), started_at=datetime.now(UTC))


async def traces(telemetry: Telemetry) -> set[str]:
    return {each.outcome.trace_id for each in (await telemetry.traces(Wanted(), 200)).traces}


async def test_what_is_observed_is_written_in_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By `run`, without a flush; the trace, its figures, all of it."""
    monkeypatch.setattr(module, "WRITE_EVERY_S", 0.01)
    telemetry = open_telemetry(QUIET)
    question = now_finished()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(telemetry.run)
            telemetry.observe(question)
            while not await traces(telemetry):
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
    report = await telemetry.performance(60)
    assert report.questions == 1
    assert report.slowest[0].trace_id == question.answer.trace_id
    await telemetry.aclose()


async def test_what_has_just_ended_is_in_the_figures_and_on_the_first_page() -> None:
    """Whoever asks and then looks sees the question, although its writer has not come round."""
    telemetry = open_telemetry(QUIET)
    telemetry.observe(now_finished())
    assert (await telemetry.performance(60)).questions == 1
    telemetry.observe(now_finished(trace_id=with_id(2, 5)))
    assert len(await traces(telemetry)) == 2
    await telemetry.aclose()


async def test_what_is_left_is_written_at_the_end(tmp_path: Path) -> None:
    """Closing twice closes once."""
    place = str(tmp_path / "t.db")
    telemetry = open_telemetry(replace(QUIET, store=place))
    for _ in range(3):
        telemetry.observe(finished())
    await telemetry.aclose()
    await telemetry.aclose()
    async with looking_at(place) as later:
        assert len(await traces(later)) == 3


async def test_a_full_buffer_drops_and_counts() -> None:
    telemetry = open_telemetry(replace(QUIET, buffer=2))
    for _ in range(5):
        telemetry.observe(finished())
    await telemetry.flush()
    assert telemetry.lost()["buffer"] == 3
    assert len(await traces(telemetry)) == 2
    await telemetry.aclose()


async def test_observing_takes_no_time() -> None:
    """Nothing is derived before the question has gone. In CPU time: others may be at work, too."""
    telemetry = open_telemetry(replace(QUIET, buffer=20_000))
    rows = Rows((ResultColumn("a", "INTEGER", Kind.INTEGER),), ((1,),) * 1_000)
    questions = [finished(rows=rows, chart={"mark": "bar"})] * 10_000
    began = time.thread_time()
    for question in questions:
        telemetry.observe(question)
    assert (time.thread_time() - began) / len(questions) < 100e-6


async def test_a_store_that_is_down_is_asked_again_and_then_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that cannot be written: nothing is raised; when it can be, what follows is there."""
    monkeypatch.setattr(buffering, "FIRST_PAUSE_S", 0.0)
    blocker = tmp_path / "file"
    blocker.write_text("")
    telemetry = open_telemetry(replace(QUIET, store=str(blocker / "t.db")))
    telemetry._writing.pause_s = 0.001
    telemetry.observe(finished())
    await telemetry.flush()
    assert telemetry.lost()["store"] == 1
    assert telemetry._writing.failures == buffering.ATTEMPTS
    blocker.unlink()
    telemetry.observe(finished())
    await telemetry.flush()
    assert len(await traces(telemetry)) == 1
    await telemetry.aclose()


async def test_a_server_that_drops_connections_is_asked_again(postgres: Scratch) -> None:
    """Nothing is lost when it answers in the end, and nothing is there twice."""
    url = urlsplit(postgres.owner_url)
    async with misbehaving_proxy(str(url.hostname), url.port or 5432) as proxy:
        through = url._replace(netloc=url.netloc.rpartition(":")[0] + f":{proxy.port}")
        telemetry = open_telemetry(replace(QUIET, store=urlunsplit(through)))
        telemetry.observe(finished(number=1))
        await telemetry.flush()
        telemetry._writing.pause_s = 0.01
        await proxy.reset()
        telemetry.observe(finished(number=2))
        async with anyio.create_task_group() as group:
            group.start_soon(telemetry.flush)
            with anyio.fail_after(5):
                while not telemetry._writing.failures:
                    await anyio.sleep(0.001)
            proxy.behave()
        assert telemetry.lost()["store"] == 0
        assert len(await traces(telemetry)) == 2
        await telemetry.aclose()


async def test_what_waits_holds_no_rows() -> None:
    """Ten thousand large answers must not fill the memory; that there were rows is known."""
    rows = Rows((ResultColumn("a", "INTEGER", Kind.INTEGER),), ((1,),))
    one = finished(rows=rows, chart={"mark": "bar"}, trace=Trace((), 5.0))
    light = one.without_rows()
    assert light.answer.rows == Rows((), ())
    assert light.answer.chart is None
    telemetry = open_telemetry(QUIET)
    telemetry.observe(one)
    await telemetry.flush()
    assert (await telemetry.trace(one.answer.trace_id)).outcome.first_rows_ms == 5.0
    await telemetry.aclose()


async def test_emptying_ends_although_more_comes() -> None:
    """What comes meanwhile is for the next turn."""

    async def write(batch: Any) -> None:
        for item in batch:
            buffer.put(item + 1)

    buffer = buffering.Buffer[int](write, 100, batch=2)
    for item in range(5):
        buffer.put(item)
    with anyio.fail_after(10):
        await buffer.empty()
    assert len(buffer) == 5  # six were written in three batches, of which one had come meanwhile


@pytest.mark.parametrize(
    ("difference", "of_control", "told"),
    [("3 rows became 4.", False, ["t"]), (None, False, []), ("Other values.", True, [])],
)
def test_shadow_runs_that_differ_are_told(
    difference: str | None, of_control: bool, told: list[str]
) -> None:
    """By the trace that the asker has; the rollout hears of each."""
    heard: list[ShadowRun] = []
    seen: list[str] = []
    question = Question("how many?", START)
    control = answer(trace_id=TraceId("t"))
    run = ShadowRun(question, "simple", control, answer(), 1.0, 1.0, difference, of_control)
    Contradictions(Hearing(heard), seen.append).shadowed(run)
    assert (heard, seen) == ([run], told)


@dataclass
class Hearing:
    """A rollout that is told of shadow runs only."""

    runs: list[ShadowRun]

    def assign(self, question: Question, complexity: str) -> Assignment:
        raise NotImplementedError

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        raise NotImplementedError

    def shadowed(self, run: ShadowRun) -> None:
        self.runs.append(run)


async def test_a_question_that_nothing_can_be_made_of_costs_the_others_nothing() -> None:
    """A fault of ours is counted."""
    telemetry = open_telemetry(QUIET)
    strange = finished()
    broken: Any = None
    telemetry.observe(replace(strange, answer=replace(strange.answer, trace=broken)))
    telemetry.observe(finished())
    await telemetry.flush()
    assert telemetry.lost()["faults"] == 1
    assert len(await traces(telemetry)) == 1
    await telemetry.aclose()


async def test_a_write_that_is_cancelled_is_done_at_the_next_call() -> None:
    """Nothing is lost, and nothing is there twice."""
    calls: list[int] = []

    async def write(batch: Any) -> None:
        calls.append(len(batch))
        if len(calls) == 1:
            await anyio.sleep_forever()

    buffer = buffering.Buffer[int](write, 10)
    buffer.put(1)
    with anyio.move_on_after(0.01):
        await buffer.empty()
    buffer.put(2)
    await buffer.empty()
    assert calls == [1, 2]
    assert len(buffer) == 0


async def test_sampling_keeps_what_tells_and_every_outcome() -> None:
    """With a share of none: errors, fallbacks and mismatches; figures know of all."""
    telemetry = open_telemetry(replace(QUIET, trace_share=0.0))
    plain = [now_finished(trace_id=with_id(n, 5)) for n in range(20)]
    early = now_finished()
    telling = [failed(number=1), fell_back(number=2), finished(error_code="cancelled")]
    telemetry.mismatched(early.answer.trace_id, "sales")
    for question in (*plain, *telling, early):
        telemetry.observe(question)
    await telemetry.flush()
    expected = {each.answer.trace_id for each in (*telling, early)}
    assert await traces(telemetry) == expected
    assert (await telemetry.performance(60)).questions == 21
    telemetry.mismatched(plain[3].answer.trace_id, "sales")
    await telemetry.flush()
    assert await traces(telemetry) == expected | {plain[3].answer.trace_id}
    assert (await telemetry.trace(plain[3].answer.trace_id)).outcome.mismatch == 1
    assert (await telemetry.trace(early.answer.trace_id)).outcome.mismatch == 1
    await telemetry.aclose()


async def test_the_slowest_percent_is_kept() -> None:
    """Judged by those before it, once there are enough."""
    telemetry = open_telemetry(replace(QUIET, trace_share=0.0, buffer=100_000))
    for n in range(1_500):
        telemetry.observe(took(60.0 if n == 1_200 else 1.0 + (n * 37 % 100) / 100, number=n))
    await telemetry.flush()
    found = (await telemetry.traces(Wanted(slower_than_ms=50_000))).traces
    assert len(found) == 1
    assert len(await traces(telemetry)) < 1_500 * 0.03
    await telemetry.aclose()


async def test_a_share_is_the_same_in_every_process() -> None:
    ids = [with_id(n, n * 2**22) for n in range(1024)]
    assert sum(is_within(id_, 0.25) for id_ in ids) == 256
    assert all(is_within(id_, 1.0) for id_ in ids)
    assert not any(is_within(id_, 0.0) for id_ in ids)


async def test_without_a_store_there_is_nothing_to_look_at() -> None:
    """And it says what to do."""
    telemetry = Telemetry(QUIET, Outlets())
    telemetry.observe(finished())
    await telemetry.flush()
    for look in (telemetry.performance(60), telemetry.traces(Wanted()), telemetry.trace("x")):
        with pytest.raises(Unavailable, match="No traces"):
            await look
    with pytest.raises(Unavailable, match="switched off"):
        telemetry.metrics_text("")
    with pytest.raises(BadSetting, match="No place"):
        async with looking_at(None):
            pass
    assert open_traces(None) is None


async def test_a_question_without_spans_is_told_too() -> None:
    telemetry = open_telemetry(QUIET)
    question = now_finished(trace=Trace())
    telemetry.observe(question)
    await telemetry.flush()
    kept = await telemetry.trace(question.answer.trace_id)
    assert [span.kind for span in kept.spans] == ["workflow"]
    assert (await telemetry.performance(60)).operations[0].whole.overlap == 0
    await telemetry.aclose()


@pytest.mark.parametrize(
    "wrong",
    [{"trace_share": 1.5}, {"log": "loud"}, {"max_spans": 0}, {"otlp_headers": "secret"},
     {"otlp_timeout": float("nan")}],
)  # fmt: skip
def test_wrong_settings_are_refused_without_showing_secrets(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting) as refused:
        TelemetryConfig(**wrong)
    assert "secret" not in str(refused.value)
    assert "x-key" not in repr(TelemetryConfig(otlp_headers="x-key=1"))


@pytest.mark.parametrize(
    ("config", "library"),
    [
        (TelemetryConfig(log="json", metrics=False), "structlog"),
        (TelemetryConfig(log="none", metrics=False, otlp_endpoint="http://x"), "opentelemetry"),
    ],
)
def test_a_part_that_is_not_installed_is_named(
    config: TelemetryConfig, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.util import find_spec

    from forerun.app import telemetry as wiring

    monkeypatch.setattr(wiring, "find_spec", lambda n: None if n == library else find_spec(n))
    with pytest.raises(MissingExtra, match="optional part"):
        open_telemetry(config)


def test_one_log_line_a_question_and_no_content(capfd: pytest.CaptureFixture[str]) -> None:
    """No question, no literal of its SQL, no word of an error; unless it is switched on."""
    from forerun.telemetry.deriving import Deriving
    from forerun.telemetry.logs import QuestionLog
    from forerun.telemetry.sampling import Sampler

    questions = [finished(), failed(), fell_back()]
    Deriving(Sampler(1.0), content=False, metrics=None, log=QuestionLog("auto")).of(questions)
    err = capfd.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["trace_id"] for line in lines] == [q.answer.trace_id for q in questions]
    assert [line["level"] for line in lines] == ["info", "error", "info"]
    assert lines[1]["error"] == "model_unreachable"
    assert "Xanthippe" not in err
    assert "1987" not in err
    assert "sk-4711" not in err
    log = QuestionLog("console", content=True)
    Deriving(Sampler(1.0), content=True, metrics=None, log=log).of(questions[:1])
    assert "Xanthippe" in capfd.readouterr().err
