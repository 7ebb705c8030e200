"""A guess at the query, worked ahead on as if it were the writer's, which then finds it done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from forerun import stages
from forerun.domain import (
    Context,
    Draft,
    Question,
    Rows,
    Slice,
    Stage,
    Statement,
    Told,
    Verdict,
)
from forerun.orchestrators.ahead import Ahead, Launcher
from forerun.orchestrators.attempt import Attempt
from forerun.orchestrators.flights import Flights
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.patience import Paced
from forerun.running import identical


class Guess:
    """Draft, check, review, run, narrate. Nobody is shown any of it before the writer agrees.

    Reviewing and narrating begin once the question is understood, for they are asked about that.
    """

    def __init__(
        self,
        question: Question,
        slice_: Slice,
        sketch: Callable[[], Awaitable[Draft | None]],
        resources: stages.Resources,
        at: Paced,
        launcher: Launcher,
    ) -> None:
        self._question = question
        self._slice = slice_
        self._sketch = sketch
        self._resources = resources
        self._at = at
        self._launch = launcher
        self._context: Context | None = None
        self._understood: anyio.Event | None = None
        self._reviewing: Ahead[None] | None = None
        self._outdated = False
        self.ahead: Ahead[None] | None = None
        self.drafted = anyio.Event()
        """Set once there is a draft, or none to be had."""
        self.draft: Draft | None = None
        self.statement: Statement | None = None
        self.rows: Rows | None = None
        self._reviewed: Verdict | None = None
        self._told: Told | None = None
        self._done = False
        self._warnings: tuple[str, ...] = ()

    def understand(self, context: Context) -> None:
        """What the question was found to mean."""
        self._context = context
        if self._understood is not None:
            self._understood.set()

    async def _understanding(self) -> Context:
        if self._context is None:
            self._understood = self._understood or anyio.Event()
            await self._understood.wait()
        assert self._context is not None  # noqa: S101 - `understand` has put it there
        return self._context

    async def draft_to_come(self) -> Draft | None:
        """Its draft, as soon as there is one."""
        await self.drafted.wait()
        return self.draft

    async def work(self) -> None:
        resources, at = self._resources, self._at
        try:
            self.draft = await at(Stage.DRAFT, self._sketch)
        finally:
            self.drafted.set()
        if self.draft is None:
            return
        verdict = await at(Stage.CHECK, stages.check, self.draft, resources)
        if verdict.statement is None or not verdict.accepted or verdict.statement.volatile:
            return  # what is volatile gives other rows each time: nobody can use these
        self.statement, self._warnings = verdict.statement, verdict.warnings
        self._reviewing = self._launch.along(partial(self._review, verdict.statement))
        try:
            await self._follow(verdict.statement)
            await self._reviewing.ended()
        finally:
            self.stop_reviewing()  # where running has failed
        self._done = True

    async def _review(self, statement: Statement) -> None:
        """A reviewer that fails leaves the guess unreviewed, and what else it does alone."""
        if self._resources.models.reviewer is None:
            self._reviewed = Verdict(statement=statement)
            return
        if self._outdated:
            return
        about = self._slice, await self._understanding(), statement
        self._reviewed = await self._at(Stage.REVIEW, stages.review, *about, self._resources)

    async def _follow(self, statement: Statement) -> None:
        """Run and narrate."""
        resources = self._resources
        result = await self._at(Stage.RUN, stages.run, self._question, statement, resources)
        if isinstance(result, Rows):
            self.rows = result
            about = await self._understanding(), statement, result
            self._told = await self._at(Stage.NARRATE, stages.tell, *about, resources)

    @property
    def came_to_nothing(self) -> bool:
        """There was no draft, or it was refused."""
        return self.statement is None and self.ahead is not None and self.ahead.has_ended

    def stop_reviewing(self) -> None:
        """The reviewer will be asked otherwise."""
        self._outdated = True
        if self._reviewing is not None:
            self._reviewing.waste("it is reviewed otherwise")

    async def complete(self) -> Attempt:
        """All of it as an attempt, once it has ended; empty where anything speaks against it."""
        if self.ahead is not None:
            await self.ahead.ended()
        verdict = self._reviewed
        if not self._done or verdict is None or not verdict.accepted:
            return Attempt()
        return Attempt(
            draft=self.draft,
            statement=self.statement,
            reviewed=True,
            rows=self.rows,
            told=self._told,
            warnings=self._warnings + verdict.warnings,
        )

    def take_over(self, following: Ahead[None] | None) -> None:
        """Run and summary of the very same query are under way, and have its fate from now on."""
        if self.ahead is not None and following is not None:
            self.ahead.grow(following)

    def waste(self, reason: str) -> None:
        if self.ahead is not None:
            self.ahead.waste(reason)

    def compare(self, rows: Rows) -> None:
        """Given the writer's rows: a guess at others, or none in time, is of no more use."""
        if self.rows is None:
            self.waste("it had no rows in time")
        elif not identical(self.rows, rows):
            self.waste("the writer's query gives other rows")

    def settle(self, attempt: Attempt, flights: Flights) -> None:
        """Given the answer: how much of this work the writer's query found done."""
        if self.ahead is None:
            return
        if attempt.draft is self.draft:  # accepted as it was
            self.ahead.use(0.0)
            return
        saved_s = flights.saved_s(self.ahead.name)
        if saved_s is None:
            self.waste("the writer did not come to the same")
        else:
            self.ahead.use(saved_s)

    def prove(self, attempt: Attempt, outlook: Outlook) -> None:
        """Learn whether such drafts agree with the writer, who may have found nothing to query.

        One that was accepted as it was proves nothing of itself.
        """
        if self.draft is None or self.rows is None or attempt.draft is self.draft:
            return
        agreed = attempt.rows is not None and identical(self.rows, attempt.rows)
        outlook.compared(self.draft, agreed)
