"""The evaluation held against the real questions: every gold query must count as right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forerun.lab.evaluation import Benchmark, Report, evaluate
from forerun.lab.evaluation.reading import read_questions
from tests.lab.scripted import Scripted
from tests.services import POSTGRES_ADMIN, Scratch

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


async def with_gold_predictions(data: Path, name: str, out: Path) -> Report:
    dialogues = read_questions(data / name)
    with out.open("w") as file:
        for item in (item for dialogue in dialogues for item in dialogue.items):
            # The last accepted gold, on a new line: run by itself, not taken from memory.
            fields = {"id": item.id, "sql": f"\n{item.golds[-1]}", "status": "answered", "ms": 1}
            file.write(json.dumps(fields) + "\n")
    benchmark = Benchmark(data / name, data / "databases", postgres=POSTGRES_ADMIN, out=out)
    relative_to_today = {i.question: i.golds[0] for d in dialogues for i in d.items}
    return await evaluate(benchmark, Scripted(relative_to_today).open)


async def test_every_gold_of_the_questions_is_right(
    data: Path, tmp_path: Path, postgres: Scratch
) -> None:
    """Over 6,000 gold queries on 133 databases with their variants: all run, all match."""
    report = await with_gold_predictions(data, "questions.jsonl", tmp_path / "out.jsonl")
    assert report.not_run == 0
    assert report.overall.right == report.overall.questions > 6_000
    assert report.secondary.lenient.value == 1.0
    assert 0.01 < report.gold_empty.questions / report.overall.questions < 0.02


async def test_every_gold_of_the_conversations_is_right(
    data: Path, tmp_path: Path, postgres: Scratch
) -> None:
    """All turns and so all conversations match; unstable turns are left out."""
    report = await with_gold_predictions(data, "conversations.jsonl", tmp_path / "out.jsonl")
    assert report.interactions is not None
    assert report.interactions.question_match.value == 1.0
    assert report.interactions.interaction_match.value == 1.0
    assert report.interactions.turns == report.overall.questions
