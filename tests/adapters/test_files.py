"""CSV, TSV, Parquet and JSON files, and folders of them."""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import anyio
import duckdb
import pytest

from forerun.adapters.databases import connect
from forerun.adapters.databases.files import table_names
from forerun.adapters.databases.stamps import SETTLED_AFTER_NS
from forerun.domain import Kind, Limits, Rows, Statement
from forerun.errors import UnreadableFile
from forerun.ports import Database
from tests.adapters.fences import Ground, holds

pytestmark = pytest.mark.anyio


async def run(database: Database, sql: str) -> Rows:
    return await database.run(Statement(sql, "duckdb"), Limits(max_rows=50_000))


async def rows_of(path: Path, table: str | None = None) -> list[tuple[object, ...]]:
    database = connect(str(path))
    found = await run(database, f'FROM "{table or path.name.partition(".")[0]}"')
    await database.aclose()
    return list(found.rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file of each format, and what is no data."""
    (tmp_path / "customers.csv").write_text("id,name,since\n1,Ann,2024-01-05\n2,Bob,2024-02-06\n")
    (tmp_path / "regions.tsv").write_text("code\ttitle\nN\tNorth, far\n")
    (tmp_path / "events.jsonl").write_text('{"a": 1, "b": {"c": 2}}\n{"a": 3, "b": null}\n')
    (tmp_path / "list.json").write_text('[{"a": 1}, {"a": 2}]')
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n"))
    with duckdb.connect() as instance:
        instance.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path / 'sales 2024.parquet'}'")
    (tmp_path / "readme.txt").write_text("not data")
    (tmp_path / ".hidden.csv").write_text("a\n1\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deeper.csv").write_text("a\n1\n")
    return tmp_path


@pytest.fixture
async def database(folder: Path) -> AsyncIterator[Database]:
    database = connect(str(folder))
    yield database
    await database.aclose()


async def test_folder(database: Database, folder: Path) -> None:
    """Each data file directly in the folder is a table; row counts are exact."""
    catalog = await database.read_structure()
    assert {table.key: table.rows for table in catalog.tables} == {
        "customers": 2,
        "events": 2,
        "list": 2,
        "packed": 1,
        "regions": 1,
        "sales_2024": 1,
    }
    assert not any(table.rows_estimated for table in catalog.tables)
    kinds = {column.name: column.kind for column in catalog.by_key["customers"].columns}
    assert kinds == {"id": Kind.INTEGER, "name": Kind.TEXT, "since": Kind.DATE}
    assert catalog.database == folder.name
    joined = await run(database, "SELECT title, name FROM regions JOIN customers ON id = 2")
    assert joined.rows == (("North, far", "Bob"),)


async def test_samples(database: Database) -> None:
    """Stored values of files are sampled like those of any table."""
    table = (await database.read_structure()).by_key["customers"]
    _, name, since = await database.sample(table, table.columns, 5)
    assert (name.samples, name.samples_complete) == (("Ann", "Bob"), True)
    assert since.samples == (date(2024, 1, 5), date(2024, 2, 6))


async def test_fence(folder: Path) -> None:
    """With the gate off, hostile statements are refused, change nothing and read no file."""
    (folder / "t.csv").write_text("a,b\n1,x\n2,y\n")
    with duckdb.connect(folder / "other.duckdb") as other:
        other.execute("CREATE TABLE secret AS SELECT 'SECRET-7431' AS x")
    database = connect(str(folder))
    await holds(database, "duckdb", Ground(folder, folder / "t.csv"))
    await database.aclose()


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("semicolon.csv", "a;b\n1,5;2\n2,5;3\n", [("1,5", 2), ("2,5", 3)]),
        ("pipe.csv", "a|b\n1|2\n", [(1, 2)]),
        ("tabs.csv", "a\tb, c\n1\t2\n", [(1, 2)]),
        ("quoted.csv", 'a,b\n"x, y","z""q"\n"l1\nl2",w\n', [("x, y", 'z"q'), ("l1\nl2", "w")]),
        ("one.csv", "name\nann\nbob\n", [("ann",), ("bob",)]),
        ("header_only.csv", "name,city\n", []),
        ("no_header.csv", "1,2\n3,4\n", [(1, 2), (3, 4)]),
        ("zeros.csv", "zip\n01234\n02345\n", [("01234",), ("02345",)]),
        ("late.csv", "a\n" + "1\n" * 30_000 + "x\n", [("1",)] * 30_000 + [("x",)]),
        ("comment.csv", "# made by hand\na,b\n1,2\n", [(1, 2)]),
        ("mark.csv", "\ufeffname\nJosé\n", [("José",)]),
        ("odd [1]*.csv", "a\n1\n", [(1,)]),
        ("it's.csv", "a\n1\n", [(1,)]),
    ],
)  # fmt: skip
async def test_csv_of_every_sort(
    tmp_path: Path, name: str, content: str, rows: list[tuple[object, ...]]
) -> None:
    """Delimiters, quotes, missing headers, late surprises and odd names are all understood."""
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    assert await rows_of(file, next(iter(table_names([file])))) == rows


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
async def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Latin-1 is read, with a warning because it is a guess; UTF-16 says itself what it is."""
    file = tmp_path / "names.csv"
    file.write_bytes("name,n\nJosé,1\nMüller,2\n".encode(encoding))
    database = connect(str(file))
    assert (await run(database, "FROM names")).rows == (("José", 1), ("Müller", 2))
    assert len(await database.warnings()) == (1 if encoding == "latin-1" else 0)
    await database.aclose()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("ragged.csv", b"a,b\n1,2\n3\n4,5\n", "line 3 has 1 values where the header has 2"),
        ("wide.csv", b"a,b\n1,2\n3,4,5\n4,5\n", "line 3 has 3 values where the header has 2"),
        ("late.csv", b"a,b\n" + b"1,2\n" * 30_000 + b"3\n", "line 30002 has 1 values"),
        ("prose.csv", b"Dear reader.\nFirst, this.\nThen that.\n", "line 2 has 2 values"),
        ("open.csv", b'a,b\n1,"x\n2,3\n', "cannot be read as a table"),
        ("empty.csv", b"", "is empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\xff" * 500, "binary"),
        ("noise.csv", bytes(range(256)) * 20, "binary"),
        ("base.csv", b"SQLite format 3\0" + b"\0" * 500, "binary"),
        ("broken.csv.gz", b"not gzip at all", "not a whole gzip file"),
        ("cut.csv.gz", gzip.compress(os.urandom(2000))[:500], "not a whole gzip file"),
        ("broken.json", b'[{"a": 1}, {"a": ', "broken.json"),
        ("broken.jsonl", b'{"a": 1}\n{"a": \n', "broken.jsonl"),
        ("broken.parquet", b"PAR1 and then nothing", "broken.parquet"),
        ("empty.parquet", b"", "is empty"),
    ],
)
async def test_unreadable(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    """A file that is not what its name says fails with its name, the reason and the line."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UnreadableFile) as told:
        await rows_of(file)
    assert says in told.value.message
    assert name in told.value.message
    assert len(told.value.message) < 600


async def test_one_bad_file_in_a_folder(folder: Path) -> None:
    """A folder is not answered from without one of its files: the bad one is named."""
    (folder / "zz.csv").write_text("a,b\n1\n")
    with pytest.raises(UnreadableFile, match=r"zz\.csv.*line 2"):
        await connect(str(folder)).read_structure()


def test_folder_without_data(tmp_path: Path) -> None:
    """A folder that holds no data files says which it would read."""
    (tmp_path / "readme.txt").write_text("x")
    with pytest.raises(UnreadableFile, match="holds no data files") as told:
        connect(str(tmp_path))
    assert ".parquet" in (told.value.hint or "")


def test_folder_that_may_not_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without permission is told like a file without. (To root nothing is forbidden.)"""

    def forbidden(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(UnreadableFile, match="cannot be read: Permission denied"):
        connect(str(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are not UTF-8")
@pytest.mark.parametrize("name", ["caf\udce9.csv", "caf\udce9.sqlite", "caf\udce9.duckdb"])
def test_names_that_are_not_utf8(tmp_path: Path, name: str) -> None:
    """Neither by itself nor in a folder can such a file be given to an engine: it is named."""
    (tmp_path / name).write_text("a\n1\n")
    for path in (tmp_path / name, *([tmp_path] if name.endswith("csv") else [])):
        with pytest.raises(UnreadableFile, match="is not UTF-8") as told:
            connect(str(path))
        assert told.value.message.isascii()


async def test_what_is_wrong_is_told_without_our_own_sql(tmp_path: Path) -> None:
    """DuckDB shows the statement at fault; nobody wrote that one."""
    (tmp_path / "a.json").write_text("{not json")
    with pytest.raises(UnreadableFile, match="Malformed JSON") as told:
        await connect(str(tmp_path / "a.json")).read_structure()
    assert "CREATE" not in told.value.message


def test_names_of_tables() -> None:
    """Names are made sayable, and made different where they would meet."""
    files = [
        Path(n) for n in ("a-b.csv", "A b.json", "a_b_2.csv", "2024.csv", "größe.csv", "%.csv")
    ]
    names = list(table_names(files))
    assert names == ["a_b", "A_b_2", "a_b_2_2", "t_2024", "größe", "t"]


async def test_files_are_read_once(tmp_path: Path) -> None:
    """As long as nobody writes to it, a file of 2,000,000 lines is not loaded a second time."""
    file = tmp_path / "large.csv"
    file.write_text("a,b,c\n" + "1,2.5,some text here\n" * 2_000_000)
    database = connect(str(file))
    await anyio.sleep(2 * SETTLED_AFTER_NS / 1e9)
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        assert (await run(database, "SELECT count(*) FROM large")).rows == ((2_000_000,),)
        seconds.append(time.perf_counter() - started)
    assert 3 * min(seconds[1:]) < seconds[0]
    await database.aclose()


async def test_loading_can_be_cancelled(tmp_path: Path) -> None:
    """A cancelled load stops before its end, and the next use loads again."""
    file = tmp_path / "large.csv"
    file.write_text("a,b,c\n" + "1,2.5,some text here\n" * 2_000_000)
    database = connect(str(file))
    started = time.perf_counter()
    with anyio.move_on_after(0.05):
        await run(database, "SELECT 1")
    stopped_after = time.perf_counter() - started
    assert (await run(database, "SELECT count(*) FROM large")).rows == ((2_000_000,),)
    assert stopped_after < time.perf_counter() - started - stopped_after
    await database.aclose()
