"""Versions of DuckDB files, and how readers here let writers elsewhere in."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import duckdb
import pytest

from forerun.adapters.databases import connect, duckdb_instance
from forerun.errors import DatabaseLocked
from forerun.ports import Database
from tests.adapters.writing import Refused, data_of, obeying, settled, value, write, written

pytestmark = pytest.mark.anyio

THREAD = "forerun-duckdb"
AS_SHIPPED_S = duckdb_instance.IDLE_S
HOLD = """
import duckdb, sys
c = None
for line in sys.stdin:
    if line.strip() == "open":
        c = duckdb.connect(sys.argv[1])
    elif line.strip() == "close":
        c.close()
    elif line.strip():
        c.execute(line)
    else:
        break
    print("done", flush=True)
"""
WRITE_WHENEVER_POSSIBLE = """
import duckdb, sys, time
written = 0
ends = time.monotonic() + float(sys.argv[2])
while time.monotonic() < ends:
    try:
        with duckdb.connect(sys.argv[1]) as c:
            c.execute("UPDATE t SET n = n + 1")
            written += 1
    except duckdb.IOException:
        pass
    time.sleep(0.01)
print(written)
"""


@pytest.fixture(autouse=True)
def soon_idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How long an idle file is kept is waited for by nearly every test. None finds a thread of
    another, and none leaves one."""
    monkeypatch.setattr(duckdb_instance, "IDLE_S", AS_SHIPPED_S / 5)
    nobody_watches()
    yield
    nobody_watches()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    write("duckdb", path, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)")
    return path


@pytest.fixture
async def shop(file: Path) -> AsyncIterator[Database]:
    database = connect(str(file))
    yield database
    await database.aclose()


def watching() -> int:
    """How many threads wait for an instance to be idle."""
    return sum(thread.name == THREAD for thread in threading.enumerate())


def nobody_watches() -> None:
    """Soon: a thread whose instance has been closed ends once it gets its turn."""
    ends = time.monotonic() + 30
    while watching():
        assert time.monotonic() < ends, "a thread still waits for an instance"
        time.sleep(0.005)


async def let_in(file: Path, sql: str) -> float:
    """Seconds until a writer that tries again and again has got in and committed."""
    started = time.monotonic()
    with anyio.fail_after(60):
        while True:
            try:
                await written("duckdb", file, sql)
            except Refused:
                await anyio.sleep(0.01)
            else:
                return time.monotonic() - started


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("INSERT INTO t VALUES (5)", [0, 5]),
        ("UPDATE t SET n = 7", [7]),
        ("DELETE FROM t", None),
        ("ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 1", [0]),
    ],
)
async def test_a_writer_gets_in_and_is_seen(
    file: Path, change: str, rows: list[int] | None, anyio_backend: str
) -> None:
    """Soon after the last question, and the next one sees what it wrote, as another version."""
    shop = connect(str(file))
    assert await value(shop, "SELECT list(n ORDER BY n) FROM t") == [0]
    before = await settled(shop)
    assert await value(shop, "SELECT list(n ORDER BY n) FROM t") == [0]
    assert await data_of(shop) == before
    assert await let_in(file, change) < 30
    assert await data_of(shop) != before
    assert await value(shop, "SELECT list(n ORDER BY n) FROM t") == rows
    assert await settled(shop) != before
    await shop.aclose()


async def test_new_structure_is_read(shop: Database, file: Path) -> None:
    """A table that another process made is in the catalog read next, and can be asked."""
    assert [t.key for t in (await shop.read_structure()).tables] == ["t"]
    await let_in(file, "CREATE TABLE u AS SELECT 3 AS a; ALTER TABLE t ADD COLUMN m DATE")
    catalog = await shop.read_structure()
    assert [t.key for t in catalog.tables] == ["t", "u"]
    assert [c.name for c in catalog.by_key["t"].columns] == ["n", "m"]
    assert await value(shop, "SELECT a FROM u") == 3


async def test_the_version_does_not_open_the_file(shop: Database, file: Path) -> None:
    """It is told while a writer holds the file, and keeps none out."""
    before = await settled(shop)
    with obeying(HOLD, str(file)) as writer:
        assert writer.do("open") == "done"
        await data_of(shop)
        assert writer.do("INSERT INTO t VALUES (1)") == "done"
        assert await data_of(shop) != before
        assert writer.do("close") == "done"
        await data_of(shop)
        assert writer.do("open") == "done"
    assert watching() == 0


async def test_while_a_writer_holds_the_file(shop: Database, file: Path) -> None:
    """Questions are told so at once, each time; the one after it has gone sees its rows."""
    assert await value(shop, "SELECT n FROM t") == 0
    await let_in(file, "UPDATE t SET n = 1")
    with obeying(HOLD, str(file)) as writer:
        assert writer.do("open") == "done"
        assert writer.do("UPDATE t SET n = 2") == "done"
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(DatabaseLocked, match="another program has it open for writing"):
                await value(shop, "SELECT n FROM t")
            assert time.monotonic() - started < 10
        assert writer.do("close") == "done"
        assert await value(shop, "SELECT n FROM t") == 2


async def test_a_file_in_use_is_kept(shop: Database, file: Path) -> None:
    """A statement that takes longer than an idle file is kept runs to its end."""
    nap_ms = round(3_000 * duckdb_instance.IDLE_S)
    assert await value(shop, f"SELECT n, sleep_ms({nap_ms}) FROM t") == 0
    assert watching() == 1


async def test_idle_means_closed(shop: Database, file: Path) -> None:
    """Soon after the last statement no thread waits any more; the next statement opens anew."""
    for _ in range(3):
        assert await value(shop, "SELECT n FROM t") == 0
        nobody_watches()
        await let_in(file, "SELECT 1")
    with duckdb.connect(file) as own:
        own.execute("UPDATE t SET n = 9")
    assert await value(shop, "SELECT n FROM t") == 9


async def test_closing_leaves_no_thread(file: Path) -> None:
    """Closed amid everything: before use, in use, idle, being closed for idleness."""
    for pause_s in (0.0, 0.02, duckdb_instance.IDLE_S, 2 * duckdb_instance.IDLE_S):
        database = connect(str(file))
        assert await value(database, "SELECT n FROM t") == 0
        await anyio.sleep(pause_s)
        await database.aclose()
        await database.aclose()
    nobody_watches()
    write("duckdb", file, "UPDATE t SET n = 1")


async def test_closed_while_a_statement_runs(file: Path) -> None:
    """The statement ends as if nothing were; then the file is free."""
    database = connect(str(file))
    seen: list[object] = []

    async def ask() -> None:
        seen.append(await value(database, "SELECT n, sleep_ms(600) FROM t"))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await anyio.sleep(0.2)
        await database.aclose()
        assert seen == []
    assert seen == [0]
    write("duckdb", file, "UPDATE t SET n = 1")


@pytest.mark.parametrize("anyio_backend", ["asyncio", pytest.param("trio", marks=pytest.mark.slow)])
async def test_no_statement_is_hit_by_the_closing(
    file: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> None:
    """With 2 ms for an idle file, statements that come just then, side by side, all run."""
    monkeypatch.setattr(duckdb_instance, "IDLE_S", 0.002)
    dice = random.Random(7)
    database = connect(str(file))
    await settled(database)
    ran: list[object] = []

    async def ask() -> None:
        for _ in range(60):
            ran.append(await value(database, "SELECT n FROM t"))
            await anyio.sleep(dice.choice((0, 0.001, 0.002, 0.003, 0.01)))

    async def ask_impatiently() -> None:
        for _ in range(60):
            with anyio.move_on_after(dice.uniform(0, 0.03)):
                await value(database, "SELECT n FROM t")
            await anyio.sleep(dice.choice((0, 0.002, 0.01)))

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(ask)
        group.start_soon(ask_impatiently)
    assert ran == [0] * 120
    await database.aclose()
    write("duckdb", file, "UPDATE t SET n = 1")


@pytest.mark.slow
async def test_questions_and_a_busy_writer(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both get their turns; what is read never goes back, and is the same for the same version."""
    monkeypatch.setattr(duckdb_instance, "IDLE_S", 0.02)
    database = connect(str(file))
    shown: dict[str, object] = {}
    seen = [0]
    locked = 0
    with obeying(WRITE_WHENEVER_POSSIBLE, str(file), "6") as writer:
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            before = await data_of(database)
            try:
                number = await value(database, "SELECT n FROM t")
            except DatabaseLocked:
                locked += 1
                await anyio.sleep(0.005)
                continue
            assert isinstance(number, int)
            seen.append(number)
            if await data_of(database) == before:
                assert shown.setdefault(before, number) == number
            await anyio.sleep(random.Random(len(seen)).choice((0, 0.05, 0.1)))
        wrote = int(await anyio.to_thread.run_sync(writer.do, "and?"))
    assert seen == sorted(seen)
    assert wrote > 1
    assert len(set(seen)) > 2
    assert await value(database, "SELECT n FROM t") == wrote
    await database.aclose()


@pytest.mark.parametrize("worn", [1, duckdb_instance.WORN])
async def test_no_writer_gets_in_amid_a_statement(
    shop: Database, file: Path, monkeypatch: pytest.MonkeyPatch, worn: int
) -> None:
    """Where a second instance is opened beside one in use (the file was touched, or the first is
    worn), neither is closed amid a statement of the other: the lock of both would go with it."""
    monkeypatch.setattr(duckdb_instance, "WORN", worn)
    if worn > 1:
        file.touch()

    async def nap(ms: int) -> None:
        await value(shop, f"SELECT sleep_ms({ms})")

    async with anyio.create_task_group() as group:
        group.start_soon(nap, 400)
        await anyio.sleep(0.2)
        group.start_soon(nap, 9_000)
        await anyio.sleep(0.8)
        with pytest.raises(Refused):
            await written("duckdb", file, "UPDATE t SET n = 9")
        group.cancel_scope.cancel()
    assert await let_in(file, "UPDATE t SET n = 9") < 10


@pytest.mark.parametrize("how", ["closed", "idle", "renamed", "linked"])
async def test_two_objects_on_one_file(file: Path, how: str) -> None:
    """What one of them closes does not open the door to a writer amid a statement of the other: a
    process has its locks of a file together. Nor does one whose own name for it was taken, or that
    has the file by another name (a hard link)."""
    if how == "renamed":
        await written("duckdb", file, "CREATE SCHEMA shop")
    name = file
    if how == "linked":
        name = file.with_name("linked.duckdb")
        name.hardlink_to(file)
    one, other = connect(str(file)), connect(str(name))

    async def nap() -> None:
        await value(one, "SELECT sleep_ms(9_000)")

    async with anyio.create_task_group() as group:
        group.start_soon(nap)
        await anyio.sleep(0.3)
        assert await value(other, "SELECT n FROM t") == 0
        if how in ("closed", "linked"):
            await other.aclose()
        elif how == "idle":
            await anyio.sleep(3 * duckdb_instance.IDLE_S)
        with pytest.raises(Refused):
            await written("duckdb", file, "UPDATE t SET n = 9")
        group.cancel_scope.cancel()
    assert await let_in(file, "UPDATE t SET n = 9") < 10
    assert await value(one, "SELECT n FROM t") == 9
    for database in (one, other):
        await database.aclose()
    nobody_watches()


async def test_another_file_in_its_place(shop: Database, file: Path) -> None:
    """A statement under way ends on the file that was there, the next one reads the new one."""
    new = file.with_name("new.duckdb")
    await written("duckdb", new, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (41)")
    assert await value(shop, "SELECT n FROM t") == 0
    seen: list[object] = []

    async def slow() -> None:
        seen.append(await value(shop, "SELECT n, sleep_ms(800) FROM t"))

    async with anyio.create_task_group() as group:
        group.start_soon(slow)
        await anyio.sleep(0.3)
        new.replace(file)
        seen.append(await value(shop, "SELECT n FROM t"))
    assert seen == [41, 0]


@pytest.mark.parametrize(
    ("pause", "idle_s"),
    [
        ("0", AS_SHIPPED_S),
        *[(p, AS_SHIPPED_S / 5) for p in ("0.02", "IDLE", "IDLE + 0.005", "IDLE + 0.02", "0.5")],
    ],
)
def test_a_program_that_does_not_close(file: Path, pause: str, idle_s: float) -> None:
    """It ends all the same, soon and without a word, whenever that is."""
    program = f"""
import sys, time
import anyio
from forerun.adapters.databases import connect, duckdb_instance
from forerun.domain import Limits, Statement

IDLE = duckdb_instance.IDLE_S = {idle_s}

async def ask():
    rows = await connect(sys.argv[1]).run(Statement("SELECT n FROM t", "duckdb"), Limits())
    print(rows.rows)

anyio.run(ask)
time.sleep({pause})
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "((0,),)\n", "")
