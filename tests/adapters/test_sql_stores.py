"""Tables in a file or on a server: whole transactions, one writer at a time, and no strangers."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from forerun.adapters.stores import open_sql
from forerun.errors import BadDatabaseURL, ForerunError, Unavailable
from forerun.ports import Layout, SQLStore, Transaction
from forerun.testing.proxy import misbehaving_proxy
from tests.adapters.servers import through_a_proxy
from tests.services import Scratch

pytestmark = pytest.mark.anyio

LAYOUT = Layout(
    name="trial",
    version=3,
    tables=("CREATE TABLE numbers (n BIGINT PRIMARY KEY, word TEXT)",),
    contents="What is tried",
    remedy="Try another place.",
)
ALL = "SELECT n FROM numbers ORDER BY n"


@pytest.fixture
def server(postgres: Scratch) -> str:
    """A database of PostgreSQL in which nothing is laid out."""
    import psycopg

    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        owner.execute(b"DROP SCHEMA IF EXISTS forerun_trial CASCADE")
    return postgres.owner_url


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("server"))
    return str(tmp_path / "new" / "folder" / "trial.db")


@pytest.fixture
async def store(anyio_backend: str, place: str) -> AsyncIterator[SQLStore]:
    opened = open_sql(place, LAYOUT)
    yield opened
    await opened.aclose()


def numbers(tx: Transaction) -> list[int]:
    return [n for (n,) in tx.rows(ALL)]


async def add(store: SQLStore, *some: int) -> int:
    return await store.write(lambda tx: tx.add("numbers", [(n, None) for n in some]))


async def test_the_next_store_finds_what_was_written(place: str) -> None:
    """Also what was not waited for. The place is made with the first call, and changes are
    counted."""
    first = open_sql(place, LAYOUT)
    assert await first.read(numbers) == []
    assert await add(first, 1, 2) == 2
    assert await first.write(lambda tx: tx.add("numbers", [(3, None)]), lasting=False) == 1
    assert await first.write(lambda tx: tx.change("DELETE FROM numbers WHERE n > ?", 9)) == 0
    assert await add(first) == 0
    await first.aclose()
    await first.aclose()
    second = open_sql(place, LAYOUT)
    assert await second.read(numbers) == [1, 2, 3]
    await second.aclose()


class Changed(ForerunError):
    """The work's own mind."""


async def test_work_that_raises_has_changed_nothing(store: SQLStore) -> None:
    """Whatever it had done before; its error arrives as it is, and the store works on."""

    def change_and_raise(tx: Transaction) -> None:
        tx.add("numbers", [(1, None), (2, None)])
        raise Changed("No.")

    with pytest.raises(Changed):
        await store.write(change_and_raise)
    assert await store.read(numbers) == []
    assert await add(store, 7) == 1


async def test_a_statement_that_fails_takes_the_others_back(store: SQLStore) -> None:
    """It is said with the place's name; nothing of its transaction stays."""
    await add(store, 1)

    def add_and_fail(tx: Transaction) -> None:
        tx.add("numbers", [(2, None)])
        tx.change("UPDATE numbers SET n = 2")

    with pytest.raises(Unavailable, match="What is tried cannot be kept") as raised:
        await store.write(add_and_fail)
    assert raised.value.hint == "Try another place."
    assert await store.read(numbers) == [1]


async def test_reading_sees_one_moment(store: SQLStore) -> None:
    """What others commit between two queries of one piece of work is in neither."""
    await add(store, 1)
    looked, written = threading.Event(), threading.Event()

    def look_twice(tx: Transaction) -> tuple[list[int], list[int]]:
        before = numbers(tx)
        looked.set()
        assert written.wait(60)
        return before, numbers(tx)

    found = []

    async def look() -> None:
        found.append(await store.read(look_twice))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        await anyio.to_thread.run_sync(looked.wait, 60)
        await add(store, 2)
        written.set()
    assert found == [([1], [1])]
    assert await store.read(numbers) == [1, 2]


async def test_writers_take_turns(store: SQLStore) -> None:
    """Twenty at once, each of which adds one to the highest number it finds: none finds what
    another one is about to pass."""

    def add_the_next(tx: Transaction) -> None:
        [(last,)] = tx.rows("SELECT coalesce(max(n), 0) FROM numbers")
        tx.add("numbers", [(last + 1, None)])

    await store.read(numbers)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(store.write, add_the_next)
    assert await store.read(numbers) == list(range(1, 21))


async def test_a_cancelled_change_happened_whole_or_not_at_all(store: SQLStore) -> None:
    """When the caller goes on nothing runs, and the next one need not wait."""
    half_way, go_on = threading.Event(), threading.Event()

    def add_slowly(tx: Transaction) -> None:
        tx.add("numbers", [(1, None)])
        half_way.set()
        go_on.wait(60)
        tx.add("numbers", [(2, None)])

    await store.read(numbers)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.write, add_slowly)
        await anyio.to_thread.run_sync(half_way.wait, 60)
        tasks.cancel_scope.cancel()
        go_on.set()
    found = await store.read(numbers)
    assert found in ([], [1, 2])
    await add(store, 3)
    assert await store.read(numbers) == [*found, 3]


async def test_another_version_is_refused_as_it_is(place: str) -> None:
    """Whether it is older or newer; by whatever is asked first, and again."""
    store = open_sql(place, LAYOUT)
    await add(store, 1)
    for version, hint in ((2, "Update this Forerun"), (4, "Try another place.")):
        other = open_sql(place, replace(LAYOUT, version=version))
        for _ in range(2):
            with pytest.raises(Unavailable, match="version") as raised:
                await add(other, 2)
            with pytest.raises(Unavailable, match="version"):
                await other.read(numbers)
        assert str(raised.value.hint).startswith(hint)
        await other.aclose()
    assert await store.read(numbers) == [1]
    await store.aclose()


async def test_a_version_that_there_is_a_way_from_is_brought_to_the_next(place: str) -> None:
    """Step by step, with what it holds, by as many at once as there are; a version before the first
    step is refused, and so is what has gone on by those who stay behind."""
    before = open_sql(place, LAYOUT)
    await add(before, 1)
    steps = (
        ("ALTER TABLE numbers ADD COLUMN seen BIGINT NOT NULL DEFAULT 0",),
        ("UPDATE numbers SET seen = 1", "CREATE TABLE others (n BIGINT PRIMARY KEY)"),
    )
    stores = [open_sql(place, replace(LAYOUT, version=5, upgrades=steps)) for _ in range(3)]

    async def look(store: SQLStore) -> None:
        assert await store.read(lambda tx: tx.rows("SELECT n, seen FROM numbers")) == [(1, 1)]
        assert await store.read(lambda tx: tx.rows("SELECT n FROM others")) == []

    async with anyio.create_task_group() as group:
        for store in stores:
            group.start_soon(look, store)
    too_far = replace(LAYOUT, version=7, upgrades=(("SELECT 1",),))
    others = [open_sql(place, layout) for layout in (LAYOUT, too_far)]
    for other in others:
        with pytest.raises(Unavailable, match="version"):
            await other.read(numbers)
    for each in (before, *stores, *others):
        await each.aclose()


async def test_layouts_of_different_names_share_a_database(server: str) -> None:
    """Each in a schema of its own, and beside whatever else is there."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(b"CREATE TABLE IF NOT EXISTS numbers (theirs TEXT)")
        owner.execute(b"DROP SCHEMA IF EXISTS forerun_other CASCADE")
    one, other = open_sql(server, LAYOUT), open_sql(server, replace(LAYOUT, name="other"))
    await add(one, 1)
    await add(other, 2)
    assert (await one.read(numbers), await other.read(numbers)) == ([1], [2])
    await one.aclose()
    await other.aclose()


async def test_a_role_that_may_not_make_tables_is_told(server: str, postgres: Scratch) -> None:
    """And where the tables were made for it, it needs no right to make any."""
    import psycopg

    store = open_sql(postgres.reader_url, LAYOUT)
    with pytest.raises(Unavailable, match="permission denied") as raised:
        await store.read(numbers)
    assert "secret-word" not in f"{raised.value.message} {raised.value.hint}"
    owners = open_sql(server, LAYOUT)
    await add(owners, 1)
    await owners.aclose()
    with psycopg.connect(server, autocommit=True) as owner:
        for right in ("USAGE ON SCHEMA", "SELECT, INSERT ON ALL TABLES IN SCHEMA"):
            owner.execute(f"GRANT {right} forerun_trial TO {postgres.reader}".encode())
    await add(store, 2)
    assert await store.read(numbers) == [1, 2]
    await store.aclose()


async def test_what_a_role_has_by_default_changes_nothing(server: str) -> None:
    """Read-only transactions, another isolation, another search path and other rules for quotes,
    by the role's settings."""
    import psycopg

    settings = ("default_transaction_read_only = on", "search_path = nowhere",
                "default_transaction_isolation = serializable",
                "standard_conforming_strings = off")  # fmt: skip
    options = " ".join(f"-c {each.replace(' ', '')}" for each in settings)
    url = f"{server}?options={options.replace(' ', '%20').replace('=', '%3D')}"
    with psycopg.connect(url) as one:
        assert one.execute(b"SHOW default_transaction_read_only").fetchall() == [("on",)]
    store = open_sql(url, LAYOUT)
    await add(store, 1)
    word = "\\' OR ''=' \\\\ %s ?"
    await store.write(lambda tx: tx.add("numbers", [(2, word)]))
    assert await store.read(numbers) == [1, 2]
    assert await store.read(lambda tx: tx.rows("SELECT n FROM numbers WHERE word = ?", word)) == [
        (2,)
    ]
    await store.aclose()


@pytest.mark.slow
async def test_a_writer_whose_line_goes_dead_keeps_others_waiting_a_moment_only(
    server: str,
) -> None:
    """It has the lock and falls silent half way: it hears that the server is gone, the server
    takes back what it did, and the next one writes."""
    near = open_sql(server, LAYOUT)
    await near.read(numbers)
    half_way, go_on = threading.Event(), threading.Event()

    def add_over_a_dead_line(tx: Transaction) -> None:
        tx.add("numbers", [(1, None)])
        half_way.set()
        go_on.wait(60)
        tx.add("numbers", [(2, None)])

    async with through_a_proxy(server) as (proxy, url):
        far = open_sql(url, LAYOUT)

        async def write_far() -> None:
            with pytest.raises(Unavailable):
                await far.write(add_over_a_dead_line)

        with anyio.fail_after(120):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(write_far)
                await anyio.to_thread.run_sync(half_way.wait, 60)
                proxy.hang()
                go_on.set()
                await until_written(near, 3)
        proxy.behave()
        await far.aclose()
    assert await near.read(numbers) == [3]
    await near.aclose()


async def until_written(store: SQLStore, number: int) -> None:
    """A busy machine may find the lock held for a whole turn of patience."""
    while True:
        try:
            await add(store, number)
        except Unavailable as failed:
            if "somebody else" not in failed.message:
                raise
        else:
            return


async def test_a_lock_that_stays_is_said(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server as in a file; readers wait for nobody."""
    import psycopg

    from forerun.adapters.stores import postgres

    monkeypatch.setattr(postgres, "LONGEST_LOCK_WAIT_S", 0.2)
    store = open_sql(server, LAYOUT)
    await store.read(numbers)
    with psycopg.connect(server) as holder:
        holder.execute(b"SELECT pg_advisory_xact_lock(%s)", [postgres._key("forerun_trial")])
        with pytest.raises(Unavailable, match="somebody else") as raised:
            await add(store, 1)
        assert await store.read(numbers) == []
    assert raised.value.hint
    await add(store, 1)
    await store.aclose()


async def test_nobody_at_home(tmp_path: Path) -> None:
    """A port that nobody listens on, and a folder in the place of a file."""
    async with misbehaving_proxy("127.0.0.1", 1) as proxy:
        closed = proxy.port
    for place in (f"postgresql://ann:secret-word@127.0.0.1:{closed}/shop", str(tmp_path)):
        store = open_sql(place, LAYOUT)
        with anyio.fail_after(60), pytest.raises(Unavailable) as raised:
            await store.read(numbers)
        assert "secret-word" not in raised.value.message
        assert raised.value.hint
        await store.aclose()


@pytest.mark.parametrize("place", ["", "mysql://root:secret-word@localhost/x", "sqlite:///x.db"])
def test_where_nothing_can_be_kept(place: str) -> None:
    """Neither a file nor PostgreSQL: what can be written is said, and no password."""
    with pytest.raises(BadDatabaseURL, match="neither a file nor PostgreSQL") as raised:
        open_sql(place, LAYOUT)
    assert "secret-word" not in raised.value.message
    assert "postgresql://" in (raised.value.hint or "")
