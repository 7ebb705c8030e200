"""Evaluation of conversations, and going on with an evaluation that was broken off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forerun.errors import BadInput, ModelUnreachable
from forerun.lab.evaluation import Benchmark, evaluate
from forerun.lab.evaluation.marking import Outcome
from tests.lab.scripted import COUNT, NAMES, Scripted, line, outcomes, write


def conversation(**last: object) -> dict[str, object]:
    turns = [
        {"question": "all", "gold_sql": NAMES, "variants_ok": ["v1"]},
        {"question": "how many of them?", "gold_sql": COUNT, "variants_ok": ["v1"], **last},
    ]
    return {"id": "talk", "db": "cities", "source": "ours", "turns": turns}


@pytest.mark.anyio
async def test_turns_know_the_turns_before_them(databases: Path) -> None:
    """A conversation is asked in order in one conversation; every turn must be right to match."""
    questions = write(databases, conversation(), line(1, "cities", "how many?"))
    scripted = Scripted({"all": NAMES, "how many of them?": "SELECT 3", "how many?": COUNT})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    assert scripted.conversations == [(), (NAMES,), ()]
    assert outcomes(report) == {
        "talk:1": Outcome.RIGHT,
        "talk:2": Outcome.WRONG,
        "q1": Outcome.RIGHT,
    }
    assert report.interactions is not None
    assert (report.interactions.conversations, report.interactions.turns) == (1, 2)
    assert report.interactions.question_match.value == 0.5
    assert report.interactions.interaction_match.value == 0.0


@pytest.mark.anyio
async def test_an_unstable_turn_is_asked_but_left_out(databases: Path) -> None:
    """Later turns may refer to it; no figure counts it."""
    questions = write(databases, conversation(flags=["unstable_gold"]))
    scripted = Scripted({"all": NAMES, "how many of them?": "SELECT 3"})
    report = await evaluate(Benchmark(questions, databases), scripted.open)
    assert len(scripted.asked) == 2
    assert report.overall.questions == 1
    assert report.interactions is not None
    assert report.interactions.interaction_match.value == 1.0


@pytest.mark.anyio
async def test_a_second_run_asks_only_what_is_missing(databases: Path, tmp_path: Path) -> None:
    """Whole lines are kept, a line that a crash tore is asked again, the figures are the same."""
    questions = write(databases, *(line(n, "cities", f"question {n}") for n in range(4)))
    out = tmp_path / "predictions.jsonl"
    benchmark = Benchmark(questions, databases, out=out)
    script: dict[str, str | Exception | None] = {f"question {n}": COUNT for n in range(3)}
    first = Scripted(script | {"question 3": None})
    report = await evaluate(benchmark, first.open)
    written = [json.loads(text) for text in out.read_text().splitlines()]
    assert [set(fields) for fields in written] == [{"id", "sql", "status", "probability", "ms"}] * 4
    assert [fields["sql"] for fields in written] == [COUNT, COUNT, COUNT, None]
    assert [fields["status"] for fields in written] == ["answered"] * 3 + ["refused"]

    out.write_text(out.read_text()[:-9])
    again = Scripted(script | {"question 3": None})
    second = await evaluate(benchmark, again.open)
    assert again.asked == ["question 3"]
    assert outcomes(second) == outcomes(report)

    third = Scripted({})
    assert outcomes(await evaluate(benchmark, third.open)) == outcomes(report)
    assert third.opened == []


@pytest.mark.anyio
async def test_a_second_run_asks_again_what_failed(databases: Path, tmp_path: Path) -> None:
    """A model that was down is no result to keep; the file holds one line a question."""
    questions = write(databases, *(line(n, "cities", f"question {n}") for n in range(2)))
    out = tmp_path / "predictions.jsonl"
    benchmark = Benchmark(questions, databases, out=out)
    down = Scripted({"question 0": COUNT, "question 1": ModelUnreachable("The model is down.")})
    report = await evaluate(benchmark, down.open)
    assert (report.overall.right, report.overall.failed) == (1, 1)
    up = Scripted({"question 0": COUNT, "question 1": COUNT})
    report = await evaluate(benchmark, up.open)
    assert (report.overall.right, up.asked) == (2, ["question 1"])
    assert [json.loads(text)["id"] for text in out.read_text().splitlines()] == ["q0", "q1"]


@pytest.mark.anyio
async def test_yesterdays_answer_about_today_is_asked_again(databases: Path) -> None:
    """A question relative to today is never answered from the file."""
    questions = write(databases, line(1, "cities", "today?", flags=["time_relative"]))
    benchmark = Benchmark(questions, databases, out=databases / "out.jsonl")
    scripted = Scripted({"today?": COUNT})
    await evaluate(benchmark, scripted.open)
    await evaluate(benchmark, scripted.open)
    assert scripted.asked == ["today?", "today?"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ('{"id": "q", "status"\n{}\n', "line 1: not JSON"),
        ('{"id": "q", "sql": null, "status": "lost", "ms": 1}\n', "'lost' is no status"),
    ],
)
async def test_a_file_that_holds_no_predictions_is_not_written_to(
    databases: Path, broken: str, message: str
) -> None:
    """A wrong --out is told with its line, and stays as it is."""
    out = databases / "out.jsonl"
    out.write_text(broken)
    questions = write(databases, line(1, "cities", "how many?"))
    with pytest.raises(BadInput, match=message):
        await evaluate(Benchmark(questions, databases, out=out), Scripted({}).open)
    assert out.read_text() == broken


@pytest.mark.anyio
async def test_half_a_conversation_is_asked_anew(databases: Path) -> None:
    """What the first turn left behind is not in the file, so the second cannot go on from it."""
    questions = write(databases, conversation())
    out = databases / "out.jsonl"
    scripted = Scripted({"all": NAMES, "how many of them?": COUNT})
    await evaluate(Benchmark(questions, databases, out=out), scripted.open)
    out.write_text(out.read_text().split("\n")[0] + "\n")
    report = await evaluate(Benchmark(questions, databases, out=out), scripted.open)
    assert scripted.asked == ["all", "how many of them?"] * 2
    assert report.overall.right == 2
