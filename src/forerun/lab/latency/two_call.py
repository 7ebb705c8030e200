"""The leanest thing that others do: SQL by one call, a summary of its rows by another.

Nothing is analysed, checked or reviewed. It is in the bench so that nobody wins there by doing more
calls slowly. Only ever run on the demo: what the model writes goes to the database as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from forerun import prompts
from forerun.domain import Answer, Draft, Limits, Question, Role, Stage, Statement, Status
from forerun.drafting import read_draft
from forerun.errors import ForerunError
from forerun.events import RowsArrived, emit, staged
from forerun.orchestrators import outcomes
from forerun.ports import Completion, Database, Model, Prompt

WRITER = "You write one SQL query that answers the question. Reply with the query in one fence."
NARRATOR = "You say in one to three sentences what the rows say."
JOBS = {WRITER: "two-call-writer", NARRATOR: "two-call-narrator"}
"""For the simulator: whose draws and tokens these prompts get."""


@dataclass(frozen=True, slots=True)
class TwoCall:
    """An Answerer."""

    database: Database
    model: Model
    name: str = "two-call"

    async def __call__(self, question: Question) -> Answer:
        try:
            return await self._answer(question)
        except ForerunError as error:
            return outcomes.failed(question, error, self.database.dialect, self.name)

    async def _answer(self, question: Question) -> Answer:
        catalog = await self.database.read_structure()
        earlier = "\n".join(f"{turn.standalone}\n{turn.sql}" for turn in question.conversation)
        user = f"{prompts.describe(catalog)}\n{earlier}\n<question>\n{question.text}\n</question>"
        written = await self._ask(Prompt("two-call-writer@0", Role.WRITER, WRITER, user))
        drafted = read_draft(written)
        sql = drafted.sql if isinstance(drafted, Draft) else ""
        rows = await self.database.run(Statement(sql, self.database.dialect), Limits())
        emit(RowsArrived(rows))
        table = prompts.table_of(rows, 50)
        user = f"<question>\n{question.text}\n</question>\n<rows>\n{table}\n</rows>"
        told = await self._ask(Prompt("two-call-narrator@0", Role.NARRATOR, NARRATOR, user))
        return Answer(
            question.text,
            Status.ANSWERED,
            self.database.dialect,
            self.name,
            question.id,
            sql=sql,
            rows=rows,
            summary=told.text,
        )

    async def _ask(self, prompt: Prompt) -> Completion:
        with staged(Stage.DRAFT if prompt.role is Role.WRITER else Stage.NARRATE):
            return await prompts.ask(self.model, prompt, stream=True)
