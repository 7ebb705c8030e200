"""The demo database: the same everywhere, whole, and believable."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from forerun import demo
from forerun.errors import Unavailable

TABLES = (
    "calendar",
    "centre_markets",
    "customers",
    "distribution_centres",
    "markets",
    "products",
    "sales",
)
CONTENT = "d5eb9353ef841ccac28a1a043fedd2dd"


@pytest.fixture(scope="module")
def reports() -> list[float]:
    """The progress that was told of while `made` was made."""
    return []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, reports: list[float]) -> Path:
    return demo.path(lambda done, _: reports.append(done), tmp_path_factory.mktemp("demo"))


@pytest.fixture
def connection(made: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(made), read_only=True) as connection:
        yield connection


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def content_hash(path: Path) -> str:
    """A digest over every row of every table, as sorted text."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [
            f"SELECT md5(string_agg(t::VARCHAR, chr(10) ORDER BY t::VARCHAR)) FROM {table} AS t"
            for table in TABLES
        ]
        return str(one(connection, f"SELECT md5(concat(({'), ('.join(tables)})))"))


def test_the_rows_are_the_same_on_every_machine(made: Path) -> None:
    """The content has the digest written here; who changes the SQL changes it knowingly."""
    assert content_hash(made) == CONTENT


def test_one_thread_makes_the_same_rows(made: Path, tmp_path: Path) -> None:
    """How many threads work on it changes nothing."""
    code = (
        "import duckdb, sys; from pathlib import Path; from forerun import demo;"
        "connect = duckdb.connect;"
        "duckdb.connect = lambda path: connect(path, config={'threads': 1});"
        "demo.generate(Path(sys.argv[1]))"
    )
    other = tmp_path / "one_thread.duckdb"
    subprocess.run([sys.executable, "-c", code, str(other)], check=True)
    assert content_hash(other) == content_hash(made)


def test_a_second_call_gives_the_same_file_at_once(made: Path) -> None:
    """What is there is not made again: no progress is reported."""
    told: list[float] = []
    assert demo.path(lambda done, _: told.append(done), made.parent) == made
    assert told == []


@pytest.mark.usefixtures("made")
def test_progress_rises_from_nothing_to_everything(reports: list[float]) -> None:
    """The bar never goes back, starts at 0 and ends at 1."""
    assert reports[0] == 0.0
    assert reports[-1] == 1.0
    assert reports == sorted(reports)


COPIES_SLOWLY = """
import sys, time
from pathlib import Path
from forerun.demo import place

def generate(path, on_progress):
    rows = Path(sys.argv[2]).read_bytes()
    with path.open("wb") as file:
        file.write(rows[:9_000])
        file.flush()
        print("amid", flush=True)
        sys.stdin.readline()
        file.write(rows[9_000:])

place.generate = generate
place.path(folder=Path(sys.argv[1]))
"""


def test_two_processes_at_once_end_with_one_whole_file(made: Path, tmp_path: Path) -> None:
    """A race on the first use leaves one file, complete, and nothing unfinished. Both are amid
    their writing, which is here a copy, when the first of them ends."""
    command = [sys.executable, "-c", COPIES_SLOWLY, str(tmp_path), str(made)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    racers = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for racer in racers:
        assert racer.stdout.readline() == b"amid\n"
    for racer in racers:
        racer.communicate(b"\n", timeout=60)
        assert racer.returncode == 0
    (only,) = tmp_path.iterdir()
    with duckdb.connect(str(only), read_only=True) as connection:
        assert one(connection, "SELECT count(*) FROM sales") == 200_000


def test_an_interrupted_build_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C half way: no file that a later start could take for the demo."""

    def interrupt(done: float, _: str) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.path(interrupt, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_said_plainly(tmp_path: Path) -> None:
    """The error names the folder and says what to do, without a traceback's vocabulary."""
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    with pytest.raises(Unavailable, match="could not be written") as failure:
        demo.path(folder=blocker)
    assert failure.value.hint


def test_every_table_and_its_keys_are_described(connection: duckdb.DuckDBPyConnection) -> None:
    """Comments on all tables; primary keys on all; five foreign keys and two on the bridge."""
    bare = "SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL"
    assert one(connection, bare) == 0
    keys = "SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = '{}'"
    assert one(connection, keys.format("PRIMARY KEY")) == len(TABLES)
    assert one(connection, keys.format("FOREIGN KEY")) == 7


def test_the_figures_agree_with_each_other(connection: duckdb.DuckDBPyConnection) -> None:
    """Nobody buys before being a customer, shares add up, centres deliver only where they serve."""
    for contradiction in (
        "SELECT count(*) FROM sales JOIN customers USING (customer_id)"
        " WHERE sale_date < customer_since",
        "SELECT count(*) FROM (SELECT sum(share) AS s FROM centre_markets GROUP BY market_id)"
        " WHERE s <> 1",
        "SELECT count(*) FROM sales JOIN customers USING (customer_id)"
        " ANTI JOIN centre_markets USING (centre_id, market_id)",
        "SELECT count(*) FROM sales"
        " WHERE revenue <> (quantity * unit_price * (1 - discount))::DECIMAL(12, 2)",
    ):
        assert one(connection, contradiction) == 0, contradiction


def test_sales_follow_season_growth_and_promotions(connection: duckdb.DuckDBPyConnection) -> None:
    """Each year sells more, July beats January, Sundays are quiet, a discount sells more cases."""
    years = connection.execute(
        "SELECT sum(revenue) FROM sales GROUP BY year(sale_date) ORDER BY year(sale_date)"
    ).fetchall()
    assert years == sorted(years)
    revenue = "SELECT sum(revenue) FROM sales WHERE {}"
    july, january = (one(connection, revenue.format(f"month(sale_date) = {m}")) for m in (7, 1))
    assert isinstance(july, Decimal)
    assert isinstance(january, Decimal)
    assert july > january * Decimal("1.5")
    sunday, friday = (one(connection, revenue.format(f"isodow(sale_date) = {d}")) for d in (7, 5))
    assert isinstance(sunday, Decimal)
    assert isinstance(friday, Decimal)
    assert friday > sunday * 2
    cases = "SELECT avg(quantity) FROM sales WHERE discount {} 0"
    promoted, plain = (one(connection, cases.format(sign)) for sign in (">", "="))
    assert isinstance(promoted, float)
    assert isinstance(plain, float)
    assert promoted > plain * 1.2
