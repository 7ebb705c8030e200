"""One Forerun, many askers: each gets their own answer, and who leaves harms nobody."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from forerun import Forerun
from forerun.domain import Status
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio

CITIES = {f"Town{n}": n for n in range(1, 6)}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Forerun]:
    """Each city has as many customers as its number says."""
    path = make_duckdb(
        tmp_path / "shop.duckdb",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR);"
        "INSERT INTO customers SELECT 10 * n + i, 'Town' || n "
        "FROM range(1, 6) AS a(n), range(n) AS b(i);",
    )
    async with Forerun(path) as forerun:
        yield forerun


async def count_in(forerun: Forerun, city: str) -> object:
    answer = await forerun.ask(f"How many customers are in {city}?")
    assert answer.status is Status.ANSWERED
    assert answer.rows is not None
    return answer.rows.rows[0][-1]


async def test_twenty_at_once_get_their_own_answers(shop: Forerun) -> None:
    """First uses side by side: rows, questions and traces are not mixed up."""
    counts: list[tuple[str, object]] = []

    async def ask(city: str) -> None:
        counts.append((city, await count_in(shop, city)))

    async with anyio.create_task_group() as askers:
        for city in [*CITIES] * 4:
            askers.start_soon(ask, city)
    assert len(counts) == 20
    assert all(count == CITIES[city] for city, count in counts)


@pytest.mark.parametrize("after_s", [0.0, 0.002, 0.01, 0.03])
async def test_who_leaves_while_the_catalog_is_read_harms_nobody(
    shop: Forerun, after_s: float
) -> None:
    """At whatever moment the first asker leaves, the second one waiting is answered."""
    counts: list[object] = []

    async def stay() -> None:
        counts.append(await count_in(shop, "Town3"))

    async with anyio.create_task_group() as askers:
        with anyio.move_on_after(after_s):
            askers.start_soon(stay)
            await count_in(shop, "Town2")
    assert counts == [3]


async def test_no_thread_but_the_pool_is_left(shop: Forerun) -> None:
    """After an answer there is the event loop with its idle worker threads, and nothing else.

    One more stays for a moment: it closes the file, that writers may get in.
    """
    before = set(threading.enumerate())
    await count_in(shop, "Town1")
    with anyio.fail_after(30):
        while not all("AnyIO worker" in t.name for t in set(threading.enumerate()) - before):
            await anyio.sleep(0.05)


async def test_the_interpreter_is_left_as_its_process_has_it(shop: Forerun) -> None:
    """How long a thread may keep it is for whoever's process this is to say, and not for us."""
    before = sys.getswitchinterval()
    assert await count_in(shop, "Town3") == 3
    assert sys.getswitchinterval() == before


async def test_an_unreachable_server_is_told_by_an_answer() -> None:
    """Nothing is raised where the asker can put nothing right, and the password is not shown."""
    async with Forerun("postgresql://ann:s3cret@127.0.0.1:1/shop") as forerun:
        answer = await forerun.ask("How many customers are there?")
    assert answer.status is Status.FAILED
    assert answer.failure is not None
    assert answer.failure.code == "database_unreachable"
    assert answer.failure.message == (
        "PostgreSQL cannot be reached at postgresql://ann:***@127.0.0.1:1/shop: Connection refused."
    )
