"""Guarded calls, models and databases: real ones that fail, and come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases import connect
from forerun.adapters.models import open_model
from forerun.domain import Limits, Statement
from forerun.errors import (
    BadSetting,
    BreakerOpen,
    DatabaseUnreachable,
    DeadlineExceeded,
    ForerunError,
    MissingExtra,
    ModelBusy,
    ModelDenied,
    ModelReplyBroken,
    ModelUnreachable,
    StatementFailed,
    StatementTimedOut,
)
from forerun.orchestrators.breaker import Breaker, BreakerStatus, State
from forerun.orchestrators.guarding import Breakers, GuardedDatabase, GuardedModel
from forerun.ports import Database
from forerun.prompts import render
from forerun.testing.openai_server import (
    ChatRequest,
    Hangs,
    OpenAIServer,
    Refuses,
    Reply,
    Resets,
    serve_openai,
)
from tests.adapters.servers import ask, through_a_proxy
from tests.orchestrators.test_breaker import POLICY, Clock, fail, succeed
from tests.services import Scratch

pytestmark = pytest.mark.anyio

PROMPT = render("analyst", tables="t", chosen="", question="q")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("the model x", POLICY, clock)


FAILURES = [
    ModelBusy("no"),
    ModelDenied("no"),
    ModelReplyBroken("no"),
    DatabaseUnreachable("no"),
    StatementTimedOut("no"),
    DeadlineExceeded("no"),
    OSError("no"),
    ZeroDivisionError("no"),
]
UNCOUNTED = [BadSetting("no"), MissingExtra("x", "It"), StatementFailed("no"), KeyboardInterrupt()]


def guarded(breaker: Breaker, raised: BaseException) -> None:
    """A guarded call that raises, and is heard to raise the same."""
    with pytest.raises(type(raised)) as caught, breaker.guarding():
        raise raised
    assert caught.value is raised


@pytest.mark.parametrize("raised", FAILURES, ids=lambda e: type(e).__name__)
def test_a_guarded_call_that_fails_is_counted(
    breaker: Breaker, clock: Clock, raised: Exception
) -> None:
    """By what it raises; and on trial it opens the breaker again."""
    for _ in range(4):
        guarded(breaker, raised)
    assert (breaker.status().state, breaker.status().error_share) == (State.OPEN, 1.0)
    clock.now_s += POLICY.open_s
    guarded(breaker, raised)
    assert (breaker.status().state, breaker.status().opened) == (State.OPEN, 2)


@pytest.mark.parametrize("raised", UNCOUNTED, ids=lambda e: type(e).__name__)
def test_a_guarded_call_that_says_nothing_is_not_counted(
    breaker: Breaker, clock: Clock, raised: BaseException
) -> None:
    """Bad questions, bad SQL: never a call, and on trial the place is free again."""
    for _ in range(20):
        guarded(breaker, raised)
    assert breaker.status() == BreakerStatus("the model x", State.CLOSED, 0, 0.0, 0.0, 0, None)
    fail(breaker, 4)
    clock.now_s += POLICY.open_s
    guarded(breaker, raised)
    assert breaker.status().state is State.HALF_OPEN
    succeed(breaker)
    assert breaker.status().state is State.CLOSED


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_cancelled_calls_are_not_counted(breaker: Breaker, clock: Clock) -> None:
    """On asyncio and on trio: neither when closed nor on trial, where the place is free again."""

    async def cancelled_calls(times: int) -> None:
        async def call() -> None:
            with breaker.guarding():
                await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            for _ in range(times):
                group.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    await cancelled_calls(20)
    assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)
    fail(breaker, 4)
    clock.now_s += POLICY.open_s
    await cancelled_calls(1)
    assert (breaker.status().state, breaker.refusal()) == (State.HALF_OPEN, None)


@dataclass
class Provider:
    """A model server: well, or misbehaving as told. Each answer takes `slow_s` of the clock."""

    clock: Clock
    misbehaves: Reply | None = None
    slow_s: float = 0.0

    def __call__(self, asked: ChatRequest) -> Reply:
        self.clock.now_s += self.slow_s
        return self.misbehaves or "orders"


@pytest.fixture
def provider(clock: Clock) -> Provider:
    return Provider(clock)


@pytest.fixture
def server(provider: Provider) -> Iterator[OpenAIServer]:
    with serve_openai(provider) as server:
        yield server


@asynccontextmanager
async def opened(
    server: OpenAIServer, breaker: Breaker, timeout_s: float = 20
) -> AsyncIterator[GuardedModel]:
    """The model of the server, asked once a call."""
    inner = open_model("x", base_url=server.base_url, attempts=1, timeout_s=timeout_s)
    async with aclosing(GuardedModel(inner, breaker)) as model:
        yield model


async def says(model: GuardedModel) -> str:
    return (await model.complete(PROMPT)).text


async def struck(model: GuardedModel, error: type[ForerunError], times: int) -> None:
    for _ in range(times):
        with pytest.raises(error):
            await model.complete(PROMPT)


@pytest.mark.parametrize(
    ("reply", "error", "timeout_s"),
    [
        (Refuses(503), ModelBusy, 20),
        (Refuses(401), ModelDenied, 20),
        (Resets(), ModelUnreachable, 20),
        (Hangs(), ModelUnreachable, 0.25),
    ],
)
async def test_a_model_that_fails_is_left_alone_and_tried_again(
    server: OpenAIServer,
    provider: Provider,
    breaker: Breaker,
    reply: Reply,
    error: type[ForerunError],
    timeout_s: float,
) -> None:
    """It opens, sends nothing more, fails a trial, passes the next one, and serves again."""
    async with opened(server, breaker, timeout_s) as failing, opened(server, breaker) as model:
        assert await says(model) == "orders"
        provider.misbehaves = reply
        await struck(failing, error, 3)
        asked = len(server.requests)
        await struck(failing, BreakerOpen, 5)
        assert len(server.requests) == asked
        provider.clock.now_s += 20
        await struck(failing, error, 1)
        provider.clock.now_s += 39
        await struck(failing, BreakerOpen, 5)
        assert len(server.requests) == asked + 1
        provider.misbehaves = None
        provider.clock.now_s += 1
        assert [await says(model) for _ in range(5)] == ["orders"] * 5
        assert breaker.status().state is State.CLOSED


async def test_one_request_is_on_trial(
    server: OpenAIServer, provider: Provider, breaker: Breaker
) -> None:
    """Of ten callers at once one reaches the server, and the others are refused."""
    heard: list[str] = []

    async def call() -> None:
        try:
            heard.append(await says(model))
        except BreakerOpen as refused:
            heard.append(refused.message)

    fail(breaker, 4)
    provider.clock.now_s += 20
    async with opened(server, breaker) as model, anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(call)
    on_trial = "the model x is on trial with another call."
    assert sorted(heard) == ["orders", *[on_trial] * 9]
    assert len(server.requests) == 1
    assert breaker.status().state is State.CLOSED


async def test_a_model_that_is_slow_is_left_alone(
    server: OpenAIServer, provider: Provider, breaker: Breaker
) -> None:
    """Four right answers, each later than allowed."""
    provider.slow_s = 2.5
    async with opened(server, breaker) as model:
        assert [await says(model) for _ in range(4)] == ["orders"] * 4
        await struck(model, BreakerOpen, 1)
    assert breaker.refusal() == "the model x was slow too often; it is tried again in 20 s"


async def test_cancelled_calls_of_a_model_are_not_counted(
    server: OpenAIServer, provider: Provider, breaker: Breaker
) -> None:
    """Ten requests are under way and cancelled; one on trial too, and the next may be tried."""

    async def cancelled(calls: int) -> None:
        before = len(server.requests)
        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(model.complete, PROMPT)
            with anyio.fail_after(20):
                while len(server.requests) < before + calls:
                    await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    provider.misbehaves = Hangs()
    async with opened(server, breaker) as model:
        await cancelled(10)
        assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)
        fail(breaker, 4)
        provider.clock.now_s += 20
        await cancelled(1)
        provider.misbehaves = None
        assert await says(model) == "orders"
    assert breaker.status().state is State.CLOSED


async def test_a_guarded_model_is_else_the_model(server: OpenAIServer, breaker: Breaker) -> None:
    """Text streams through it; name, abilities and estimates are there while it is open."""
    pieces: list[str] = []

    async def hear(text: str) -> None:
        pieces.append(text)

    async with opened(server, breaker) as model:
        await model.complete(PROMPT, hear)
        fail(breaker, 3)
        assert (model.name, model.abilities) == ("x", model.inner.abilities)
        assert model.estimate(PROMPT, "said") == model.inner.estimate(PROMPT, "said")
    assert "".join(pieces) == "orders"


@pytest.fixture
async def local(tmp_path: Path, breaker: Breaker) -> AsyncIterator[GuardedDatabase]:
    """A file with one table `t`."""
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    async with aclosing(GuardedDatabase(connect(str(tmp_path / "t.csv")), breaker)) as database:
        yield database


async def test_every_call_of_a_database_is_guarded(
    local: GuardedDatabase, breaker: Breaker
) -> None:
    """Each counts while it is closed and is refused while it is open; what asks nothing is not."""
    [table] = (await local.read_structure()).tables
    statement = Statement("SELECT a FROM t", local.dialect)
    calls = (
        lambda: local.read_structure(),
        lambda: local.sample(table, table.columns, 3),
        lambda: local.explain(statement),
        lambda: local.run(statement, Limits()),
        lambda: local.warnings(),
    )
    for call in calls:
        await call()
    assert breaker.status().calls == 1 + len(calls)
    fail(breaker, 1 + len(calls))
    for call in calls:
        with pytest.raises(BreakerOpen):
            await call()
    said = (local.name, local.dialect, local.abilities)
    assert said == (local.inner.name, local.inner.dialect, local.inner.abilities)


async def test_bad_sql_is_not_the_databases_fault(
    local: GuardedDatabase, breaker: Breaker, clock: Clock
) -> None:
    """Ten statements that it refuses leave it closed; one on trial leaves the place free."""
    for _ in range(10):
        with pytest.raises(StatementFailed):
            await ask(local, "SELECT nothing_of_the_kind FROM t")
    assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)
    fail(breaker, 4)
    clock.now_s += 20
    with pytest.raises(StatementFailed):
        await ask(local, "SELECT nothing_of_the_kind FROM t")
    assert (await ask(local, "SELECT sum(a) FROM t")).rows == ((3,),)
    assert breaker.status().state is State.CLOSED


async def refused(database: Database, error: type[ForerunError], times: int) -> None:
    for _ in range(times):
        with pytest.raises(error):
            await ask(database, "SELECT 1")


async def test_a_database_that_is_cut_off_is_left_alone_and_tried_again(
    postgres: Scratch, breaker: Breaker, clock: Clock
) -> None:
    """PostgreSQL behind a network that resets: refused at once, a trial lost, a trial won."""
    async with (
        through_a_proxy(postgres.reader_url) as (proxy, url),
        aclosing(GuardedDatabase(connect(url), breaker)) as database,
    ):
        assert (await ask(database, "SELECT 1")).rows == ((1,),)
        await proxy.reset()
        await refused(database, DatabaseUnreachable, 3)
        proxy.behave()
        await refused(database, BreakerOpen, 5)
        await proxy.reset()
        clock.now_s += 20
        await refused(database, DatabaseUnreachable, 1)
        proxy.behave()
        clock.now_s += 39
        await refused(database, BreakerOpen, 5)
        clock.now_s += 1
        assert (await ask(database, "SELECT 1")).rows == ((1,),)
    assert breaker.status().state is State.CLOSED


async def test_statements_that_take_too_long_count_and_cancelled_ones_do_not(
    postgres: Scratch, breaker: Breaker
) -> None:
    """Ten cancelled in PostgreSQL are nothing; four that its timeout ends open the breaker."""
    async with aclosing(GuardedDatabase(connect(postgres.reader_url), breaker)) as database:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask, database, "SELECT pg_sleep(60)", Limits(timeout_s=60))
            await anyio.sleep(0.2)
            group.cancel_scope.cancel()
        assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)
        for _ in range(4):
            with pytest.raises(StatementTimedOut):
                await ask(database, "SELECT pg_sleep(60)", Limits(timeout_s=0.1))
        await refused(database, BreakerOpen, 1)


def test_the_first_that_refuses_is_named(clock: Clock) -> None:
    """The path before its database, the database before its models; closed ones say nothing."""

    def named(name: str) -> Breaker:
        return Breaker(name, POLICY, clock)

    models = {"x": named("the model x"), "y": named("the model y")}
    breakers = Breakers(named("the parallel path"), named("the database d"), models)
    assert breakers.refusal() is None
    for breaker in (models["y"], models["x"], breakers.database, breakers.arm):
        fail(breaker, 4)
        assert breakers.refusal() == (
            f"The breaker is open: {breaker.name} failed too often; it is tried again in 20 s."
        )
    clock.now_s += 20
    assert breakers.refusal() is None  # each would let one through
