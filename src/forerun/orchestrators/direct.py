"""A query that the asker wrote: through the same gate, then run. No model has a part in it."""

from __future__ import annotations

from dataclasses import dataclass

from forerun import stages
from forerun.domain import (
    Answer,
    Context,
    Draft,
    Narration,
    Origin,
    Question,
    Refusal,
    Rows,
)
from forerun.orchestrators import outcomes
from forerun.orchestrators.outcomes import Found


@dataclass(frozen=True, slots=True)
class Direct:
    """An Answerer whose question is SQL."""

    resources: stages.Resources
    name: str = "sql"

    async def __call__(self, question: Question) -> Answer:
        context = Context(question.text, question.now)
        found = await self._find(question)
        dialect = self.resources.database.dialect
        if isinstance(found, Refusal):
            return outcomes.undecided(question, context, found, dialect, self.name)
        return outcomes.answered(question, context, found, Narration(), dialect, self.name)

    async def _find(self, question: Question) -> Found | Refusal:
        draft = Draft(question.text, Origin.USER, confidence=1.0)
        verdict = await stages.check(draft, self.resources)
        if verdict.statement is None or not verdict.accepted:
            return Refusal("This query is refused.", verdict.reasons)
        result = await stages.run(question, verdict.statement, self.resources)
        if isinstance(result, Rows):
            return Found(draft, verdict.statement, result, verdict.warnings)
        return Refusal("The database refused this query.", result.reasons)
