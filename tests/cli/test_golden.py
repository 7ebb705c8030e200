"""`golden export` and `golden import`: out of one real service and into another."""

from __future__ import annotations

import io
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import anyio.from_thread
import httpx
import pytest

from forerun import knowledge
from forerun.api.teaching_shapes import LONGEST_FILE
from forerun.domain import GoldenQuery
from tests.cli.conftest import Run, spawn
from tests.cli.test_elsewhere import served
from tests.client import raw

ODD = "SELECT count(*) AS \"n: # \\ Ü\"\nFROM customers -- 🙂\x85\nWHERE region = 'North'"


def query(number: int, length: int = 19_900) -> GoldenQuery:
    name = f"{number}".ljust(length, "Ü")
    return GoldenQuery(
        f"Who is number {number}?", f"SELECT count(*) AS n FROM customers WHERE name = '{name}'"
    )


def written(path: Path, *queries: GoldenQuery) -> str:
    path.write_text(knowledge.write_golden(queries, "Ours."), encoding="utf-8")
    return str(path)


@pytest.fixture
def servers(shop: str) -> Iterator[tuple[str, str]]:
    """The addresses of two services of the shop, in a thread of their own."""
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served(shop)) as one,
        portal.wrap_async_context_manager(served(shop)) as two,
    ):
        yield one, two


@pytest.mark.slow
def test_an_export_longer_than_a_request_may_be_is_imported_the_same(
    forerun: Run, servers: tuple[str, str], tmp_path: Path
) -> None:
    """In the same order, whatever it holds; as one request it is refused. Twice changes nothing."""
    one, two = servers
    ours = [GoldenQuery("How is: business?", ODD), *map(query, range(48))]
    given = written(tmp_path / "ours.yaml", *ours)
    first = forerun("golden", "import", given, "--server", one, "--why", "a move", "--json")
    assert (first.status, json.loads(first.out)) == (
        0,
        {"imported": 49, "left_alone": 0},
    )
    export = tmp_path / "export.yaml"
    assert forerun("golden", "export", str(export), "--server", one).status == 0
    text = export.read_text(encoding="utf-8")
    assert list(knowledge.read_golden(text, "It")) == ours
    assert len(text) > LONGEST_FILE
    whole = httpx.post(f"{two}/v1/golden-queries/import", json={"yaml": text})
    assert whole.status_code == 413
    for _ in range(2):
        there = ("--server", two, "--database", "shop")
        assert forerun("golden", "import", str(export), *there).status == 0
        assert forerun("golden", "export", *there).out == text


def test_what_was_retired_since_is_left_alone_by_an_import(
    forerun: Run, servers: tuple[str, str], tmp_path: Path
) -> None:
    """It is told how many these are, in words and as JSON."""
    one, _ = servers
    given = written(tmp_path / "ours.yaml", query(1, 5), query(2, 5))
    forerun("golden", "import", given, "--server", one)
    [last, _] = httpx.get(f"{one}/v1/golden-queries").json()["golden_queries"]
    httpx.delete(f"{one}/v1/golden-queries/{last['id']}")
    again = forerun("golden", "import", given, "--server", one, "--json")
    assert json.loads(again.out) == {"imported": 1, "left_alone": 1}
    told = forerun("golden", "import", given, "--server", one)
    assert "1 are left alone: they were rejected, retired, changed or replaced" in told.out
    listed = httpx.get(f"{one}/v1/golden-queries").json()["golden_queries"]
    assert [each["status"] for each in listed] == ["retired", "accepted"]


def test_as_many_as_a_database_may_have_are_imported(
    forerun: Run, servers: tuple[str, str], tmp_path: Path
) -> None:
    """Three hundred; one more is refused, and it is told how many are there by then."""
    one, two = servers
    most = [query(number, 5) for number in range(300)]
    given = written(tmp_path / "most.yaml", *most)
    assert forerun("golden", "import", given, "--server", one).status == 0
    many = written(tmp_path / "many.yaml", *most, query(300, 5))
    refused = forerun("golden", "import", many, "--server", two)
    assert refused.status != 0
    assert refused.err.startswith("The first 300 are through.\nError: ")
    exported = [forerun("golden", "export", "--server", server).out for server in servers]
    assert exported[0] == exported[1]


def test_another_query_for_a_question_is_replaced_only_where_that_is_asked_for(
    forerun: Run, servers: tuple[str, str], tmp_path: Path
) -> None:
    """Else the one that is accepted there stays, and it is told how to have it replaced."""
    one, _ = servers
    ours, theirs = query(1, 5), GoldenQuery("Who is number 1?", "SELECT 1 AS n FROM customers")
    forerun("golden", "import", written(tmp_path / "ours.yaml", ours), "--server", one)
    given = written(tmp_path / "theirs.yaml", theirs)
    kept = forerun("golden", "import", given, "--server", one)
    assert "0 golden queries" in kept.out
    assert "--replace" in kept.out
    export = forerun("golden", "export", "--server", one).out
    assert list(knowledge.read_golden(export, "It")) == [ours]
    forerun("golden", "import", given, "--server", one, "--replace")
    export = forerun("golden", "export", "--server", one).out
    assert list(knowledge.read_golden(export, "It")) == [theirs]


def test_what_is_wrong_in_a_later_part_is_told_by_its_number_in_the_file(
    forerun: Run, servers: tuple[str, str], tmp_path: Path
) -> None:
    """Also as JSON; and how many came before it."""
    one, _ = servers
    wrong = GoldenQuery("Drop?", "DROP TABLE x")
    given = written(tmp_path / "long.yaml", *(query(number, 5) for number in range(130)), wrong)
    done = forerun("golden", "import", given, "--server", one, "--json")
    assert "golden_queries.131 " in json.loads(done.out)["error"]["message"]
    assert done.err == "The first 100 are through.\n"


def test_who_interrupts_an_import_is_told_how_far_it_has_come(tmp_path: Path) -> None:
    """Ctrl-C while a later part is under way: those before it stay."""
    given = written(tmp_path / "long.yaml", *(query(number, 5) for number in range(150)))
    accepted = raw.reply(200, {"golden_queries": [{}] * 100, "left_alone": []})
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw.saying(accepted, b"", holds=True)) as slow,
        spawn("golden", "import", given, "--server", slow.url) as process,
    ):
        while len(slow.requests) < 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told.startswith("Interrupted. The first 100 are through.")
    assert "Traceback" not in told


def test_what_is_wrong_is_told(
    forerun: Run, servers: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the query or the line; nothing of such a file is taken, nor is a file written over."""
    one, _ = servers
    refused = written(tmp_path / "refused.yaml", query(1, 5), GoldenQuery("Drop?", "DROP TABLE x"))
    done = forerun("golden", "import", refused, "--server", one, "--json")
    error = json.loads(done.out)["error"]
    assert error["code"] == "sql_refused"
    assert error["message"].startswith(f"{refused}: The SQL of golden_queries.2 ")
    lost = tmp_path / "lost.yaml"
    lost.write_text("golden_queries: [{question: a}]")
    done = forerun("golden", "import", str(lost), "--server", one, "--json")
    told = json.loads(done.out)["error"]["message"]
    assert (told.count(str(lost)), "golden_queries.1.sql" in told) == (1, True)
    broken = io.TextIOWrapper(io.BytesIO(b"golden_queries: ["))
    monkeypatch.setattr("sys.stdin", broken)
    done = forerun("golden", "import", "--server", one)
    said = " ".join(done.err.split())
    assert (done.status, "Standard input is no readable YAML: line 1, column 18" in said) == (
        2,
        True,
    )
    monkeypatch.chdir(tmp_path)
    dash = forerun("golden", "export", "-", "--server", one)
    assert not Path("-").exists()
    empty = forerun("golden", "export", "--server", one)
    assert (empty.status, empty.out.splitlines()[1:]) == (0, ["golden_queries: []"])
    assert dash.out == empty.out
    done = forerun("golden", "export", refused, "--server", one)
    assert (done.status, "was not touched" in done.err) == (2, True)


def test_who_has_no_key_is_told_where_to_put_one(
    forerun: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by `ask`."""
    monkeypatch.delenv("FORERUN_KEY", raising=False)
    refused = raw.problem(401, "unauthenticated")
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(raw.saying(refused)) as strict,
    ):
        done = forerun("golden", "export", "--server", strict.url)
    assert (done.status, "Set FORERUN_KEY" in done.err) == (2, True)
