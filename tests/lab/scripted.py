"""Questions about three small databases, and somebody who answers them by a script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from forerun.domain import Answer, Draft, Mode, Status, Turn, new_trace_id
from forerun.lab.evaluation import Report
from forerun.lab.evaluation.marking import Outcome

TABLE = "CREATE TABLE city (name VARCHAR(20), people INTEGER);"
ROWS = "INSERT INTO city VALUES ('Aldermoor', 7), ('Brackwater', 5), ('Carrowby', 5)"
COUNT = "SELECT count(*) FROM city"
NAMES = "SELECT name FROM city ORDER BY people DESC, name"


def answer(question: str, sql: str | None, status: Status = Status.ANSWERED) -> Answer:
    return Answer(question, status, "sqlite", "scripted", new_trace_id(), sql=sql, confidence=0.9)


class Scripted:
    """Answers from a script of question and SQL; None refuses, an exception is raised."""

    def __init__(self, script: Mapping[str, str | Exception | None]) -> None:
        self._script = script
        self.asked: list[str] = []
        self.conversations: list[tuple[str | None, ...]] = []
        self.opened: list[str] = []

    @asynccontextmanager
    async def open(self, where: str) -> AsyncIterator[Scripted]:
        self.opened.append(where)
        yield self

    async def ask(
        self,
        text: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        conversation: Sequence[Turn] = (),
        now: datetime | None = None,
        draft: Draft | None = None,
        mode: Mode | str = Mode.HYBRID,
        guess: bool | None = None,
        conversation_id: str | None = None,
    ) -> Answer:
        self.asked.append(text)
        self.conversations.append(tuple(turn.sql for turn in conversation))
        sql = self._script[text]
        if isinstance(sql, Exception):
            raise sql
        return answer(text, sql, Status.REFUSED if sql is None else Status.ANSWERED)


def line(
    number: int, db: str, question: str, gold: str = COUNT, **more: object
) -> dict[str, object]:
    fields = {"id": f"q{number}", "db": db, "question": question, "gold_sql": gold}
    return fields | {"variants_ok": ["v1"], "source": "ours", "class": "simple"} | more


def write(folder: Path, *lines: Mapping[str, object]) -> Path:
    path = folder.parent / "questions.jsonl"
    path.write_text("".join(json.dumps(fields) + "\n" for fields in lines))
    return path


def outcomes(report: Report) -> dict[str, Outcome]:
    return {mark.item.id: mark.outcome for mark in report.marks}
