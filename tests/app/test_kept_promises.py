"""What a cache must not make of views, outages, rights and ends; each was once got wrong."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from forerun import Forerun, Settings
from forerun.app.caching import name_of
from forerun.domain import Status
from forerun.errors import DatabaseDenied, DatabaseUnreachable
from forerun.ports import Version
from forerun.testing import Playbook
from forerun.testing.openai_server import ChatRequest, Refuses, Reply, Says, serve_openai
from tests.app.test_kept_answers import GOOD, PLAYBOOK, QUESTION, count, learnt, write

pytestmark = pytest.mark.anyio

MEMORY = Settings(state="memory", cache_max_stale=0.4)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);"
            "INSERT INTO customers VALUES (1, 'Ann', 'Kiel'), (2, 'Bob', 'Bremen'), "
            "(3, 'Cy', 'Kiel');"
            "CREATE VIEW visitors AS SELECT id, name FROM customers "
            "WHERE (unixepoch('subsec') * 10) % 2 < 1;"
        )
    time.sleep(0.1)
    return path


async def test_a_view_may_ask_the_clock(shop: Path) -> None:
    """What was read through a view is given again for `cache_max_stale` seconds, no longer; and a
    purge of any table reaches it."""
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        asked = "How many visitors are there?"
        first = await forerun.ask(asked)
        assert first.tables == {"visitors"}
        assert (await forerun.ask(asked)).cache.hit
        await anyio.sleep(MEMORY.cache_max_stale)
        assert not (await forerun.ask(asked)).cache.hit
        await forerun.ask(QUESTION)
        assert await forerun.purge_cache(table="orders") >= 1
        assert not (await forerun.ask(asked)).cache.hit
        assert (await forerun.ask(QUESTION)).cache.hit


def scripted(wrong: Callable[[ChatRequest], Reply | None]) -> Callable[[ChatRequest], Reply]:
    """The playbook, but for the first call that `wrong` has something else for."""
    done: list[Reply] = []

    def script(request: ChatRequest) -> Reply:
        reply = wrong(request) if not done else None
        if reply is None:
            return PLAYBOOK(request)
        done.append(reply)
        return reply

    return script


def is_role(request: ChatRequest, name: str) -> bool:
    from forerun import prompts

    return request.system == prompts.load(name).system


async def test_what_was_not_reviewed_is_not_run_again_as_reviewed(shop: Path) -> None:
    """A reviewer who said nothing that can be read: the next data is reviewed anew."""

    def unreadable(request: ChatRequest) -> Reply | None:
        return Says("Hm, well.") if is_role(request, "reviewer") else None

    with serve_openai(scripted(unreadable)) as server:
        settings = replace(MEMORY, model="scripted", model_url=server.base_url, model_attempts=1)
        async with Forerun(str(shop), settings=settings) as forerun:
            first = await forerun.ask(QUESTION)
            await learnt()
            write(shop, "INSERT INTO customers VALUES (4, 'Dee', 'Kiel')")
            second = await forerun.ask(QUESTION)
    assert first.warnings != ()
    assert second.usage.model_calls == 3
    assert count(second) == 3


async def test_a_narrators_outage_is_not_kept_for_a_day(shop: Path) -> None:
    """An answer with a warning lasts as long as a question that was asked back."""

    def busy(request: ChatRequest) -> Reply | None:
        return Refuses(503) if is_role(request, "narrator") else None

    with serve_openai(scripted(busy)) as server:
        settings = replace(
            MEMORY,
            model="scripted",
            model_url=server.base_url,
            model_attempts=1,
            cache_negative_ttl=0.2,
        )
        async with Forerun(str(shop), settings=settings) as forerun:
            first = await forerun.ask(QUESTION)
            await anyio.sleep(0.3)
            second = await forerun.ask(QUESTION)
    assert first.warnings != ()
    assert (second.warnings, second.summary) == ((), PLAYBOOK.summary)


async def test_shops_that_are_open_now_are_looked_up_now(shop: Path) -> None:
    """The writer puts the time that it was told into the query: it is never given again."""
    asked = "Who is in now?"
    sql = "SELECT COUNT(*) AS customers FROM customers WHERE '14:32' <= '15:00'"
    with serve_openai(Playbook(queries={asked: sql, QUESTION: GOOD})) as server:
        settings = replace(MEMORY, model="scripted", model_url=server.base_url)
        async with Forerun(str(shop), settings=settings) as forerun:
            for hour in (14, 18):
                at = datetime(2025, 5, 6, hour, 32, tzinfo=UTC)
                answer = await forerun.ask(asked, now=at)
                assert not answer.cache.hit
                assert answer.usage.model_calls == 3


async def stuck(forerun: Forerun, monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    """From now on the database does not say what it holds: it hangs, or raises."""
    cache = (await forerun.orchestrator()).cache

    async def version() -> Version:
        if error is not None:
            raise error
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(cache, "version", version)


async def test_a_database_that_hangs_leaves_time_for_what_is_kept(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked what it holds, it never answers: before the deadline the old answer stands in."""
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        await forerun.ask(QUESTION)
        await stuck(forerun, monkeypatch, None)
        monkeypatch.setattr("forerun.stages.link", hang)
        answer = await forerun.ask(QUESTION, timeout_s=1.0)
    assert count(answer) == 2
    assert any("could not be had" in warning for warning in answer.warnings)


async def hang(*_: object) -> None:
    await anyio.sleep_forever()


@pytest.mark.parametrize(
    ("error", "stands_in"),
    [(DatabaseUnreachable("It is gone."), True), (DatabaseDenied("You may not."), False)],
)
async def test_who_may_not_ask_any_more_is_shown_nothing_old(
    shop: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, *, stands_in: bool
) -> None:
    """A database that is down is one thing, one that turns the login away another."""

    async def fail(*_: object) -> None:
        raise error

    async with Forerun(str(shop), settings=MEMORY) as forerun:
        await forerun.ask(QUESTION)
        await stuck(forerun, monkeypatch, error)
        monkeypatch.setattr("forerun.stages.link", fail)
        answer = await forerun.ask(QUESTION)
    assert (answer.status is Status.ANSWERED) is stands_in


async def test_after_the_block_a_question_is_told_so(shop: Path) -> None:
    """By a failed answer, not by an error of the machinery."""
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        await forerun.ask(QUESTION)
    answer = await forerun.ask(QUESTION)
    assert answer.status is Status.FAILED
    assert answer.failure is not None
    assert "closed" in answer.failure.message


async def test_whoever_leaves_while_it_opens_leaves_nothing(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled while the flags are read: no scope is left open, and it can be opened again."""
    flags = tmp_path / "flags.json"
    flags.write_text('{"metadata": {"version": 1}, "flags": {}}')
    settings = replace(MEMORY, flags=str(flags))
    with monkeypatch.context() as patched:
        patched.setattr("forerun.rollout.flags.Flags.open", hang)
        with anyio.move_on_after(0.1) as scope:
            async with Forerun(str(shop), settings=settings):
                raise AssertionError
        assert scope.cancelled_caught
    async with Forerun(str(shop), settings=settings) as forerun:
        assert count(await forerun.ask(QUESTION)) == 2


async def test_quoted_spaces_are_another_question(shop: Path) -> None:
    """What stands in quotation marks is looked for as it stands."""
    write(shop, "INSERT INTO customers VALUES (4, 'Dee', 'New  York'), (5, 'Eve', 'New York')")
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        await anyio.sleep(0.1)
        await forerun.ask("How many customers are in 'New York'?")
        wide = await forerun.ask("How many customers are in 'New  York'?")
    assert not wide.cache.hit


def test_a_name_tells_no_password() -> None:
    """Two passwords, one database: the name in `cache status` lets nobody test a guess."""
    names = {name_of(f"postgresql://ann:{word}@127.0.0.1/shop") for word in ("one", "two")}
    assert len(names) == 1
    others = {name_of(f"postgresql://{user}@127.0.0.1/shop") for user in ("ann", "bob")}
    assert len(others) == 2
