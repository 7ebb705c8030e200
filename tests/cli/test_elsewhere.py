"""`ask --server` and `chat --server`: as with a database here, over a real service."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio.from_thread
import pytest

from forerun.app.sections import ServeSection
from forerun.cli.elsewhere import Elsewhere
from forerun.cli.progress import Stages
from forerun.domain import Stage
from forerun.events import StageEnded, StageStarted, TextArrived, listening
from tests.api import service
from tests.cli.conftest import Run, spawn
from tests.client import raw

HOW_MANY = "how many customers are there per region?"


@asynccontextmanager
async def served(url: str) -> AsyncIterator[str]:
    sections = service.configuration(url, serve=ServeSection(state="memory"))
    async with service.served_at(sections) as (_, address):
        yield address


@pytest.fixture(scope="module")
def server(shop: str) -> Iterator[str]:
    """The address of a service of the shop, in a thread of its own."""
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served(shop)) as address,
    ):
        yield address


def without_times(text: str) -> list[str]:
    return [line for line in text.splitlines() if " ms" not in line and "answered in" not in line]


def test_an_answer_is_shown_as_from_here(forerun: Run, server: str, shop: str) -> None:
    """The same words, rows and SQL; the same object with --json, but for its times."""
    there = forerun("ask", HOW_MANY, "--server", server, "--database", "shop")
    here = forerun("ask", HOW_MANY, "--db", shop)
    assert (there.status, there.err) == (here.status, here.err) == (0, "")
    assert without_times(there.out) == without_times(here.out)
    told, expected = (
        json.loads(forerun("ask", HOW_MANY, "--json", *where).out)
        for where in (["--server", server], ["--db", shop])
    )
    for name in ("timings", "trace_id", "cache", "decision"):
        assert told.pop(name).__class__ is expected.pop(name).__class__
    assert told == expected


def test_the_trace_can_be_drawn(forerun: Run, server: str) -> None:
    """The service tells its times too."""
    done = forerun("ask", HOW_MANY, "--server", server, "--trace")
    assert done.status == 0
    assert "draft" in done.out


def test_other_endings_have_the_same_status(forerun: Run, server: str) -> None:
    """What is not understood is no failure; a database that is not there is bad input."""
    assert forerun("ask", "what is the weight of a dream?", "--server", server).status == 3
    done = forerun("ask", HOW_MANY, "--server", server, "--database", "nowhere", "--json")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (2, "not_found")


def test_nobody_there_is_a_failure(
    forerun: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what happened and what to do; in `chat` before the first question."""
    monkeypatch.setattr("forerun.client.patience.Patience.pause_after", lambda *_: None)
    done = forerun("ask", HOW_MANY, "--server", "http://127.0.0.1:1", "--json")
    error = json.loads(done.out)["error"]
    assert (done.status, error["code"]) == (1, "service_unreachable")
    assert error["hint"]
    done = forerun("chat", "--server", "http://127.0.0.1:1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Error: The service at http://127.0.0.1:1 cannot be reached")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--server", "http://x", "--db", "demo"),
        ("--server", "http://x", "--model", "openai:x"),
        ("--server", "http://x", "--no-samples"),
        ("--server", "http://x", "--knowledge", "none"),
        ("--server", "not an address"),
        ("--db", "demo", "--database", "shop"),
        ("--database", "shop"),
        (),
    ],
)
def test_what_does_not_go_together_is_bad_input(forerun: Run, arguments: tuple[str, ...]) -> None:
    """Told before anything is asked."""
    done = forerun("ask", HOW_MANY, *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Error: ")
    assert forerun("chat", *arguments).status == 2


def test_who_has_no_key_is_told_where_to_put_one(
    forerun: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service speaks of a header; here it is a variable."""
    monkeypatch.delenv("FORERUN_KEY", raising=False)
    refused = raw.problem(401, "unauthenticated")
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw.saying(refused)) as strict,
    ):
        done = forerun("ask", HOW_MANY, "--server", strict.url)
    assert (done.status, "Set FORERUN_KEY" in done.err) == (2, True)


def test_the_key_comes_from_the_environment(forerun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not shown where it is refused."""
    monkeypatch.setenv("FORERUN_KEY", "fr_5ecret-k3y")
    refused = raw.problem(401, "unauthenticated")
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw.saying(refused)) as strict,
    ):
        done = forerun("ask", HOW_MANY, "--server", strict.url)
    assert strict.requests[0].headers["authorization"] == "Bearer fr_5ecret-k3y"
    assert done.status == 2
    assert "5ecret" not in done.out + done.err


def test_chat_follows_a_conversation_there(server: str) -> None:
    """Questions refer to earlier ones, line by line, until the end of input."""
    process = spawn("chat", "--server", server)
    out, err = process.communicate(
        "how many customers are there in the North?\nand in the South?\n/sql\n", timeout=60
    )
    assert (process.returncode, err) == (0, "")
    assert out.count("answered in") == 2
    assert "South" in out.rpartition("answered in")[2]


def test_ctrl_c_cancels_there() -> None:
    """The service is told, and the command leaves as any other that is interrupted."""
    done = raw.reply(200, {"id": "x", "cancelled": True})
    said = raw.saying(raw.HEAD + raw.events()[0], done, holds=True)
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(said) as there,
    ):
        process = spawn("ask", HOW_MANY, "--server", there.url)
        deadline = time.monotonic() + 30
        while not there.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    asked, cancelled = there.requests
    assert cancelled.path == f"/v1/ask/{asked.body['id']}/cancel"


@pytest.mark.anyio
async def test_progress_is_that_of_the_service() -> None:
    """Stages that run there are shown as running here, with their own times, and words as they
    come."""
    told: list[object] = []
    stages = Stages(began=-10.0)
    done = raw.event(9, "stage", {"stage": "draft", "branch": "main", "state": "ended",
                                  "at_ms": 21.5, "outcome": "ok", "detail": None})  # fmt: skip
    sent = [*raw.events()[:3], done, raw.events()[-1].replace(b"id: 10", b"id: 11")]

    def hear(event: object) -> None:
        told.append(event)
        stages.hear(event)  # type: ignore[arg-type]
        if isinstance(event, TextArrived):
            assert "writing SQL" in stages.line(80).plain
            assert "SELECT Grüße" in stages.line(80).plain

    there = raw.saying(raw.HEAD + b"".join(sent))
    async with there as said, Elsewhere(said.url, None, None) as elsewhere:
        with listening(hear):
            await elsewhere.ask("how many?")
    started, text, ended = told
    assert isinstance(started, StageStarted)
    assert isinstance(text, TextArrived)
    assert isinstance(ended, StageEnded)
    assert (started.stage, started.span) == (Stage.DRAFT, ended.span)
    assert round((ended.at - started.at) * 1000, 3) == 20.0
    assert "draft 20" in stages.line(80).plain
