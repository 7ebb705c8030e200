"""What another process commits is in the next answer, past the guarantee of each database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from forerun import Forerun, Settings
from forerun.adapters.databases import duckdb_instance
from forerun.domain import Answer, Status
from forerun.errors import ForerunError
from tests.adapters.writing import KINDS, Refused, write
from tests.services import Scratch

pytestmark = pytest.mark.anyio

QUESTION = "How many customers are in Kiel?"
SETTINGS = Settings(state="memory", version_ttl_ms=0, cache_max_stale=0.3)
TABLE = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(20), city VARCHAR(20))"
ROWS = "INSERT INTO customers VALUES (1, 'Ann', 'Kiel'), (2, 'Bob', 'Bremen'), (3, 'Cy', 'Kiel')"


@dataclass(frozen=True)
class Place:
    """A database that another process writes to."""

    url: str
    write: Callable[[str], None]
    guarantee_s: float = 0.0


def embedded(kind: str, tmp_path: Path) -> Place:
    path = tmp_path / f"shop.{kind}"
    return Place(str(path), lambda sql: write(kind, path, sql))


def csv_folder(tmp_path: Path) -> Place:
    folder = tmp_path / "shop"
    folder.mkdir()
    file = folder / "customers.csv"

    def change(sql: str) -> None:
        """The same changes, made to the file by hand."""
        lines = file.read_text().splitlines() if file.exists() else []
        if sql == TABLE:
            lines = ["id,name,city"]
        elif sql.startswith("INSERT"):
            rows = sql.partition("VALUES ")[2].strip("()").split("), (")
            lines += [row.replace("'", "").replace(", ", ",") for row in rows]
        else:
            lines = [f"{line},{'rank' if at == 0 else 'gold'}" for at, line in enumerate(lines)]
        file.write_text("\n".join(lines) + "\n")

    return Place(str(folder), change)


@pytest.fixture(autouse=True)
def soon_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DuckDB file that nobody asks is let go of sooner than as shipped."""
    monkeypatch.setattr(duckdb_instance, "IDLE_S", 0.1)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    kind = request.param
    if kind == "csv":
        made = csv_folder(tmp_path)
    elif kind in ("postgres", "mysql"):
        scratch: Scratch = request.getfixturevalue(kind)
        guarantee_s = SETTINGS.cache_max_stale if kind == "mysql" else 0.0
        made = Place(
            scratch.reader_url, lambda sql: write(kind, scratch.owner_url, sql), guarantee_s
        )
        made.write("DROP TABLE IF EXISTS customers")
    else:
        made = embedded(kind, tmp_path)
    made.write(TABLE)
    made.write(ROWS)
    return made


async def answered(forerun: Forerun, question: str) -> Answer:
    """The answer; a file that its writer has only just let go of is asked again."""
    with anyio.fail_after(30):
        while True:
            answer = await forerun.ask(question)
            if answer.failure is None or answer.failure.code != "database_locked":
                return answer
            await anyio.sleep(0.02)


async def written(place: Place, sql: str) -> None:
    """Committed by another process, as soon as the readers here let it in."""
    with anyio.fail_after(30):
        while True:
            try:
                await anyio.to_thread.run_sync(place.write, sql)
            except Refused:  # a DuckDB file that is still open here
                await anyio.sleep(0.02)
            else:
                return


def count(answer: Answer) -> object:
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows is not None
    return answer.rows.rows[0][-1]


@pytest.mark.parametrize("place", [*KINDS, "csv"], indirect=True)
async def test_every_commit_is_seen(place: Place) -> None:
    """Rows that came, and a column that came, are in the next answer past the guarantee."""
    async with Forerun(place.url, settings=SETTINGS) as forerun:
        assert count(await answered(forerun, QUESTION)) == 2
        for number in (4, 5):
            await written(place, f"INSERT INTO customers VALUES ({number}, 'New', 'Kiel')")
            await anyio.sleep(place.guarantee_s)
            assert count(await answered(forerun, QUESTION)) == number - 1
        await written(place, "ALTER TABLE customers ADD COLUMN rank VARCHAR(10) DEFAULT 'gold'")
        await anyio.sleep(place.guarantee_s)
        columns = {c.name for table in (await forerun.catalog()).tables for c in table.columns}
        assert "rank" in columns


@pytest.mark.parametrize("place", [*KINDS, "csv"], indirect=True)
async def test_without_a_commit_the_answer_is_given_again(place: Place) -> None:
    """Nothing was written: the second answer is the first one, on each database."""
    settings = replace(SETTINGS, version_ttl_ms=None, cache_max_stale=30.0)
    async with Forerun(place.url, settings=settings) as forerun:
        await anyio.sleep(0.1)
        first = await answered(forerun, QUESTION)
        with anyio.fail_after(30):  # other tests commit to the same PostgreSQL
            while not (again := await answered(forerun, QUESTION)).cache.hit:
                first = again
        assert again.rows == first.rows


async def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    """Whoever asks a file that was removed is told so, not given what was in it."""
    made = embedded("sqlite", tmp_path)
    made.write(f"{TABLE}; {ROWS}")
    async with Forerun(made.url, settings=SETTINGS) as forerun:
        assert count(await forerun.ask(QUESTION)) == 2
        Path(made.url).unlink()
        try:
            answer = await forerun.ask(QUESTION)
        except ForerunError as error:
            assert "shop.sqlite" in error.message  # noqa: PT017 - either way is clear
        else:
            assert answer.status is Status.FAILED or answer.warnings
