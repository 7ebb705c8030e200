"""Tables in a file, or in memory: whose file it is, and for how long."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from forerun.adapters.stores import open_sql
from forerun.errors import Unavailable
from tests.adapters.test_sql_stores import LAYOUT, add, numbers

pytestmark = pytest.mark.anyio


async def test_who_is_overtaken_says_so_and_writes_nothing(tmp_path: Path) -> None:
    """A newer process brings the file further while an older one has it open: the next thing that
    the older one would write is refused with what is to be done, and not with a count of
    columns; also what would have fitted."""
    place = str(tmp_path / "trial.db")
    old = open_sql(place, LAYOUT)
    await add(old, 1)
    steps = (("ALTER TABLE numbers ADD COLUMN seen BIGINT NOT NULL DEFAULT 0",),)
    new = open_sql(place, replace(LAYOUT, version=4, upgrades=steps))
    assert await new.read(numbers) == [1]
    overtaken = "a newer Forerun has brought it to version 4, and this one knows none after 3"
    with pytest.raises(Unavailable, match=overtaken) as raised:
        await old.write(lambda tx: tx.change("UPDATE numbers SET n = 2"))
    assert str(raised.value.hint).startswith("Update this Forerun")
    with pytest.raises(Unavailable, match=overtaken):
        await add(old, 2)
    assert await new.read(numbers) == [1]
    await old.aclose()
    await new.aclose()


async def test_another_kind_of_file_is_refused_as_it_is(tmp_path: Path) -> None:
    """A store of something else of ours, and a database of somebody else's."""
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    other = open_sql(str(ours), replace(LAYOUT, name="other"))
    await add(other, 1)
    await other.aclose()
    with closing(sqlite3.connect(theirs)) as file:
        file.execute("CREATE TABLE numbers (n)")
    for path in (ours, theirs):
        before = path.read_bytes()
        store = open_sql(str(path), LAYOUT)
        with pytest.raises(Unavailable, match="something else"):
            await add(store, 2)
        await store.aclose()
        assert path.read_bytes() == before


async def test_in_memory_nothing_outlives_its_store() -> None:
    """Each has its own; after closing it is said."""
    one, other = open_sql("memory", LAYOUT), open_sql("memory", LAYOUT)
    await add(one, 1)
    assert (await one.read(numbers), await other.read(numbers)) == ([1], [])
    for store in (one, other):
        await store.aclose()
        with pytest.raises(Unavailable):
            await store.read(numbers)


async def test_a_file_that_is_taken_away_is_made_anew(tmp_path: Path) -> None:
    """A store holds on to no file that nobody else can see."""
    path = tmp_path / "trial.db"
    store = open_sql(str(path), LAYOUT)
    await add(store, 1)
    for each in tmp_path.iterdir():
        each.unlink()
    await add(store, 2)
    other = open_sql(str(path), LAYOUT)
    assert await other.read(numbers) == [2]
    await other.aclose()
    await store.aclose()
