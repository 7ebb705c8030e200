"""A cheap draft, worked ahead on as if it were the writer's, so that the writer's finds it done."""

from __future__ import annotations

import anyio

from forerun import stages
from forerun.domain import Context, Draft, Question, Rows, Slice, Statement, Told
from forerun.orchestrators.ahead import Ahead
from forerun.orchestrators.attempt import Attempt


class Guess:
    """Draft, check, review, run, narrate. Nobody is shown any of it before the writer agrees."""

    def __init__(
        self, question: Question, slice_: Slice, context: Context, resources: stages.Resources
    ) -> None:
        self._question = question
        self._slice = slice_
        self._context = context
        self._resources = resources
        self.ahead: Ahead[None] | None = None
        self.drafted = anyio.Event()
        """Set once there is a draft, or none to be had."""
        self.draft: Draft | None = None
        self.statement: Statement | None = None
        self.rows: Rows | None = None
        self._told: Told | None = None
        self._warnings: tuple[str, ...] = ()

    async def work(self) -> None:
        resources = self._resources
        try:
            self.draft = await stages.sketch(self._slice, self._context, resources)
        finally:
            self.drafted.set()
        if self.draft is None:
            return
        verdict = await stages.check(self.draft, resources)
        if verdict.statement is None or not verdict.accepted:
            return
        self.statement, self._warnings = verdict.statement, verdict.warnings
        async with anyio.create_task_group() as group:
            if resources.models.reviewer is not None:
                review = stages.review
                group.start_soon(review, self._slice, self._context, verdict.statement, resources)
            result = await stages.run(self._question, verdict.statement, resources)
            if isinstance(result, Rows):
                self.rows = result
                self._told = await stages.tell(self._context, result, resources)

    async def complete(self) -> Attempt:
        """All of it as an attempt, once it has ended; its class vouches for it, not a reviewer."""
        if self.ahead is not None:
            await self.ahead.ended()
        return Attempt(
            draft=self.draft,
            statement=self.statement,
            reviewed=True,
            rows=self.rows,
            told=self._told,
            warnings=self._warnings,
        )

    def waste(self, reason: str) -> None:
        if self.ahead is not None:
            self.ahead.waste(reason)
