"""Every command on real embedded databases: what it prints, and its exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from forerun import __version__
from tests.cli.conftest import Run

REQUIRED = {
    "question", "status", "sql", "dialect", "columns", "rows", "row_count", "truncated", "summary",
    "chart", "suggestions", "clarification", "confidence", "orchestrator", "timings", "usage",
    "trace_id", "warnings", "partial", "decision", "fallback", "speculation", "cache",
}  # fmt: skip


def test_ask_answers(forerun: Run, shop: str) -> None:
    """A question gets a summary, its rows, the SQL and the time of each stage."""
    done = forerun("ask", "how many customers are there?", "--db", shop)
    assert done.status == 0
    assert "3" in done.out
    assert "COUNT(" in done.out.upper()
    assert "answered in" in done.out
    assert "draft" in done.out
    assert done.err == ""


def test_ask_as_json(forerun: Run, shop: str) -> None:
    """--json prints one object with every promised field, and nothing else."""
    done = forerun("ask", "how many customers are there?", "--db", shop, "--json")
    answer = json.loads(done.out)
    assert done.status == 0
    assert done.out.count("\n") == 1
    assert answer.keys() >= REQUIRED
    assert "error" not in answer
    assert (answer["status"], answer["rows"]) == ("answered", [[3]])
    assert [stage["name"] for stage in answer["timings"]["stages"]][:1] == ["link"]


def test_nothing_in_the_data_is_not_a_failure(forerun: Run, shop: str) -> None:
    """A question about what the data does not hold ends with status 3 and says so."""
    done = forerun("ask", "what is the weather on Mars?", "--db", shop, "--json")
    assert done.status == 3
    assert json.loads(done.out)["status"] in ("refused", "clarify")
    assert "error" not in json.loads(done.out)


def test_sql_is_bounded_and_shown(forerun: Run, shop: str) -> None:
    """SQL of one's own is cut at --max-rows, and markup in a cell stays text."""
    sql = "SELECT name, notes FROM customers ORDER BY id"
    done = forerun("sql", sql, "--db", shop, "--max-rows", "2", "--json")
    answer = json.loads(done.out)
    assert done.status == 0
    assert (answer["rows"], answer["truncated"]) == ([["Ada", "fine"], ["Bob", None]], True)
    assert "[bold]x[/]" in forerun("sql", sql, "--db", shop).out


def test_values_keep_their_meaning_in_json(forerun: Run, types: str) -> None:
    """Dates, decimals, large integers, NaN, bytes, nested values and intervals as documented."""
    done = forerun("sql", "SELECT * FROM things", "--db", types, "--json")
    assert json.loads(done.out)["rows"] == [
        ["2024-05-01", "1.10", "9007199254740993", None, "YWI=", [1, 2], {"a": 1}, "PT1H30M"]
    ]


@pytest.mark.parametrize(
    "sql", ["DELETE FROM customers", "SELECT 1; SELECT 2", "SELECT nme FROM customers", ""]
)
def test_refused_sql_leaves_with_3(forerun: Run, shop: str, sql: str) -> None:
    """What the gate refuses is refused by `check` and by `sql`, with the same reasons."""
    checked = forerun("check", sql, "--db", shop, "--json")
    verdict = json.loads(checked.out)
    assert checked.status == 3
    assert not verdict["accepted"]
    assert verdict["reasons"][0].keys() >= {"code", "message"}
    if sql:
        ran = forerun("sql", sql, "--db", shop, "--json")
        assert ran.status == 3
        codes = [reason["code"] for reason in json.loads(ran.out)["refusal"]["reasons"]]
        assert codes == [reason["code"] for reason in verdict["reasons"]]


def test_check_a_file_of_statements(forerun: Run, shop: str, tmp_path: Path) -> None:
    """One verdict a line, in order, ids handed back; 3 when any is refused."""
    file = tmp_path / "statements.jsonl"
    lines: list[dict[str, object]] = [
        {"sql": "SELECT 1", "id": "a"},
        {"sql": "DROP TABLE customers", "id": 7},
        {"sql": "SELECT name FROM customers"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = forerun("check", "--file", str(file), "--db", shop)
    verdicts = [json.loads(line) for line in done.out.splitlines()]
    assert done.status == 3
    assert [verdict["accepted"] for verdict in verdicts] == [True, False, True]
    assert [verdict.get("id") for verdict in verdicts] == ["a", 7, None]
    assert [verdict["sql"] for verdict in verdicts] == [line["sql"] for line in lines]


def test_check_accepts(forerun: Run, shop: str) -> None:
    """A reading statement is accepted with status 0, for people and for programs."""
    assert forerun("check", "SELECT 1", "--db", shop).out.strip() == "accepted"
    assert json.loads(forerun("check", "SELECT 1", "--db", shop, "--json").out)["accepted"]


def test_sql_may_begin_with_a_comment(forerun: Run, shop: str) -> None:
    """What begins with -- and has a space is SQL out of a file, not an option."""
    for command in ("sql", "check"):
        assert forerun(command, "--how many\nSELECT 1", "--db", shop).status == 0
        assert forerun(command, "-- x\nSELECT 1", "--db", shop, "--json").status == 0


def test_schema(forerun: Run, shop: str) -> None:
    """Tables, columns and keys, for people and as JSON."""
    shown = forerun("schema", "--db", shop)
    assert shown.status == 0
    assert "customer_id" in shown.out
    assert "→ customers.id" in shown.out
    catalog = json.loads(forerun("schema", "--db", shop, "--json").out)
    assert [table["name"] for table in catalog["tables"]] == ["customers", "orders"]
    assert catalog["tables"][1]["foreign_keys"] == [
        {"columns": ["customer_id"], "table": "customers", "referenced": ["id"]}
    ]


def test_schema_in_a_pipe_is_not_cut(forerun: Run, tmp_path: Path) -> None:
    """Long types are whole, one row is one row, and what is odd about the file is noted."""
    file = tmp_path / "städte.csv"
    file.write_bytes("stadt;am\nKöln;2024-01-01 10:00:00+02\n".encode("latin-1"))
    shown = forerun("schema", "--db", str(file))
    assert "timestamp with time zone" in shown.out
    assert "städte  1 row\n" in shown.out
    assert "read as Latin-1" in shown.err


def test_version(forerun: Run) -> None:
    """--version says which."""
    assert forerun("--version").out == f"forerun {__version__}\n"


def test_a_pipe_gets_no_colours_and_nothing_cut(forerun: Run, shop: str) -> None:
    """In a pipe a long value is whole, and no escape codes are printed."""
    done = forerun("sql", "SELECT printf('%.*c', 300, 'x') AS long", "--db", shop)
    assert "x" * 300 in done.out or done.status == 3
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("mode", ["hybrid", "parallel", "Sequential"])
def test_ask_in_each_mode(forerun: Run, shop: str, mode: str) -> None:
    """Without a model every mode answers sequentially, and parallel says why."""
    done = forerun("ask", "how many customers are there?", "--db", shop, "--mode", mode)
    assert done.status == 0
    assert "answered in" in done.out
    assert done.err.startswith("Note: Answered by the sequential path: ") == (mode == "parallel")


def test_chat_in_a_mode(forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`chat --mode` holds for each question."""
    monkeypatch.setattr("sys.stdin", io.StringIO("how many customers are there?\n"))
    done = forerun("chat", "--db", shop, "--mode", "parallel")
    assert "answered in" in done.out
    assert done.err.startswith("Note: Answered by the sequential path: ")


def test_a_mode_that_is_none_is_a_usage_error(forerun: Run, shop: str) -> None:
    """Status 2, and the choices are named, for people and for programs."""
    for more in ((), ("--json",)):
        done = forerun("ask", "how many?", "--db", shop, "--mode", "fast", *more)
        assert done.status == 2
        told = done.out + done.err
        assert all(mode in told for mode in ("hybrid", "parallel", "sequential"))


def test_the_decision_is_part_of_the_json(forerun: Run, shop: str) -> None:
    """Which schedule answered and why, and each statement that was sent."""
    done = forerun(
        "ask", "how many customers are there?", "--db", shop, "--mode", "sequential", "--json"
    )
    answer = json.loads(done.out)
    assert answer["decision"]["strategy"] == "sequential"
    assert answer["decision"]["flag_source"] == "mode"
    assert answer["fallback"]["used"] is False
    assert answer["speculation"] == []
    sent = [run["sql"] for run in answer["timings"]["statements"]]
    assert f"{answer['sql']} LIMIT 1001" in sent  # the others are readings that were compared
    assert len(set(sent)) == len(sent)
    assert 0 < answer["timings"]["sequential_ms"] <= answer["timings"]["total_ms"]


def test_chat_is_kind_about_what_it_has_not(
    forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number beyond the choices is no question, and an unknown command is named."""
    lines = f"which customers are blue?\n9\n{'7' * 5_000}\n/foo\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    done = forerun("chat", "--db", shop)
    assert "There is no choice 9: " in done.out
    assert "There is no choice 777777777: " in done.out
    assert "There is no /foo. What there is:" in done.out
    assert "/quit" in done.out


@pytest.mark.parametrize("word", ["exit", "Quit", "/q"])
def test_chat_is_left_by_any_of_the_usual_words(
    forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """None of them is a question, and nothing behind it is asked."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{word}\nhow many customers are there?\n"))
    done = forerun("chat", "--db", shop)
    assert (done.out, done.err) == ("", "")
