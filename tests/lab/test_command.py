"""`forerun eval` as a person runs it, with the built-in parser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.scripted import line, write


def forerun(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    start = "from forerun.cli import main; main()"
    command = [sys.executable, "-c", start, "eval", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_prints_one_object_and_writes_predictions(databases: Path, tmp_path: Path) -> None:
    """Status 0, the figures as JSON, a line for each question that could be asked."""
    questions = write(
        databases,
        line(1, "cities", "How many cities are there?"),
        line(2, "towns", "What is the mass of the moon in euros?"),
        line(3, "villages", "How many cities are there?"),
    )
    out = tmp_path / "out.jsonl"
    ended = forerun(questions, "--databases", databases, "--out", out, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    figures = json.loads(ended.stdout)
    assert figures["overall"]["questions"] == 2
    assert figures["not_run"] == 1
    assert [json.loads(text)["id"] for text in out.read_text().splitlines()] == ["q1", "q2"]


def test_it_shows_tables_to_people(databases: Path) -> None:
    """The first table is the result, then the breakdowns."""
    questions = write(databases, line(1, "cities", "How many cities are there?"))
    ended = forerun(questions, "--databases", databases)
    assert ended.returncode == 0
    titles = [text for text in ended.stdout.splitlines() if text.startswith(("Result", "By "))]
    assert titles == ["Result", "By class", "By source", "By dialect"]


def test_a_bad_line_is_told_without_a_traceback(databases: Path) -> None:
    """Status 2 and the line that is wrong."""
    questions = write(databases, {"id": "q1", "db": "cities"})
    ended = forerun(questions, "--databases", databases)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "questions.jsonl, line 1: the field 'question' is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_model_that_does_not_exist_is_no_result(databases: Path, tmp_path: Path) -> None:
    """Nothing could be asked: status 2, and nothing is kept as a prediction."""
    questions = write(databases, line(1, "cities", "How many cities are there?"))
    out = tmp_path / "out.jsonl"
    ended = forerun(questions, "--databases", databases, "--model", "none:such", "--out", out)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "There is no model none:such" in ended.stderr
    assert out.read_text() == ""
