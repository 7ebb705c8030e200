"""The disk cache's file: private, bounded, replaced where broken, and nobody else's."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from forerun.adapters.caches import disk
from forerun.adapters.caches.disk import DiskCache
from forerun.adapters.caches.disk_listening import Listener
from forerun.adapters.caches.sqlite_file import APPLICATION
from forerun.errors import Unavailable
from forerun.ports import Scope
from tests.adapters.caches.places import Child, Place, labels

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


def file_of(place: Place) -> Path:
    return Path(place.address)


async def test_the_file_is_the_users_alone(on_disk: Place) -> None:
    """Nobody else may read it or what SQLite keeps beside it, nor look into its folder."""
    async with on_disk.open() as cache:
        await cache.put("a", "secret", labels(), 60)
        found = list(file_of(on_disk).parent.iterdir())
        assert {path.name for path in found} >= {"cache.sqlite", "cache.sqlite-wal"}
        assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
        assert file_of(on_disk).parent.stat().st_mode & 0o777 == 0o700


async def test_a_file_that_was_open_to_others_is_closed_to_them(on_disk: Place) -> None:
    """Where it is ours; a folder that was there keeps the rights it has."""
    async with on_disk.open() as cache:
        await cache.put("a", "x", labels(), 60)
    file_of(on_disk).chmod(0o644)
    file_of(on_disk).parent.chmod(0o755)
    async with on_disk.open() as cache:
        assert list(await cache.get(["a"])) == ["x"]
    assert file_of(on_disk).stat().st_mode & 0o777 == 0o600
    assert file_of(on_disk).parent.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
async def test_another_users_file_is_refused(on_disk: Place) -> None:
    """Whoever owns it may put answers into it."""
    async with on_disk.open() as cache:
        await cache.put("a", "x", labels(), 60)
    os.chown(on_disk.address, 12_345, -1)
    async with on_disk.open() as cache:
        with pytest.raises(Unavailable, match="another user"):
            await cache.get(["a"])


@pytest.mark.parametrize("size", [700, 20_000])
async def test_the_file_stays_within_its_bounds(tmp_path: Path, size: int) -> None:
    """What was kept longest ago goes; what is kept last is there; nothing is pushed out early."""
    path = tmp_path / "cache.sqlite"
    cache = DiskCache(path, MIB)
    count = 3 * MIB // size
    for number in range(count):
        await cache.put(str(number), "x" * size, labels("orders"), 600)
    keys = [str(number) for number in range(count)]
    left = [key for key, text in zip(keys, await cache.get(keys), strict=True) if text]
    assert left == keys[-len(left) :]
    assert len(left) * size > MIB / 4
    await cache.aclose()
    assert path.stat().st_size <= MIB + 65_536


async def test_a_text_that_takes_too_much_room_is_not_kept(tmp_path: Path) -> None:
    """A fourth of the room at most: one text never pushes out all others."""
    cache = DiskCache(tmp_path / "cache.sqlite", MIB)
    await cache.put("small", "x", labels(), 60)
    await cache.put("fits", "x" * (MIB // 4), labels(), 60)
    await cache.put("large", "x" * (MIB // 4 + 1), labels(), 60)
    assert [bool(text) for text in await cache.get(["small", "fits", "large"])] == [
        True,
        True,
        False,
    ]
    await cache.aclose()


async def test_what_has_expired_leaves_the_file(on_disk: Place) -> None:
    """With the next put, text and all."""
    async with on_disk.open() as cache:
        for number in range(50):
            await cache.put(str(number), "x" * 1_000, labels(), 0.2)
        await anyio.sleep(0.3)
        await cache.put("a", "x", labels(), 60)
    with closing(sqlite3.connect(on_disk.address)) as db:
        for table in ("entries", "texts"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def spoil(path: Path, how: str) -> None:
    """A file of ours, made useless."""
    whole = path.read_bytes()
    if how == "torn":
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    elif how == "cut":
        path.write_bytes(whole[: 4096 + 100])
    elif how == "head":
        path.write_bytes(whole[:100] + b"\xff" * 3996 + whole[4096:])
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("how", ["torn", "cut", "head", "other layout"])
async def test_a_spoilt_file_of_ours_is_made_anew(on_disk: Place, how: str) -> None:
    """A cache is worth less than the trouble: it begins again, and keeps again."""
    async with on_disk.open() as cache:
        for number in range(100):
            await cache.put(str(number), "x" * 500, labels(), 60)
    spoil(file_of(on_disk), how)
    async with on_disk.open() as cache:
        assert set(await cache.get([str(number) for number in range(100)])) <= {None, "x" * 500}
        for number in range(100):
            await cache.put(f"new {number}", "y", labels(), 60)
        assert set(await cache.get([f"new {number}" for number in range(100)])) == {"y"}
    with closing(sqlite3.connect(on_disk.address)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("what", ["text", "short", "database", "numbered"])
async def test_a_file_that_is_not_ours_is_left_alone(on_disk: Place, what: str) -> None:
    """Not a byte or a right of it changes, and it is said what to do."""
    path = file_of(on_disk)
    path.parent.mkdir()
    if what in ("text", "short"):
        path.write_text("a letter to my aunt" * (500 if what == "text" else 1))
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE t (n)" if what == "database" else "PRAGMA user_version = 7")
    path.chmod(0o644)
    before = path.read_bytes()
    async with on_disk.open() as cache:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"cache\.sqlite") as raised:
                await cache.put("a", "x", labels(), 60)
            assert raised.value.hint
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_a_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where a folder should be, a folder where the file should be, and no place at all."""
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "cache.sqlite", tmp_path, Path("/proc/none/cache.sqlite")):
        cache = DiskCache(path)
        with pytest.raises(Unavailable, match="cannot be used"):
            await cache.get(["a"])
        with pytest.raises(Unavailable, match="cannot be used"):
            await cache.purge(Scope())


FILL = """
import resource, sys
from pathlib import Path
import anyio
from forerun.adapters.caches.disk import DiskCache
from forerun.errors import Unavailable
from tests.adapters.caches.places import labels

async def main():
    cache = DiskCache(Path(sys.argv[1]))
    await cache.put("a", "x", labels(), 60)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        for number in range(1_000):
            await cache.put(str(number), "x" * 2_000, labels(), 60)
    except Unavailable as error:
        print("said", list(await cache.get(["a"])) == ["x"], error.message)

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
async def test_a_full_disk_is_said(on_disk: Place) -> None:
    """Where no byte more can be written, what was kept before can still be read."""
    done = subprocess.run(
        [sys.executable, "-c", FILL, on_disk.address], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("said True"), done
    async with on_disk.open() as cache:
        assert list(await cache.get(["a"])) == ["x"]


async def test_a_lock_that_stays_is_said(on_disk: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes waits a while; who reads waits for nobody."""
    monkeypatch.setattr("forerun.adapters.caches.sqlite_file.PATIENCE_S", 0.1)
    async with on_disk.open() as cache:
        await cache.put("a", "x", labels(), 60)
        with closing(sqlite3.connect(on_disk.address, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="locked"):
                await cache.put("a", "y", labels(), 60)
            assert list(await cache.get(["a"])) == ["x"]
        await cache.put("a", "y", labels(), 60)
        assert list(await cache.get(["a"])) == ["y"]


@pytest.mark.parametrize("what", ["everything", "file"])
async def test_the_file_may_be_removed_at_any_time(on_disk: Place, what: str) -> None:
    """Who had it open begins anew with the others, and hears that everything is gone."""
    heard: list[Scope] = []

    async def hear(times: int) -> None:
        with anyio.fail_after(30):
            while len(heard) < times:
                await anyio.sleep(0.005)

    async with on_disk.open() as one, on_disk.open() as two, anyio.create_task_group() as group:
        await one.put("a", "x", labels(), 60)
        group.start_soon(one.hear_purges, heard.append)
        await hear(1)
        for path in list(file_of(on_disk).parent.iterdir()):
            if what == "everything" or path == file_of(on_disk):
                path.unlink()
        assert list(await one.get(["a"])) == [None]
        await two.put("b", "y", labels(), 60)
        assert list(await one.get(["b"])) == ["y"]
        await hear(2)
        await two.purge(Scope(tenant="ann"))
        await hear(3)
        assert list(await one.get(["b"])) == [None]
        group.cancel_scope.cancel()
    assert heard == [Scope(), Scope(), Scope(tenant="ann")]


async def test_who_missed_too_many_purges_hears_of_everything(
    on_disk: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last purges are written down."""
    monkeypatch.setattr(disk, "PURGES_KEPT", 2)
    listener = Listener(file_of(on_disk))
    scopes = [Scope(tenant=str(number)) for number in range(3)]
    async with on_disk.open() as cache:
        assert list(listener.news()) == [Scope()]
        assert list(listener.news()) == []
        for scope in scopes[:2]:
            await cache.purge(scope)
        assert list(listener.news()) == scopes[:2]
        for scope in scopes:
            await cache.purge(scope)
        assert list(listener.news()) == [Scope()]
        await cache.purge(scopes[1])
        assert list(listener.news()) == [scopes[1]]
    listener.close()


async def test_a_process_that_is_killed_breaks_nothing(on_disk: Place) -> None:
    """In the middle of its work, several times: what others find is whole."""
    for number in range(3):
        other = Child(on_disk)
        assert other.ask("ready") is True
        other.tell("put many", 100_000, f"{number}-", 3_000)
        time.sleep(0.15)
        other.kill()
        async with on_disk.open() as cache:
            await cache.put("a", "x", labels(), 60)
            keys = [f"{number}-{n}" for n in range(2_000)]
            assert set(await cache.get(["a", *keys])) == {"x", "x" * 3_000, None}
    with closing(sqlite3.connect(on_disk.address)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
