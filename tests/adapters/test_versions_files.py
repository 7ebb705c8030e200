"""Versions of SQLite and of data files: whatever another process commits is in the next one."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import duckdb
import pytest

from forerun.adapters.databases import connect, sqlite, stamps
from forerun.errors import DatabaseNotFound, DatabaseUnreachable, UnreadableFile
from forerun.ports import Database
from tests.adapters.writing import data_of, obeying, settled, value, write, written

pytestmark = pytest.mark.anyio

COUNTER = "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0);"
COUNTING = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
c.execute("PRAGMA synchronous = OFF")
for number, line in enumerate(sys.stdin):
    if not line.strip():
        break
    if line.strip() != "UPDATE":
        c.execute(line).fetchall()
    c.execute("UPDATE t SET n = n + 1")
    print("done", flush=True)
"""
ON_A_SLOW_DISK_NS = sqlite.LOG_SETTLED_AFTER_NS
MODES = ["delete", "truncate", "persist", "wal"]


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writers of these tests have committed before the version is asked for."""
    monkeypatch.setattr(sqlite, "LOG_SETTLED_AFTER_NS", stamps.SETTLED_AFTER_NS)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(tmp_path: Path, mode: str) -> Path:
    path = tmp_path / "shop.sqlite"
    write("sqlite", path, f"PRAGMA journal_mode = {mode}; {COUNTER}")
    return path


@pytest.fixture
async def shop(file: Path) -> AsyncIterator[Database]:
    database = connect(str(file))
    yield database
    await database.aclose()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO t VALUES (5)",
        "UPDATE t SET n = 7",
        "DELETE FROM t",
        "CREATE TABLE u (a)",
        "ALTER TABLE t ADD COLUMN b",
        "DROP TABLE t",
        "BEGIN; UPDATE t SET n = 1; UPDATE t SET n = 0; COMMIT",
    ],
)
async def test_every_commit_is_another_version(shop: Database, file: Path, change: str) -> None:
    """Rows and schema alike, though the file keeps its size; and what stands stays the same."""
    assert await value(shop, "SELECT n FROM t") == 0
    before = await settled(shop)
    await written("sqlite", file, change)
    after = await settled(shop)
    assert after != before
    assert await data_of(shop) == after


async def test_reading_is_no_change(shop: Database, file: Path) -> None:
    """Questions make no new version, ours or another's, while a program holds the file open."""
    with sqlite3.connect(file) as writer:
        writer.execute("UPDATE t SET n = 1")
        writer.commit()
        before = await settled(shop)
        assert await value(shop, "SELECT n FROM t") == 1
        assert (await shop.read_structure()).table("t") is not None
        other = connect(str(file))
        assert await value(other, "SELECT n FROM t") == 1
        await other.aclose()
        assert await data_of(shop) == before
    writer.close()


@pytest.mark.parametrize(
    "between", ["UPDATE", "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)"]
)
async def test_writes_close_together(shop: Database, file: Path, mode: str, between: str) -> None:
    """Of 200 commits of the same size, one right after the other, no two share a version."""
    shown: dict[str, object] = {}
    with obeying(COUNTING, str(file), mode) as writer:
        for number in range(1, 201):
            assert writer.do(between) == "done"
            text = await data_of(shop)
            assert await value(shop, "SELECT n FROM t") == number
            assert shown.setdefault(text, number) == number
    assert await value(shop, "SELECT n FROM t") == 200
    assert await settled(shop) not in shown


@pytest.mark.slow
async def test_writes_after_a_pause(shop: Database, file: Path, mode: str) -> None:
    """A log that is begun again and is as long as before gives another version than before."""
    shown: dict[str, object] = {}
    with obeying(COUNTING, str(file), mode) as writer:
        for number in range(1, 31):
            assert writer.do("PRAGMA wal_checkpoint(RESTART)") == "done"
            text = await settled(shop)
            assert await value(shop, "SELECT n FROM t") == number
            assert text == await data_of(shop)
            assert shown.setdefault(text, number) == number


@pytest.mark.slow
async def test_a_log_just_written_to_is_not_relied_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers see a commit some time after the log was last written to: a slow disk is awaited."""
    monkeypatch.setattr(sqlite, "LOG_SETTLED_AFTER_NS", ON_A_SLOW_DISK_NS)
    file = tmp_path / "shop.sqlite"
    write("sqlite", file, f"PRAGMA journal_mode = wal; {COUNTER}")
    database = connect(str(file))
    with obeying(COUNTING, str(file), "wal") as writer:
        writer.do("UPDATE")
        await anyio.sleep(3 * stamps.SETTLED_AFTER_NS / 1e9)
        written_at = file.with_name("shop.sqlite-wal").stat().st_mtime_ns
        await settled(database)
        assert stamps._now_ns() - written_at > ON_A_SLOW_DISK_NS
    await database.aclose()


async def test_another_file_in_its_place(shop: Database, file: Path) -> None:
    """A database that is built beside and renamed is read, though connections idle on the old."""
    assert await value(shop, "SELECT n FROM t") == 0
    before = await settled(shop)
    new = file.with_name("new.sqlite")
    await written("sqlite", new, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (41)")
    new.replace(file)
    assert await data_of(shop) != before
    assert await value(shop, "SELECT n FROM t") == 41


async def test_asking_for_the_version_takes_no_locks_away(shop: Database, file: Path) -> None:
    """No file is opened for it: closing that would let writers in amid a statement of our own."""
    opened: list[object] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and watching:
            opened.append(arguments[0])

    watching = False
    sys.addaudithook(watch)
    watching = True
    await data_of(shop)
    watching = False
    assert opened == []
    watching = True
    file.open("rb").close()
    watching = False
    assert opened == [str(file)]


def a_csv(folder: Path) -> Path:
    (folder / "t.csv").write_text("n\n0\n")
    return folder / "t.csv"


def a_json(folder: Path) -> Path:
    (folder / "t.jsonl").write_text('{"n": 0}\n')
    return folder / "t.jsonl"


def a_parquet(folder: Path) -> Path:
    duckdb.execute(f"COPY (SELECT 0 AS n) TO '{folder / 't.parquet'}'")
    return folder / "t.parquet"


def a_folder(folder: Path) -> Path:
    inner = folder / "data"
    inner.mkdir()
    a_csv(inner)
    return inner


@pytest.mark.parametrize("make", [a_csv, a_json, a_parquet, a_folder])
async def test_a_data_file_that_changes(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """Written anew by another process with as many bytes, it is another version and read anew."""
    path = make(tmp_path)
    database = connect(str(path))
    assert await value(database, "SELECT n FROM t") == 0
    before = await settled(database)
    assert await value(database, "SELECT n FROM t") == 0
    assert await data_of(database) == before
    data = path / "t.csv" if path.is_dir() else path
    name = data.name
    rewriting = {"t.csv": "'n\\n7\\n'", "t.jsonl": "'{\"n\": 7}\\n'"}
    if name == "t.parquet":
        await written("duckdb", ":memory:", f"COPY (SELECT 7 AS n) TO '{data}'")
    else:
        program = f"import sys; open(sys.argv[1], 'w').write({rewriting[name]}); print('done')"
        with obeying(program, str(data)) as writer:
            assert writer.do("go") == "done"
    assert await data_of(database) != before
    assert await value(database, "SELECT n FROM t") == 7
    assert await settled(database) != before
    await database.aclose()


@pytest.mark.slow
async def test_a_data_file_written_without_a_pause(tmp_path: Path) -> None:
    """Of 100 contents of the same size, each right after the other, every one is read."""
    file = a_csv(tmp_path)
    program = (
        "import sys\n"
        "for line in sys.stdin:\n"
        "    if not line.strip(): break\n"
        "    open(sys.argv[1], 'r+').write('n\\n' + line.strip())\n"
        "    print('done', flush=True)\n"
    )
    database = connect(str(file))
    shown: dict[str, object] = {}
    with obeying(program, str(file)) as writer:
        for number in range(100, 200):
            assert writer.do(str(number)) == "done"
            text = await data_of(database)
            assert await value(database, "SELECT n FROM t") == number
            assert shown.setdefault(text, number) == number
    await database.aclose()


async def test_a_file_of_a_folder_comes_and_goes(tmp_path: Path) -> None:
    """The catalog has the table of a file that came, and not of one that went."""
    a_csv(tmp_path)
    database = connect(str(tmp_path))
    assert {t.key for t in (await database.read_structure()).tables} == {"t"}
    versions = [await settled(database)]
    (tmp_path / "u.csv").write_text("a\n1\n")
    assert {t.key for t in (await database.read_structure()).tables} == {"t", "u"}
    versions.append(await settled(database))
    (tmp_path / "t.csv").unlink()
    assert {t.key for t in (await database.read_structure()).tables} == {"u"}
    versions.append(await settled(database))
    (tmp_path / "readme.txt").write_text("no data")
    versions.append(await settled(database))
    assert len(set(versions)) == 3
    assert versions[2] == versions[3]
    (tmp_path / "u.csv").unlink()
    with pytest.raises(UnreadableFile, match="holds no data files"):
        await database.read_structure()
    await database.aclose()


async def test_statements_on_the_old_rows_end_undisturbed(tmp_path: Path) -> None:
    """While one statement runs, the file changes: the next one sees the new rows at once."""
    file = a_csv(tmp_path)
    database = connect(str(file))
    await settled(database)
    seen: list[object] = []

    async def slow() -> None:
        seen.append(await value(database, "SELECT n, sleep_ms(800) FROM t"))

    async with anyio.create_task_group() as group:
        group.start_soon(slow)
        await anyio.sleep(0.3)
        file.write_text("n\n7\n")
        seen.append(await value(database, "SELECT n FROM t"))
    assert seen == [7, 0]
    assert await value(database, "SELECT n FROM t") == 7
    await database.aclose()


@pytest.mark.parametrize("name", ["t.csv", "t.sqlite", "t.duckdb", "folder"])
async def test_a_file_that_is_gone(tmp_path: Path, name: str) -> None:
    """Version and question alike say so; when it is back, both work."""
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        a_csv(path)
    elif name == "t.csv":
        a_csv(tmp_path)
    else:
        write(path.suffix[1:], path, COUNTER)
    database = connect(str(path))
    assert await value(database, "SELECT n FROM t") == 0
    away = path.rename(tmp_path / "away")
    with pytest.raises(DatabaseNotFound, match=r"no file .* any more"):
        await database.version()
    with pytest.raises(DatabaseNotFound, match=r"no file .* any more"):
        await value(database, "SELECT n FROM t")
    away.rename(path)
    assert await value(database, "SELECT n FROM t") == 0
    assert await settled(database)
    await database.aclose()
    with pytest.raises(DatabaseUnreachable, match="has been closed"):
        await database.version()


@pytest.mark.parametrize("name", ["t.csv", "t.sqlite", "t.duckdb"])
async def test_a_file_that_cannot_be_reached(tmp_path: Path, name: str) -> None:
    """A folder on the way that has become a file is told in the system's words."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / name
    if name == "t.csv":
        a_csv(folder)
    else:
        write(path.suffix[1:], path, COUNTER)
    database = connect(str(path))
    folder.rename(tmp_path / "away")
    folder.write_text("no folder")
    with pytest.raises(UnreadableFile, match="cannot be read: Not a directory"):
        await database.version()
    with pytest.raises(UnreadableFile, match="cannot be read: Not a directory"):
        await value(database, "SELECT n FROM t")
    await database.aclose()


async def test_a_log_that_cannot_be_read_is_not_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file is read without its log, nothing can be told: no version."""
    file = tmp_path / "shop.sqlite"
    write("sqlite", file, f"PRAGMA journal_mode = wal; {COUNTER}")
    database = sqlite.open_file(file)
    monkeypatch.setattr(database, "_immutable", True)  # root may write to any folder
    version = await database.version()
    assert (version.data, version.schema) == (None, None)
    await database.aclose()


def test_times_in_whole_seconds_are_waited_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without fractions of seconds shows two writes of one second alike."""
    file = tmp_path / "t.csv"
    file.write_text("x")
    changed = file.stat()
    whole = os.stat_result(
        tuple(changed)[:10],
        {"st_mtime_ns": 5_000_000_000, "st_ctime_ns": 5_000_000_000},
    )
    monkeypatch.setattr(os, "stat", lambda _: whole)
    for later_ns, same in ((1_000_000_000, False), (2_050_000_000, False), (2_200_000_000, True)):
        monkeypatch.setattr(stamps, "_now_ns", lambda at=5_000_000_000 + later_ns: at)
        assert (stamps.stamp("t.csv") == stamps.stamp("t.csv")) is same
