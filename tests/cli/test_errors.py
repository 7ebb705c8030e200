"""Whatever goes wrong gets one clear message, the right status, and no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forerun.cli import asking
from tests.cli.conftest import Run
from tests.services import Scratch

ASK = ("ask", "how many customers are there?", "--db")


def failed(run: Run, *arguments: str) -> dict[str, Any]:
    """The error object of a command with --json, which must be an answer's object as well."""
    done = run(*arguments, "--json")
    told = json.loads(done.out)
    assert told["status"] == "failed"
    assert {"question", "sql", "rows", "timings", "usage"} <= told.keys()
    error: dict[str, Any] = told["error"]
    assert error.keys() == {"code", "message", "hint"}
    plain = run(*arguments)
    assert plain.status == done.status
    assert plain.out == ""
    assert "Traceback" not in plain.err
    assert " ".join(plain.err.split()).startswith("Error: ")
    return {**error, "exit": done.status}


def test_empty_question(forerun: Run, shop: str) -> None:
    """Nothing asked is bad input."""
    error = failed(forerun, "ask", "  ", "--db", shop)
    assert (error["exit"], error["code"]) == (2, "empty_question")


def test_missing_file(forerun: Run, tmp_path: Path) -> None:
    """A database file that is not there is bad input."""
    error = failed(forerun, *ASK, str(tmp_path / "none.duckdb"))
    assert (error["exit"], error["code"]) == (2, "database_not_found")


@pytest.mark.parametrize("url", ["postgresql://host:port:more/x", "nonsense://x", "", "://"])
def test_malformed_url(forerun: Run, url: str) -> None:
    """A URL that means nothing is bad input."""
    assert failed(forerun, *ASK, url)["exit"] == 2


@pytest.mark.parametrize("name", ["binary.csv", "binary.sqlite", "binary.duckdb"])
def test_a_file_that_is_not_what_its_name_says(forerun: Run, tmp_path: Path, name: str) -> None:
    """Bytes called .csv, .sqlite or .duckdb are bad input."""
    path = tmp_path / name
    path.write_bytes(bytes(range(256)) * 40)
    assert failed(forerun, *ASK, str(path))["exit"] == 2


def test_unreachable_server(forerun: Run) -> None:
    """A server that does not answer is a failure, told without the password."""
    error = failed(forerun, *ASK, "postgresql://someone:secret-word@127.0.0.1:1/nothing")
    assert error["exit"] == 1
    assert "secret-word" not in json.dumps(error)


def test_wrong_password(forerun: Run, mysql: Scratch) -> None:
    """A refused password is a failure, told without it."""
    url = mysql.reader_url.replace("secret-word", "wrong-word")
    error = failed(forerun, *ASK, url)
    assert (error["exit"], error["code"]) == (1, "database_denied")
    assert "wrong-word" not in json.dumps(error)


@pytest.mark.parametrize(
    "content", [b"not json", b'{"id": 1}', b'["sql"]', b"\xff\xfe", b'{"sql": 5}']
)
def test_a_broken_file_of_statements(
    forerun: Run, shop: str, tmp_path: Path, content: bytes
) -> None:
    """A line that is no {sql, id?} is bad input, found before anything is printed."""
    file = tmp_path / "statements.jsonl"
    file.write_bytes(b'{"sql": "SELECT 1"}\n' + content + b"\n")
    assert failed(forerun, "check", "--file", str(file), "--db", shop)["exit"] == 2


@pytest.mark.parametrize("arguments", [(), ("SELECT 1", "--file", "x.jsonl")])
def test_check_needs_one_of_sql_and_file(
    forerun: Run, shop: str, arguments: tuple[str, ...]
) -> None:
    """Neither or both is bad input."""
    assert failed(forerun, "check", *arguments, "--db", shop)["exit"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "hello"),
        ("ask", "--db", "demo"),
        ("ask", "hello", "--db", "demo", "--no-such-option"),
        ("ask", "hello", "--db", "demo", "--max-rows", "0"),
        ("ask", "hello", "--db", "demo", "--max-rows", "many"),
        ("ask", "hello", "--db", "demo", "--timeout", "nan"),
        ("ask", "hello", "--db", "demo", "--timeout", "-1"),
        ("no-such-command",),
    ],
)
def test_usage_errors(forerun: Run, arguments: tuple[str, ...]) -> None:
    """Wrong arguments leave with 2 and a message on standard error; asked for, as JSON."""
    done = forerun(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    told = forerun(*arguments, "--json")
    assert told.status == 2
    assert json.loads(told.out)["error"].keys() == {"code", "message", "hint"}


def test_a_wrong_setting(forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that makes no sense is named."""
    monkeypatch.setenv("FORERUN_MAX_ROWS", "lots")
    error = failed(forerun, *ASK, shop)
    assert error["exit"] == 2
    assert "FORERUN_MAX_ROWS" in error["message"]


def test_an_unexpected_error_is_short(
    forerun: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own leaves with 1 and one message; --debug lets the traceback through."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(asking, "Forerun", broken)
    error = failed(forerun, *ASK, shop)
    assert (error["exit"], error["code"]) == (1, "internal_error")
    assert "--debug" in error["hint"]
    with pytest.raises(ZeroDivisionError):
        forerun(*ASK, shop, "--debug")
