"""Evaluation from end to end, on small databases of its own in SQLite, DuckDB and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from forerun.errors import DatabaseUnreachable, UnreadableFile
from forerun.lab.evaluation import Benchmark, evaluate, tables
from forerun.lab.evaluation.marking import Outcome
from tests.lab.scripted import COUNT, NAMES, Scripted, line, outcomes, write
from tests.services import Scratch


@pytest.mark.anyio
async def test_each_question_ends_in_its_own_outcome(databases: Path, postgres: Scratch) -> None:
    """Right, wrong, refused, crashed, without SQL, not to be put: on three engines, no crash."""
    questions = write(
        databases,
        line(1, "cities", "how many?"),
        line(2, "cities", "lucky?"),
        line(3, "cities", "names?", NAMES, order_matters=True, **{"class": "ordered"}),
        line(4, "cities", "refused?"),
        line(5, "cities", "crash?"),
        line(6, "cities", "silent?"),
        line(7, "towns", "how many?", dialect="duckdb"),
        line(8, "villages", "how many?", dialect="postgres"),
        line(9, "nowhere", "how many?"),
        line(10, "cities", "broken gold?", "SELECT nothing FROM city"),
        line(11, "cities", "broken SQL?"),
    )
    scripted = Scripted(
        {
            "how many?": "SELECT count(name) FROM city",
            "lucky?": "SELECT 3",
            "names?": "SELECT name FROM city ORDER BY name DESC",
            "refused?": None,
            "crash?": RuntimeError("a bug"),
            "silent?": "",
            "broken gold?": COUNT,
            "broken SQL?": "SELECT nothing FROM city",
        }
    )
    report = await evaluate(
        Benchmark(questions, databases, postgres=postgres.owner_url), scripted.open
    )
    assert outcomes(report) == {
        "q1": Outcome.RIGHT,
        "q2": Outcome.WRONG,
        "q3": Outcome.WRONG,
        "q4": Outcome.ABSTAINED,
        "q5": Outcome.FAILED,
        "q6": Outcome.NO_SQL,
        "q7": Outcome.RIGHT,
        "q8": Outcome.RIGHT,
        "q9": Outcome.NOT_RUN,
        "q10": Outcome.NOT_RUN,
        "q11": Outcome.WRONG,
    }
    overall = report.overall
    assert (overall.questions, overall.right, overall.wrong) == (9, 3, 3)
    assert (overall.abstained, overall.failed, overall.no_sql) == (1, 1, 1)
    assert report.not_run == 2
    assert overall.accuracy.value == pytest.approx(3 / 9)
    assert overall.precision.value == pytest.approx(3 / 6)
    assert overall.coverage.value == pytest.approx(6 / 9)
    assert report.secondary.single_database.value == pytest.approx(4 / 9)
    assert report.fewer_copies == 2  # those on DuckDB and PostgreSQL
    assert {x.name: x.questions for x in report.by_class} == {"simple": 8, "ordered": 1}
    assert {x.name: x.right for x in report.by_dialect} == {"sqlite": 1, "duckdb": 1, "postgres": 1}
    assert ("failed", "RuntimeError: a bug") in [(r.outcome, r.reason) for r in report.reasons]


@pytest.mark.anyio
async def test_scratch_databases_are_dropped(databases: Path, postgres: Scratch) -> None:
    """Nothing is left on the server, even where the asker breaks off."""
    import psycopg

    class BreaksOff(Exception):
        pass

    @asynccontextmanager
    async def breaking_off(where: str) -> AsyncIterator[Scripted]:
        with psycopg.connect(where) as scratch:
            assert scratch.execute(COUNT).fetchone() == (3,)
        raise BreaksOff
        yield Scripted({})

    questions = write(databases, line(1, "villages", "how many?"))
    with pytest.raises(BreaksOff):
        await evaluate(Benchmark(questions, databases, postgres=postgres.owner_url), breaking_off)
    with psycopg.connect(postgres.owner_url) as server:
        left = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'villages%'")
        assert left.fetchall() == []


@pytest.mark.anyio
async def test_a_dump_as_pg_dump_writes_it_is_loaded(databases: Path, postgres: Scratch) -> None:
    """COPY blocks are loaded as data, psql's own commands are passed over."""
    (databases / "copied.sql").write_text(
        "\\restrict abc\nSET client_encoding = 'UTF8';\n"
        "CREATE TABLE public.city (name text, people integer);\n"
        "COPY public.city (name, people) FROM stdin;\nAldermoor\t7\n\\N\t5\n\\.\n\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
    )
    questions = write(databases, line(1, "copied", "how many?"))
    report = await evaluate(
        Benchmark(questions, databases, postgres=postgres.owner_url),
        Scripted({"how many?": "SELECT 2 FROM city WHERE name IS NULL"}).open,
    )
    assert outcomes(report) == {"q1": Outcome.RIGHT}


@pytest.mark.anyio
async def test_a_dump_that_does_not_load_is_not_run(databases: Path, postgres: Scratch) -> None:
    """The reason is told, and the other databases are still examined."""
    (databases / "broken.sql").write_text("CREATE TABLE city (;")
    questions = write(databases, line(1, "broken", "how many?"), line(2, "cities", "how many?"))
    report = await evaluate(
        Benchmark(questions, databases, postgres=postgres.owner_url),
        Scripted({"how many?": COUNT}).open,
    )
    assert outcomes(report) == {"q1": Outcome.NOT_RUN, "q2": Outcome.RIGHT}
    assert "does not load" in report.reasons[0].reason


@pytest.mark.anyio
async def test_dumps_without_a_server_are_not_run(databases: Path) -> None:
    """They are neither asked nor counted as abstained."""
    questions = write(databases, line(1, "villages", "how many?"), line(2, "cities", "how many?"))
    scripted = Scripted({"how many?": COUNT})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    assert outcomes(report) == {"q1": Outcome.NOT_RUN, "q2": Outcome.RIGHT}
    assert scripted.asked == ["how many?"]
    assert report.overall.coverage.value == 1.0


@pytest.mark.anyio
async def test_a_server_that_does_not_answer_is_said_before_anything_is_asked(
    databases: Path,
) -> None:
    """The message shows no password."""
    questions = write(databases, line(1, "cities", "how many?"))
    scripted = Scripted({"how many?": COUNT})
    away = "postgresql://someone:secret-word@127.0.0.1:1/postgres"
    with pytest.raises(DatabaseUnreachable) as failure:
        await evaluate(Benchmark(questions, databases, postgres=away), scripted.open)
    assert "secret-word" not in str(failure.value)
    assert scripted.asked == []


@pytest.mark.anyio
async def test_a_database_that_does_not_open_fails_its_questions_alone(databases: Path) -> None:
    """What is examined could not open it: that is a failure, not an abstention, nor a crash."""
    scripted = Scripted({"how many?": COUNT})

    @asynccontextmanager
    async def opens_some(where: str) -> AsyncIterator[Scripted]:
        if "towns" in where:
            raise UnreadableFile("Not for me.")
        yield scripted

    questions = write(databases, line(1, "towns", "how many?"), line(2, "cities", "how many?"))
    report = await evaluate(Benchmark(questions, databases), opens_some)
    assert outcomes(report) == {"q1": Outcome.FAILED, "q2": Outcome.RIGHT}


@pytest.mark.anyio
async def test_what_should_be_refused_is_counted_apart(databases: Path) -> None:
    """Answering it silently is the fault; it changes neither accuracy nor coverage."""
    right = {"expected": "refuse: not in the data"}
    questions = write(
        databases,
        {"id": "u1", "db": "cities", "question": "weather?", **right},
        {"id": "u2", "db": "cities", "question": "meaning of life?", **right},
        line(1, "cities", "how many?"),
    )
    scripted = Scripted({"weather?": None, "meaning of life?": "SELECT 42", "how many?": COUNT})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    assert report.unanswerable is not None
    assert (report.unanswerable.refused, report.unanswerable.answered) == (1, 1)
    assert (report.overall.questions, report.overall.coverage.value) == (1, 1.0)


@pytest.mark.anyio
async def test_questions_with_empty_golds_are_told_apart_even_where_not_answered(
    databases: Path,
) -> None:
    """Which line a question belongs to depends on its gold alone."""
    none = "SELECT name FROM city WHERE people > 1000"
    questions = write(
        databases,
        line(1, "cities", "empty?", none),
        line(2, "cities", "refused?", none),
        line(3, "cities", "how many?"),
        line(4, "cities", "refused?", "SELECT nothing FROM city"),
    )
    scripted = Scripted({"empty?": "SELECT 1, 2 WHERE 1 = 0", "refused?": None, "how many?": COUNT})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    assert (report.gold_empty.questions, report.gold_empty.right) == (2, 1)
    assert (report.gold_not_empty.questions, report.gold_not_empty.right) == (1, 1)
    assert report.not_run == 1


@pytest.mark.anyio
async def test_progress_counts_every_question_once(databases: Path) -> None:
    """Known, asked and impossible ones alike; the last call says that all are done."""
    questions = write(
        databases,
        line(1, "cities", "how many?"),
        line(2, "nowhere", "how many?"),
        line(3, "cities", "how many?"),
        line(4, "cities", "beyond the limit"),
    )
    calls: list[tuple[int, int]] = []
    await evaluate(
        Benchmark(questions, databases, limit=3),
        Scripted({"how many?": COUNT}).open,
        lambda done, total, _: calls.append((done, total)),
    )
    assert calls == sorted(calls)
    assert calls[-1] == (3, 3)


@pytest.mark.anyio
async def test_a_database_may_be_named_by_a_manifest(databases: Path) -> None:
    """Where a file cannot be called after its database, `databases.jsonl` says which it is."""
    manifest = {"db": "duck_towns", "dialect": "duckdb", "path": "databases/deep/towns.duckdb"}
    (databases.parent / "databases.jsonl").write_text(json.dumps(manifest))
    questions = write(
        databases, line(1, "duck_towns", "how many?", "SELECT count(*) FROM towns.city")
    )
    report = await evaluate(Benchmark(questions, databases), Scripted({"how many?": COUNT}).open)
    assert outcomes(report) == {"q1": Outcome.RIGHT}


@pytest.mark.anyio
async def test_leaving_ends_the_running_query(databases: Path) -> None:
    """Ctrl-C does not wait for the time limit of a comparison."""
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    questions = write(databases, line(1, "cities", "how many?"))
    started = anyio.current_time()
    with anyio.move_on_after(0.5) as scope:
        await evaluate(Benchmark(questions, databases), Scripted({"how many?": endless}).open)
    assert scope.cancelled_caught
    assert anyio.current_time() - started < 5


@pytest.mark.anyio
async def test_the_report_is_plain_data_and_readable_tables(databases: Path) -> None:
    """It survives JSON, names the wrongly answered questions, and its tables are rectangular."""
    questions = write(databases, line(1, "cities", "how many?"), line(2, "towns", "lucky?", NAMES))
    scripted = Scripted({"how many?": COUNT, "lucky?": COUNT})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    figures = json.loads(json.dumps(report.to_json()))
    assert figures["overall"]["accuracy"]["value"] == 0.5
    assert figures["wrong_ids"] == ["q2"]
    for table in tables(report):
        assert {len(row) for row in table.rows} == {len(table.headings)}
    assert tables(report)[0].rows[0][:5] == ("all", "2", "2", "1", "1")
