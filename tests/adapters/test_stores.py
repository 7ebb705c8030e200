"""What was learned outlives its process, whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import overload

import anyio
import pytest

from forerun.adapters.stores import IN_MEMORY, MemoryStore, SQLiteStore, open_store
from forerun.adapters.stores.sqlite import KEPT
from forerun.errors import Unavailable
from forerun.ports import Outcomes, Store, Timing

pytestmark = pytest.mark.anyio

REVIEW = ("review", "simple")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "learned.db")


def took(seconds: float, stage: str = "draft", complexity: str = "simple") -> Timing:
    return Timing("shop", stage, complexity, seconds)


async def test_outcomes_add_up(store: Store) -> None:
    """What is added twice counts twice, fractions too, and each key for itself."""
    other = ("hedge", "complex/follow-up")
    assert dict(await store.outcomes()) == {}
    await store.add_outcomes({REVIEW: Outcomes(1, 0.5), other: Outcomes(0, 1)})
    await store.add_outcomes({REVIEW: Outcomes(2, 0.25)})
    assert dict(await store.outcomes()) == {REVIEW: Outcomes(3, 0.75), other: Outcomes(0, 1)}


async def test_the_last_timings_of_each_kind_come_oldest_first(store: Store) -> None:
    """`most` holds for each stage and complexity, and no other database's are among them."""
    await store.add_timings([took(1), took(2, "run"), took(3), Timing("other", "run", "simple", 9)])
    await store.add_timings([took(4), took(5, complexity="complex")])
    found = await store.timings("shop", 2)
    drafts = [one.seconds for one in found if (one.stage, one.complexity) == ("draft", "simple")]
    assert drafts == [3, 4]
    assert sorted(one.seconds for one in found) == [2, 3, 4, 5]
    assert list(await store.timings("nobody", 2)) == []


async def test_old_timings_are_forgotten(store: Store) -> None:
    """Of one kind the last 200 are kept, whatever is asked for; other kinds lose none."""
    await store.add_timings([took(0.5, "run")])
    for start in (0, 150, 300):
        await store.add_timings([took(float(start + n)) for n in range(150)])
    found = await store.timings("shop", 10_000)
    drafts = [timing.seconds for timing in found if timing.stage == "draft"]
    assert drafts == [float(n) for n in range(450 - 200, 450)]
    assert took(0.5, "run") in found


async def test_forgotten_rows_are_gone_from_the_file(tmp_path: Path) -> None:
    """The file does not grow with every question ever asked."""
    store = SQLiteStore(tmp_path / "learned.db")
    await store.add_timings([took(float(n)) for n in range(1_000)])
    with closing(sqlite3.connect(tmp_path / "learned.db")) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM timings").fetchone()
    assert rows == KEPT


async def test_the_next_process_finds_what_was_added(tmp_path: Path) -> None:
    """Folders are made, another store on the same file reads on; closing twice is safe."""
    path = tmp_path / "new" / "folder" / "learned.db"
    first = SQLiteStore(path)
    await first.add_outcomes({REVIEW: Outcomes(1, 0)})
    await first.aclose()
    await first.aclose()
    assert dict(await SQLiteStore(path).outcomes()) == {REVIEW: Outcomes(1, 0)}


ADD_MANY = """
import sys
from pathlib import Path
import anyio
from forerun.adapters.stores import SQLiteStore
from forerun.ports import Outcomes, Timing

async def main():
    store = SQLiteStore(Path(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(25):
        await store.add_outcomes({("review", "simple"): Outcomes(1, 0.5)})
        await store.add_timings([Timing("shop", "run", sys.argv[2], float(n))])

anyio.run(main)
"""


async def add_from_two_processes(path: Path) -> None:
    """Each adds 25 outcomes and 25 timings, from the same moment on."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ADD_MANY, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("made_before", [True, False])
async def test_processes_that_add_at_once_add_up(tmp_path: Path, made_before: bool) -> None:
    """Two processes lose nothing of each other's, whether or not the file was there before."""
    store = SQLiteStore(tmp_path / "learned.db")
    if made_before:
        await store.outcomes()
    await add_from_two_processes(tmp_path / "learned.db")
    assert dict(await store.outcomes()) == {REVIEW: Outcomes(50, 25)}
    assert len(await store.timings("shop", 100)) == 50


async def test_tasks_that_add_at_once_add_up(tmp_path: Path) -> None:
    """One store serves many tasks."""
    store = SQLiteStore(tmp_path / "learned.db")
    await store.outcomes()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(store.add_outcomes, {REVIEW: Outcomes(1, 0)})
    assert dict(await store.outcomes()) == {REVIEW: Outcomes(20, 0)}


class Halting(Sequence[Timing]):
    """Five timings, of which the last is held back until it is let go."""

    def __init__(self) -> None:
        self.half_way = threading.Event()
        self.go_on = threading.Event()

    def __iter__(self) -> Iterator[Timing]:
        for number in range(5):
            if number == 4:
                self.half_way.set()
                self.go_on.wait(60)
            yield took(float(number))

    def __len__(self) -> int:
        return 5

    @overload
    def __getitem__(self, index: int) -> Timing: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Timing]: ...
    def __getitem__(self, index: int | slice) -> Timing | Sequence[Timing]:
        return list(self)[index]


async def test_a_cancelled_call_happened_whole_or_not_at_all(tmp_path: Path) -> None:
    """Cancelled half way: when the caller goes on nothing runs, and all five are there or none."""
    store = SQLiteStore(tmp_path / "learned.db")
    added = Halting()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.add_timings, added)
        while not added.half_way.is_set():
            await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
        added.go_on.set()
    found = [timing.seconds for timing in await store.timings("shop", 10)]
    assert found in ([], [0.0, 1.0, 2.0, 3.0, 4.0])
    await store.add_timings([took(8.0)])  # the lock is free
    assert [one.seconds for one in await store.timings("shop", 10)] == [*found, 8.0]


async def test_a_failed_call_leaves_nothing(tmp_path: Path) -> None:
    """One row that cannot be stored takes the others of its call back with it."""
    store = SQLiteStore(tmp_path / "learned.db")
    await store.add_timings([took(7.0)])
    with pytest.raises(Unavailable):
        await store.add_timings([took(1.0), took(float("nan"))])
    assert list(await store.timings("shop", 10)) == [took(7.0)]


async def test_a_lock_that_stays_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while of patience the file is named, with what to do; readers wait for nobody."""
    monkeypatch.setattr("forerun.adapters.stores.sqlite_file.PATIENCE_S", 0.2)
    path = tmp_path / "learned.db"
    store = SQLiteStore(path)
    await store.outcomes()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"learned\.db.*locked") as raised:
            await store.add_outcomes({REVIEW: Outcomes(1, 0)})
        assert dict(await store.outcomes()) == {}
    assert raised.value.hint


@pytest.mark.parametrize("damage", ["no database", "torn"])
async def test_a_broken_file_is_said_and_left_alone(tmp_path: Path, damage: str) -> None:
    """Neither a file of something else nor a damaged one is overwritten."""
    path = tmp_path / "learned.db"
    store = SQLiteStore(path)
    if damage == "torn":
        await store.add_timings([took(float(n)) for n in range(200)])
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    else:
        path.write_bytes(b"not a database, " * 500)
    before = path.read_bytes()
    with pytest.raises(Unavailable, match=r"learned\.db") as raised:
        await store.add_timings([took(1.0)])
    assert raised.value.hint
    assert path.read_bytes() == before


async def test_a_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where a folder should be, and a folder where the file should be."""
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "learned.db", tmp_path):
        with pytest.raises(Unavailable, match="cannot be kept") as raised:
            await SQLiteStore(path).outcomes()
        assert "FORERUN_STATE" in (raised.value.hint or "")


async def test_open_store(tmp_path: Path) -> None:
    """`memory` keeps nothing; anything else is a file, which opening does not touch."""
    assert isinstance(open_store(IN_MEMORY), MemoryStore)
    assert isinstance(open_store(str(tmp_path / "learned.db")), SQLiteStore)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("made_by", ["PRAGMA user_version = 2", "CREATE TABLE timings (n)"])
async def test_a_file_that_is_not_ours_is_not_touched(tmp_path: Path, made_by: str) -> None:
    """A newer version's store, and a database that is no store, are refused as they are."""
    path = tmp_path / "learned.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE outcomes (n)")
        connection.execute("INSERT INTO outcomes VALUES (1)")
        connection.execute(made_by)
        connection.commit()
    with pytest.raises(Unavailable, match="something else"):
        await SQLiteStore(path).add_outcomes({REVIEW: Outcomes(1, 0)})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT n FROM outcomes").fetchall() == [(1,)]
