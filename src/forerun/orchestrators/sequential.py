"""The proven path: one step after another. Read this file first."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    Refused,
    Rows,
    Slice,
    Verdict,
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
        slice_ = progress.slice or await self._slice(question, progress)
        context = progress.context or await stages.contextualise(question, slice_, self.resources)
        found = await self._find(question, slice_, context, progress)
        if not isinstance(found, Found):
            return outcomes.undecided(question, context, found, self._dialect, self.name)
        narration, cut = await self._narrate(question, slice_, context, found)
        answer = outcomes.answered(question, context, found, narration, self._dialect, self.name)
        return outcomes.partial(answer) if cut else answer

    async def _slice(self, question: Question, progress: Progress) -> Slice:
        linked = progress.linked or await stages.link(question, self.resources)
        return await stages.analyse(question, linked, self.resources)

    async def _find(
        self, question: Question, slice_: Slice, context: Context, progress: Progress
    ) -> Found | Clarification | Refusal:
        """Draft and judge; on a refusal repair, at most `policy.repairs` times."""
        resources = self.resources
        drafted = progress.draft or await stages.draft(slice_, context, resources)
        refused = list(progress.refused)
        while isinstance(drafted, Draft):
            judged = await self._judge(question, slice_, context, replace(progress, draft=drafted))
            if isinstance(judged, Found):
                return judged
            if len(refused) >= resources.policy.repairs or drafted.sql in refused:
                return Refusal(outcomes.NOTHING_PASSES, judged.reasons)
            refused.append(drafted.sql)
            wrong = Refused(drafted, judged.reasons)
            drafted = await stages.repair(slice_, context, wrong, resources)
            progress = EMPTY
        return drafted

    async def _judge(
        self, question: Question, slice_: Slice, context: Context, progress: Progress
    ) -> Found | Verdict:
        """Check, review and run the draft, as far as that is not done yet."""
        draft, statement, warnings = progress.draft, progress.statement, progress.warnings
        assert draft is not None  # noqa: S101 - `_find` has put it there
        if progress.reasons:
            return Verdict(progress.reasons)
        if statement is None:
            verdict = await stages.check(draft, self.resources)
            if verdict.statement is None or not verdict.accepted:
                return verdict
            statement, warnings = verdict.statement, verdict.warnings
        if not progress.reviewed:
            verdict = await stages.review(slice_, context, statement, self.resources)
            if not verdict.accepted:
                return verdict
            warnings += verdict.warnings
        rows: Rows | Verdict | None = progress.rows
        if rows is None:
            rows = await stages.run(question, statement, self.resources)
        if isinstance(rows, Verdict):
            return rows
        return Found(draft, statement, rows, warnings, progress.told)

    async def _narrate(
        self, question: Question, slice_: Slice, context: Context, found: Found
    ) -> tuple[Narration, bool]:
        """The narration, and whether the deadline cut the narrator off."""
        statement, rows = found.statement, found.rows
        if found.told is not None:
            return stages.narrate_as_told(slice_, context, statement, rows, found.told), False
        with anyio.CancelScope() as scope:
            if question.deadline is not None:
                scope.deadline = question.deadline - NARRATION_RESERVE_S
            return await stages.narrate(slice_, context, statement, rows, self.resources), False
        return stages.narrate_plainly(slice_, context, statement, rows), True

    @property
    def _dialect(self) -> str:
        return self.resources.database.dialect
