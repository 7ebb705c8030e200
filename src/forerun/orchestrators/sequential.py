"""The proven path: one step after another. Read this file first."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from forerun import stages
from forerun.domain import (
    EMPTY,
    Answer,
    Clarification,
    Context,
    Draft,
    Narration,
    Progress,
    Question,
    Refusal,
    Rows,
    Slice,
)
from forerun.orchestrators import outcomes
from forerun.orchestrators.outcomes import Found

NARRATION_RESERVE_S = 0.1
"""The narrator is cut off this long before the deadline, so that the rows still arrive."""


@dataclass(frozen=True, slots=True)
class Sequential:
    """An Answerer. With `progress` it goes on from what is already validly done."""

    resources: stages.Resources
    name: str = "sequential"

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        slice_ = progress.slice or await self._slice(question)
        context = progress.context or await stages.contextualise(question, slice_, self.resources)
        found = await self._find(question, slice_, context, progress)
        if not isinstance(found, Found):
            return outcomes.undecided(question, context, found, self._dialect, self.name)
        narration, cut = await self._narrate(question, slice_, context, found)
        answer = outcomes.answered(question, context, found, narration, self._dialect, self.name)
        return outcomes.partial(answer) if cut else answer

    async def _slice(self, question: Question) -> Slice:
        linked = await stages.link(question, self.resources)
        return await stages.analyse(question, linked, self.resources)

    async def _find(
        self, question: Question, slice_: Slice, context: Context, progress: Progress
    ) -> Found | Clarification | Refusal:
        """Draft, check, review and run; on a refusal repair, at most `policy.repairs` times."""
        if progress.draft and progress.statement and progress.rows is not None:
            return Found(progress.draft, progress.statement, progress.rows)
        resources = self.resources
        drafted = progress.draft or await stages.draft(slice_, context, resources)
        refused: set[str] = set()
        warnings: tuple[str, ...] = ()
        for repairs_left in range(resources.policy.repairs, -1, -1):
            if not isinstance(drafted, Draft):
                return drafted
            verdict = await stages.check(drafted, resources)
            statement = verdict.statement
            if verdict.accepted and statement is not None:
                warnings = verdict.warnings
                verdict = await stages.review(slice_, context, statement, resources)
                warnings += verdict.warnings
            if verdict.accepted and statement is not None:
                result = await stages.run(question, statement, resources)
                if isinstance(result, Rows):
                    return Found(drafted, statement, result, warnings)
                verdict = result
            if repairs_left == 0 or drafted.sql in refused:
                break
            refused.add(drafted.sql)
            drafted = await stages.repair(slice_, context, drafted, verdict.reasons, resources)
        return Refusal("I could not write a query that passes every check.", verdict.reasons)

    async def _narrate(
        self, question: Question, slice_: Slice, context: Context, found: Found
    ) -> tuple[Narration, bool]:
        """The narration, and whether the deadline cut the narrator off."""
        with anyio.CancelScope() as scope:
            if question.deadline is not None:
                scope.deadline = question.deadline - NARRATION_RESERVE_S
            return await stages.narrate(
                slice_, context, found.statement, found.rows, self.resources
            ), False
        return stages.narrate_plainly(slice_, context, found.statement, found.rows), True

    @property
    def _dialect(self) -> str:
        return self.resources.database.dialect
