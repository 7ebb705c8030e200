"""The asker leaves: the statement on the server and the call to the model end, at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import anyio
import psycopg
import pytest

from forerun import Forerun, Settings, prompts
from forerun.testing import Playbook
from forerun.testing.openai_server import (
    ChatRequest,
    Hangs,
    OpenAIServer,
    Reply,
    serve_openai,
)
from tests.services import Scratch, scratch_postgres

pytestmark = pytest.mark.anyio

QUESTION = "How many ways are there?"
ENDLESS = (
    "SELECT COUNT(*) AS ways FROM ways AS a JOIN ways AS b ON a.x <> b.x "
    "JOIN ways AS c ON b.x <> c.x JOIN ways AS d ON c.x <> d.x"
)
GONE_WITHIN_S = 2.0
"""Generous: a busy machine fails no test. What it took is printed (`pytest -s`)."""


@pytest.fixture(scope="module")
def scratch() -> Iterator[Scratch]:
    yield from scratch_postgres()


def reviewing(ai: OpenAIServer) -> bool:
    return any(asked.system == prompts.load("reviewer").system for asked in ai.requests)


def running(owner: psycopg.Connection, reader: str) -> int:
    found = owner.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'", (reader,)
    ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("mode", ["parallel", "sequential"])
async def test_everything_stops_down_to_the_database(scratch: Scratch, mode: str) -> None:
    """While a statement runs and the reviewer ponders, the asker leaves."""
    book = Playbook(queries={QUESTION: ENDLESS})

    def script(asked: ChatRequest) -> Reply:
        if mode == "parallel" and asked.system == prompts.load("reviewer").system:
            return Hangs()
        return book(asked)

    with psycopg.connect(scratch.owner_url, autocommit=True) as owner, serve_openai(script) as ai:
        owner.execute("CREATE TABLE IF NOT EXISTS ways AS SELECT x FROM generate_series(1, 3000) x")
        owner.execute("GRANT SELECT ON ways TO PUBLIC")
        settings = Settings(model="scripted", model_url=ai.base_url, state="memory", samples=False)
        settings = replace(settings, second_value=10.0, max_extra_cost_ratio=100.0)
        async with Forerun(scratch.reader_url, settings=settings) as forerun:
            with anyio.CancelScope() as leaving:
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: forerun.ask(QUESTION, mode=mode, timeout_s=60))
                    with anyio.fail_after(20):
                        while not (reviewing(ai) and running(owner, scratch.reader)):
                            await anyio.sleep(0.02)
                    left_at = anyio.current_time()
                    leaving.cancel()
            returned_s = anyio.current_time() - left_at
            with anyio.fail_after(GONE_WITHIN_S):
                while running(owner, scratch.reader):
                    await anyio.sleep(0.005)
            gone_s = anyio.current_time() - left_at
            print(  # noqa: T201
                f"{mode}: returned after {returned_s * 1000:.0f} ms, statement gone after "
                f"{gone_s * 1000:.0f} ms"
            )
            assert returned_s < GONE_WITHIN_S
            with anyio.fail_after(GONE_WITHIN_S):
                while mode == "parallel" and not ai.disconnects:
                    await anyio.sleep(0.005)
