"""`forerun bench` as people type it."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.lab.latency.test_bench import LADDER


def test_latency_as_json(forerun: Run) -> None:
    """Every row of the ladder in its order, over worker processes; nothing else is printed."""
    done = forerun("bench", "latency", "--questions", "6", "--json")
    assert done.status == 0
    assert done.out.count("\n") == 1
    report = json.loads(done.out)
    assert [row["name"] for row in report["strategies"]] == LADDER
    assert (report["questions"], report["profile"], report["seed"]) == (6, "modern", 0)
    hedge = next(row for row in report["strategies"] if row["name"] == "hedge")
    assert hedge["equal_answers"] == 1.0
    assert report["variants"]
    assert report["assumptions"]["rates"]["writer_right"] == 0.88


@pytest.mark.parametrize(
    "arguments", [("--questions", "5"), ("--questions", "561"), ("--profile", "warp")]
)
def test_what_cannot_be_measured_is_told(forerun: Run, arguments: tuple[str, str]) -> None:
    """Too few or too many questions, an unknown profile: status 2 and which option it was."""
    done = forerun("bench", "latency", *arguments)
    assert done.status == 2
    assert arguments[0] in done.err
    assert done.out == ""


def test_bench_alone_lists_what_there_is(forerun: Run) -> None:
    """Its two benches, each with what it does."""
    done = forerun("bench", "--help")
    assert done.status == 0
    assert "latency" in done.out
    assert "overhead" in done.out
