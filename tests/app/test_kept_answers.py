"""Answers that are kept and given again, through `Forerun.ask` on real databases."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from forerun import Forerun, Settings
from forerun.caching import Policy
from forerun.compat import HybridOrchestrator
from forerun.domain import Answer, Asker, CacheLayer, Shelf, Status, Usage
from forerun.testing import Playbook
from forerun.testing.openai_server import ChatRequest, OpenAIServer, Refuses, Reply, serve_openai

pytestmark = pytest.mark.anyio

QUESTION = "How many customers are in Kiel?"
SETTLED_S = 0.1
"""A file written a moment ago may be written again within the same tick of its clock."""
MEMORY = Settings(state="memory")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    write(
        path,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT)",
        "INSERT INTO customers VALUES (1, 'Ann', 'Kiel'), (2, 'Bob', 'Bremen'), (3, 'Cy', 'Kiel')",
    )
    time.sleep(SETTLED_S)
    return path


@pytest.fixture
async def forerun(shop: Path) -> AsyncIterator[Forerun]:
    async with Forerun(str(shop), settings=MEMORY) as opened:
        yield opened


def write(path: Path, *statements: str) -> None:
    """By another process, committed when this returns."""
    script = (
        "import sqlite3, sys\n"
        "with sqlite3.connect(sys.argv[1]) as db:\n"
        "    for statement in sys.argv[2:]:\n"
        "        db.execute(statement)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path), *statements], check=True, timeout=60)


def count(answer: Answer) -> object:
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows is not None
    return answer.rows.rows[0][-1]


async def test_the_same_question_is_answered_from_memory(forerun: Forerun) -> None:
    """A hit is equal in all that was found; its trace, usage and number are its own."""
    first = await forerun.ask(QUESTION)
    again = await forerun.ask(f"  {QUESTION} ")
    assert (first.cache.hit, first.cache.layer) == (False, None)
    assert (again.cache.hit, again.cache.layer) == (True, CacheLayer.MEMORY)
    assert again.cache.age_s is not None
    assert again.cache.age_s >= 0
    assert (again.rows, again.sql, again.summary) == (first.rows, first.sql, first.summary)
    assert (again.chart, again.suggestions) == (first.chart, first.suggestions)
    assert again.trace_id != first.trace_id
    assert (again.trace.spans, again.trace.statements, again.usage) == ((), (), Usage())
    assert again.trace.total_ms < first.trace.total_ms
    assert again.decision is None


async def test_a_hit_is_a_turn_of_its_conversation(forerun: Forerun) -> None:
    """What was answered from memory can be referred to like anything else."""
    await forerun.ask(QUESTION)
    talk = forerun.conversation()
    kept = await talk.ask(QUESTION)
    assert kept.cache.hit
    assert [turn.sql for turn in talk.turns] == [kept.sql]
    follow_up = await talk.ask("And in Bremen?")
    assert count(follow_up) == 1


async def test_the_same_words_mean_something_else_in_another_conversation(shop: Path) -> None:
    """A follow-up is never answered with what its words meant elsewhere."""
    write(shop, "CREATE TABLE orders (id INTEGER PRIMARY KEY, city TEXT)")
    write(shop, "INSERT INTO orders VALUES (1, 'Bremen'), (2, 'Bremen'), (3, 'Kiel')")
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        counts = []
        for thing in ("customers", "orders", "customers", "orders"):
            talk = forerun.conversation()
            await talk.ask(f"How many {thing} are in Kiel?")
            counts.append(count(await talk.ask("And in Bremen?")))
        assert counts == [1, 2, 1, 2]


async def test_a_write_by_another_process_is_seen_at_once(forerun: Forerun, shop: Path) -> None:
    """Ten times over: after each commit the next answer has the new rows."""
    assert count(await forerun.ask(QUESTION)) == 2
    for number in range(3, 13):
        write(shop, f"INSERT INTO customers VALUES ({number + 1}, 'N', 'Kiel')")
        assert count(await forerun.ask(QUESTION)) == number


async def test_a_change_of_the_schema_is_seen_at_once(forerun: Forerun, shop: Path) -> None:
    """A table that came since the last question can be asked about; one that went cannot."""
    await forerun.ask(QUESTION)
    write(shop, "CREATE TABLE suppliers (id INTEGER PRIMARY KEY, name TEXT)")
    write(shop, "INSERT INTO suppliers VALUES (1, 'Dee')")
    assert count(await forerun.ask("How many suppliers are there?")) == 1
    write(shop, "DROP TABLE customers")
    gone = await forerun.ask(QUESTION)
    assert gone.status is not Status.ANSWERED


@pytest.mark.parametrize(
    "other",
    [Asker("two"), Asker("default", "may see less"), Asker("two", "may see less")],
    ids=["tenant", "permissions", "both"],
)
async def test_nobody_is_given_what_another_was_answered(forerun: Forerun, other: Asker) -> None:
    """Neither across tenants nor across permissions, one after the other or at once."""
    await forerun.ask(QUESTION)
    assert not (await forerun.ask(QUESTION, asker=other)).cache.hit
    assert (await forerun.ask(QUESTION, asker=other)).cache.hit
    at_once: list[Answer] = []

    async def ask(asker: Asker) -> None:
        at_once.append(await forerun.ask("How many customers are in Bremen?", asker=asker))

    async with anyio.create_task_group() as askers:
        askers.start_soon(ask, Asker())
        askers.start_soon(ask, other)
    assert [answer.cache.hit for answer in at_once] == [False, False]


async def test_other_limits_are_another_question(forerun: Forerun) -> None:
    """Fewer rows at most, another day for a question about today, guesses allowed: made anew."""
    listing = "List the names of all customers"
    assert not (await forerun.ask(listing)).cache.hit
    fewer = await forerun.ask(listing, max_rows=2)
    assert not fewer.cache.hit
    assert fewer.rows is not None
    assert len(fewer.rows) == 2
    assert not (await forerun.ask(listing, guess=True)).cache.hit
    assert (await forerun.ask(listing)).cache.hit


async def test_what_was_cut_is_not_kept(forerun: Forerun) -> None:
    """A truncated answer is made anew each time."""
    for _ in range(2):
        cut = await forerun.ask("List the names of all customers", max_rows=2)
        assert cut.rows is not None
        assert cut.rows.truncated
        assert not cut.cache.hit
    status = await forerun.cache_status()
    assert status.tally.unkept[Shelf.ANSWERS] == 2
    assert status.memory == ()


async def test_a_question_about_today_is_asked_anew_tomorrow(shop: Path) -> None:
    """`today` moves with the date that the question is asked on; other questions stay."""
    write(shop, "CREATE TABLE orders (id INTEGER PRIMARY KEY, ordered_on DATE)")
    write(shop, "INSERT INTO orders VALUES (1, '2025-05-06'), (2, '2025-05-07'), (3, '2025-05-07')")
    time.sleep(SETTLED_S)
    first, second = (datetime(2025, 5, day, 12, tzinfo=UTC) for day in (6, 7))
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        asked = "How many orders were placed today?"
        assert count(await forerun.ask(asked, now=first)) == 1
        assert (await forerun.ask(asked, now=first)).cache.hit
        tomorrow = await forerun.ask(asked, now=second)
        assert (count(tomorrow), tomorrow.cache.hit) == (2, False)
        await forerun.ask(QUESTION, now=first)
        assert (await forerun.ask(QUESTION, now=second)).cache.hit


async def test_asked_anew_it_is_made_and_kept_anew(forerun: Forerun) -> None:
    """`anew` passes by what is kept, for itself; who asks next is given what it made."""
    first = await forerun.ask(QUESTION)
    anew = await forerun.ask(QUESTION, anew=True)
    assert not anew.cache.hit
    assert anew.trace.statements != ()
    again = await forerun.ask(QUESTION)
    assert again.cache.hit
    assert again.cache.age_s is not None
    assert anew.trace.total_ms <= first.trace.total_ms + again.cache.age_s * 1000 + 1_000


async def test_a_hundred_at_once_cost_one_answer(forerun: Forerun) -> None:
    """All get the rows; one runs the statement, the others say whom they waited for."""
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await forerun.ask(QUESTION))

    async with anyio.create_task_group() as askers:
        for _ in range(100):
            askers.start_soon(ask)
    assert {count(answer) for answer in answers} == {2}
    assert sum(bool(answer.trace.statements) for answer in answers) == 1
    assert sum(answer.cache.hit for answer in answers) == 99
    assert any(answer.cache.layer is CacheLayer.FLIGHT for answer in answers)
    assert len({answer.trace_id for answer in answers}) == 100


async def test_a_mutated_answer_spoils_nobody_elses(forerun: Forerun) -> None:
    """What one asker does to the chart is not seen by the next."""
    asked = "How many customers are there per city?"
    first = await forerun.ask(asked)
    assert isinstance(first.chart, dict)
    before = repr(first.chart)
    for _ in range(2):
        answer = await forerun.ask(asked)
        assert repr(answer.chart) == before
        assert isinstance(answer.chart, dict)
        answer.chart.clear()
    first.chart.clear()
    assert repr((await forerun.ask(asked)).chart) == before


async def test_purged_is_gone(forerun: Forerun) -> None:
    """By table only what read it goes; by tenant only theirs; without either, all of it."""
    await forerun.ask(QUESTION)
    await forerun.ask(QUESTION, asker=Asker("two"))
    assert await forerun.purge_cache(table="orders") == 0
    assert await forerun.purge_cache(table="CUSTOMERS", tenant="two") >= 1
    assert (await forerun.ask(QUESTION)).cache.hit
    assert not (await forerun.ask(QUESTION, asker=Asker("two"))).cache.hit
    assert await forerun.purge_cache() >= 2
    assert not (await forerun.ask(QUESTION)).cache.hit


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The database as it is for others while somebody writes to all of it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("INSERT INTO customers VALUES (99, 'Zoe', 'Kiel')")
        yield
        writer.execute("ROLLBACK")


async def test_an_old_answer_stands_in_with_its_age(shop: Path) -> None:
    """When a new answer cannot be had, the asker gets the old one and is told so."""
    async with Forerun(str(shop), settings=MEMORY) as forerun:
        await forerun.ask(QUESTION)
        write(shop, "INSERT INTO customers VALUES (4, 'Dee', 'Kiel')")
        with locked(shop):
            old = await forerun.ask(QUESTION)
        assert count(old) == 2
        assert old.cache.hit
        assert "could not be had" in old.cache.reason
        assert any("could not be had" in warning for warning in old.warnings)
        assert count(await forerun.ask(QUESTION)) == 3


async def test_no_old_answer_where_none_is_wanted(shop: Path) -> None:
    """With `cache_stale_if_error` 0 the failure is told."""
    settings = replace(MEMORY, cache_stale_if_error=0.0)
    async with Forerun(str(shop), settings=settings) as forerun:
        await forerun.ask(QUESTION)
        write(shop, "INSERT INTO customers VALUES (4, 'Dee', 'Kiel')")
        with locked(shop):
            assert (await forerun.ask(QUESTION)).status is Status.FAILED


async def test_nothing_is_kept_where_the_cache_is_off(shop: Path) -> None:
    """`FORERUN_CACHE=none`: every answer is made."""
    async with Forerun(str(shop), settings=replace(MEMORY, cache="none")) as forerun:
        for _ in range(2):
            answer = await forerun.ask(QUESTION)
            assert not answer.cache.hit
            assert answer.trace.statements != ()


async def test_without_async_with_answers_are_kept_too(shop: Path) -> None:
    """Only sharing work that is under way needs somebody who sees it to its end."""
    forerun = Forerun(str(shop), settings=MEMORY)
    try:
        assert not (await forerun.ask(QUESTION)).cache.hit
        assert (await forerun.ask(QUESTION)).cache.hit
    finally:
        await forerun.aclose()


async def test_an_error_in_the_block_comes_out_as_it_is(shop: Path) -> None:
    """The application's own task group wraps nobody's exception, and leaves no task behind."""

    async def failing() -> None:
        async with Forerun(str(shop), settings=MEMORY) as forerun:
            await forerun.ask(QUESTION)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()


async def test_a_wrapped_system_is_asked_each_time(shop: Path) -> None:
    """Its answers are its own: they are neither kept nor replaced by ours."""

    class Legacy:
        asked = 0

        async def process(self, request: object) -> dict[str, object]:
            self.asked += 1
            return {"success": True, "number": self.asked}

    legacy = Legacy()
    async with HybridOrchestrator(legacy, database=str(shop), settings=MEMORY) as orchestrator:
        results = [await orchestrator.process({"question": QUESTION}) for _ in range(2)]
    assert [result["number"] for result in results] == [1, 2]


GOOD = "SELECT COUNT(*) AS customers FROM customers WHERE city = 'Kiel'"
BREMEN = GOOD.replace("Kiel", "Bremen")
PLAYBOOK = Playbook(
    queries={QUESTION: GOOD, "How many customers are in Bremen?": BREMEN},
    standalone={"And in Bremen?": "How many customers are in Bremen?"},
    unclear={"How many?": ("customers", "cities")},
    summary="There they are.",
)


@contextmanager
def with_model(shop: Path) -> Iterator[tuple[Forerun, OpenAIServer]]:
    with serve_openai(PLAYBOOK) as server:
        settings = replace(MEMORY, model="scripted", model_url=server.base_url, model_attempts=1)
        yield Forerun(str(shop), settings=settings), server


async def test_new_data_needs_no_new_query(shop: Path) -> None:
    """After a write the reviewed query is run again: neither writer nor reviewer is asked."""
    with with_model(shop) as (opened, _):
        async with opened as forerun:
            first = await forerun.ask(QUESTION)
            await learnt()
            write(shop, "INSERT INTO customers VALUES (4, 'Dee', 'Kiel')")
            second = await forerun.ask(QUESTION)
    assert (count(first), count(second)) == (2, 3)
    assert first.usage.model_calls == 3  # writer, reviewer, narrator
    assert second.usage.model_calls == 1  # the narrator
    assert second.decision is not None
    assert "run again" in second.decision.reason
    assert not second.cache.hit
    assert second.sql == first.sql


async def test_a_follow_up_is_found_by_what_it_means(shop: Path) -> None:
    """Two ways to the same question, one in a conversation: one answer. Its words stay its own."""
    with with_model(shop) as (opened, _):
        async with opened as forerun:
            plain = await forerun.ask("How many customers are in Bremen?")
            await learnt()
            talk = forerun.conversation()
            await talk.ask(QUESTION)
            follow_up = await talk.ask("And in Bremen?")
    assert follow_up.cache.hit
    assert follow_up.question == "And in Bremen?"
    assert follow_up.standalone == "How many customers are in Bremen?"
    assert (follow_up.rows, follow_up.sql) == (plain.rows, plain.sql)
    assert follow_up.usage.model_calls == 1  # the analyst, who resolves it


async def test_a_question_back_is_kept_for_a_moment(shop: Path) -> None:
    """What is unclear is asked back again without asking the model, for half a minute."""
    with with_model(shop) as (opened, server):
        async with opened as forerun:
            first = await forerun.ask("How many?")
            asked = len(server.requests)
            again = await forerun.ask("How many?")
            assert len(server.requests) == asked
    assert (first.status, again.status) == (Status.CLARIFY, Status.CLARIFY)
    assert again.cache.hit
    assert again.clarification == first.clarification


async def test_a_failed_answer_is_not_kept(shop: Path) -> None:
    """A provider that refuses once costs one failed answer, no more."""
    with serve_openai(Refusing(PLAYBOOK)) as server:
        settings = replace(MEMORY, model="scripted", model_url=server.base_url, model_attempts=1)
        async with Forerun(str(shop), settings=settings) as forerun:
            failed = await forerun.ask(QUESTION)
            answered = await forerun.ask(QUESTION)
    assert failed.status is Status.FAILED
    assert (count(answered), answered.cache.hit) == (2, False)


class Refusing:
    """Refuses the first call, then follows the playbook."""

    def __init__(self, then: Playbook) -> None:
        self.then: Playbook = then
        self.refused = False

    def __call__(self, request: ChatRequest) -> Reply:
        if not self.refused:
            self.refused = True
            return Refuses(503)
        return self.then(request)


async def learnt() -> None:
    """Until it is known what else an answer can be found under."""
    await anyio.sleep(4 * Policy().learn_after_s)


async def test_another_wording_is_given_the_same_answer(forerun: Forerun) -> None:
    """Without a model: what is surely understood alike is answered once, in the asker's words."""
    first = await forerun.ask("How many customers are in Kiel?")
    await learnt()
    again = await forerun.ask("Count the customers in Kiel")
    assert again.cache.hit, again
    assert again.question == "Count the customers in Kiel"
    assert (again.rows, again.sql) == (first.rows, first.sql)
    third = await forerun.ask("Count the customers in Kiel")
    assert third.cache.hit
    assert third.trace.spans == ()
    assert third.standalone == "Count the customers in Kiel"


@pytest.mark.parametrize(
    "other",
    ["How many customers are not in Kiel?", "How many customers are in Bremen?"],
)
async def test_what_only_sounds_alike_is_answered_anew(forerun: Forerun, other: str) -> None:
    """A negation, another place: never the rows of the first."""
    await forerun.ask(QUESTION)
    await learnt()
    answer = await forerun.ask(other)
    assert not answer.cache.hit
    assert answer.status is not Status.ANSWERED or count(answer) == 1


async def test_a_writer_is_shown_the_nearest_earlier_question(shop: Path) -> None:
    """As an example, with its query; not where that is switched off."""
    for shown in (True, False):
        with serve_openai(PLAYBOOK) as server:
            settings = replace(
                MEMORY,
                model="scripted",
                model_url=server.base_url,
                model_attempts=1,
                cache_examples=shown,
            )
            async with Forerun(str(shop), settings=settings) as forerun:
                await forerun.ask(QUESTION)
                await learnt()
                await forerun.ask("How many customers are in Bremen?", asker=Asker("two"))
                strangers = [request.user for request in server.requests]
                await forerun.ask("How many customers are in Bremen?")
            mine = [request.user for request in server.requests[len(strangers) :]]
        assert not any("<examples>" in prompt for prompt in strangers)
        assert any("<examples>" in prompt and GOOD in prompt for prompt in mine) is shown
