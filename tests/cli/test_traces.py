"""`forerun performance` and `forerun traces` over a real store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from forerun.app.telemetry import open_telemetry
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.finished import Finished
from tests.cli.conftest import Run
from tests.telemetry.samples import cached, failed, fell_back, finished

QUESTIONS = [finished(), failed(database="hr"), fell_back(tenant="other"), cached()]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with four questions of this minute."""
    place = str(tmp_path_factory.mktemp("telemetry") / "telemetry.db")

    async def write() -> None:
        telemetry = open_telemetry(TelemetryConfig(store=place, log="none", metrics=False))
        for question in QUESTIONS:
            telemetry.observe(just_now(question))
        await telemetry.aclose()

    anyio.run(write)
    return place


def just_now(question: Finished) -> Finished:
    return replace(question, started_at=datetime.now(UTC))


def test_figures_on_the_terminal_and_as_json(forerun: Run, kept: str) -> None:
    """By operation and arm, with the comparison and the slowest."""
    done = forerun("performance", "--store", kept)
    assert done.status == 0, done.err
    for word in ("4 questions", "assigned parallel", "served sequential", "Slowest"):
        assert word in done.out
    told = json.loads(forerun("performance", "--store", kept, "--json", "--window", "1h").out)
    assert told["questions"] == 4
    [ask] = told["operations"]
    assert ask["whole"]["count"] == 4
    assert [arm["arm"] for arm in ask["assigned"]] == ["none", "parallel"]
    one = json.loads(forerun("performance", "--store", kept, "--database", "hr", "--json").out)
    assert one["questions"] == 1


def test_traces_are_listed_filtered_and_paged(forerun: Run, kept: str) -> None:
    done = forerun("traces", "list", "--store", kept)
    assert done.status == 0, done.err
    assert all(question.answer.trace_id in done.out for question in QUESTIONS)
    assert "fell back: draft" in done.out
    assert "cache (memory)" in done.out

    def ids(*options: str) -> list[str]:
        told = json.loads(forerun("traces", "list", "--store", kept, "--json", *options).out)
        return [each["trace_id"] for each in told["traces"]]

    assert ids("--status", "failed") == [QUESTIONS[1].answer.trace_id]
    assert ids("--tenant", "other") == [QUESTIONS[2].answer.trace_id]
    assert len(ids("--slower-than", "0.5")) == 3
    first = json.loads(forerun("traces", "list", "--store", kept, "--json", "--limit", "3").out)
    assert ids("--cursor", first["next_cursor"]) == [QUESTIONS[0].answer.trace_id]


def test_a_trace_is_drawn_and_written_for_perfetto(forerun: Run, kept: str, tmp_path: Path) -> None:
    """With waste and the critical path marked, and its statements without their values."""
    id_, file = QUESTIONS[0].answer.trace_id, tmp_path / "trace.json"
    done = forerun("traces", "show", id_, "--store", kept, "--chrome", str(file))
    assert done.status == 0, done.err
    for word in (
        "● link",
        "wasted",
        "gpt-5.1, 900 + 100 tokens",
        "customer = ?",
        "would have taken",
    ):
        assert word in done.out
    assert "Xanthippe" not in done.out
    assert len(json.loads(file.read_text())["traceEvents"]) > 13
    told = json.loads(forerun("traces", "show", id_, "--store", kept, "--json").out)
    assert told["summary"]["trace_id"] == id_
    assert len(told["spans"]) == 13


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("performance", "--window", "soon"), "--window is 'soon'"),
        (("traces", "list", "--status", "well"), "no status"),
        (("traces", "list", "--cursor", "x"), "no cursor"),
        (("traces", "show", "nothing"), "no trace nothing"),
        (("traces", "show", QUESTIONS[0].answer.trace_id, "--chrome", "/no/such/x"), "be written"),
    ],
)
def test_what_can_be_put_right(
    forerun: Run, kept: str, arguments: tuple[str, ...], problem: str
) -> None:
    """Says what, and what to do next; status 2."""
    done = forerun(*arguments, "--store", kept)
    assert done.status == 2
    assert problem in done.err


def test_the_environment_names_the_place(
    forerun: Run, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORERUN_TELEMETRY_STORE", kept)
    assert QUESTIONS[0].answer.trace_id in forerun("traces", "list").out
    monkeypatch.setenv("FORERUN_TELEMETRY_STORE", "none")
    nowhere = forerun("traces", "list")
    assert nowhere.status == 2
    assert "No place is named" in nowhere.err
