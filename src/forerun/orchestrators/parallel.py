"""The same stages as in `sequential`, beside each other and ahead of time.

The story, from top to bottom, with the rungs of the ladder where they begin:

    link
    ├ write in the asker's words → check → run → narrate  at-once
    analyse ∥ contextualise                               context
              └ write on the deterministic slice          write-ahead
              └ draft cheaply → check → run → narrate     draft-ahead
    review anew what was written, where tables are added  second-look
    write ─ closing fence ┐                               sql-first
                          check
                          review ∥ run → narrate          review
    repair, and the same again, where the draft is refused

Whatever two branches ask for alike is asked once (`flights`): the writer's statement finds the
rows of an equal draft there, the narrator's prompt its reply. So a guess can save time and never
change an answer. Each ahead-of-time branch is claimed or wasted here, in sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import anyio

from forerun import stages
from forerun.domain import (
    EMPTY,
    Answer,
    Clarification,
    Context,
    Draft,
    FallbackCode,
    Origin,
    Progress,
    Question,
    Refusal,
    Refused,
    Rung,
    Slice,
    Stage,
    Verdict,
)
from forerun.drafting import Cut, SqlFirst
from forerun.errors import BreakerOpen, ForerunError
from forerun.orchestrators import outcomes
from forerun.orchestrators.ahead import Admission, Ahead, Begin, Launcher, launching
from forerun.orchestrators.attempt import (
    Abandoned,
    Attempt,
    Handover,
    NothingPassed,
    Write,
)
from forerun.orchestrators.candidates import Candidate, first_agreement
from forerun.orchestrators.flights import Flights
from forerun.orchestrators.guess import Guess
from forerun.orchestrators.guesses import Guesses
from forerun.orchestrators.outcomes import Found
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.patience import Paced, Patience, StageTooSlow
from forerun.orchestrators.sequential import NARRATION_RESERVE_S

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parallel:
    """An Answerer for one question. Raises `Abandoned` with what is validly done."""

    resources: stages.Resources
    """Over ports that share the calls of this question."""
    flights: Flights
    outlook: Outlook
    admission: Admission
    name: str = "parallel"

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        done = Handover(linked=progress.linked, context=progress.context)
        try:
            async with launching(self.admission) as launcher:
                with Patience():
                    return await _Schedule(self, question, launcher, done).answer()
        except StageTooSlow as slow:
            why = FallbackCode.TOO_SLOW
            raise Abandoned(slow.message, done.progress(), slow.stage, why) from slow
        except NothingPassed as refused:
            understood = Progress(done.linked, done.slice, done.context)
            why = FallbackCode.NOTHING_PASSED
            raise Abandoned(refused.message, understood, refused.stage, why) from refused
        except ForerunError as error:
            is_open = isinstance(error, BreakerOpen)
            why = FallbackCode.BREAKER_OPEN if is_open else FallbackCode.FAILED
            stage = done.stage_of(error)
            raise Abandoned(error.message, done.progress(), stage, why) from error


class _Schedule:
    """One question on its way through the stages."""

    def __init__(
        self, parallel: Parallel, question: Question, launcher: Launcher, done: Handover
    ) -> None:
        self._name = parallel.name
        self._resources = parallel.resources
        self._flights = parallel.flights
        self._outlook = parallel.outlook
        self._question = question
        self._launch = launcher
        self._ahead = Begin(parallel.outlook, launcher)
        self._done = done
        self._at = Paced(parallel.outlook.budget_s, done.failed_at)
        self._guesses = Guesses(question, parallel.resources, self._at, self._ahead)

    async def answer(self) -> Answer:
        question, resources = self._question, self._resources
        dialect = resources.database.dialect
        if self._done.linked is None:
            self._done.linked = await self._at(Stage.LINK, stages.link, question, resources)
        attempt, slice_, context = await self._begin(self._done.linked)
        found = await self._settle(attempt, slice_, context)
        if not isinstance(found, Found):
            return outcomes.undecided(question, context, found, dialect, self._name)
        narration = stages.narrate_as_told(slice_, context, found.statement, found.rows, found.told)
        answer = outcomes.answered(question, context, found, narration, dialect, self._name)
        return outcomes.partial(answer) if self._done.attempt.cut else answer

    async def _begin(self, linked: Slice) -> tuple[Attempt, Slice, Context]:
        """Understand the question and make the first attempt, the one beside the other."""
        if not self._outlook.overlaps:
            return await self._begin_in_order(linked)
        analysing = self._launch.beside(
            partial(
                self._at, Stage.ANALYSE, stages.analyse, self._question, linked, self._resources
            )
        )
        if self._done.context is None:
            self._guesses.write_at_once(linked)
            self._done.context = await self._contextualise(linked, analysing)
        context = self._done.context
        drafted = self._guesses.draft_ahead(linked, context)
        self._guesses.understand(context)
        if accepted := await self._accept_confidently(drafted):
            return accepted, linked, context
        attempt = Attempt()
        writing = self._write_ahead(attempt, linked, context, analysing)
        slice_ = self._done.slice = await analysing.claim()
        if writing is not None and slice_ == linked:
            self._done.attempt = attempt
            attempt = await writing.claim()
        else:
            if slice_ != linked:
                heard_out = writing if self._outlook.candidates == 1 else None
                self._guesses.look_again(slice_, context, attempt, heard_out)
            if writing is not None and not attempt.only_heard:
                writing.waste("the analyst added tables")
            attempt = self._done.attempt = Attempt()
            attempt = await self._first_attempt(attempt, slice_, context)
        self._done.attempt = attempt
        return attempt, slice_, context

    async def _begin_in_order(self, linked: Slice) -> tuple[Attempt, Slice, Context]:
        """Where nothing may be done beside the analyst."""
        question, resources, done = self._question, self._resources, self._done
        slice_ = done.slice = await self._at(
            Stage.ANALYSE, stages.analyse, question, linked, resources
        )
        context = done.context
        if context is None:
            context = done.context = await self._at(
                Stage.CONTEXTUALISE, stages.contextualise, question, slice_, resources
            )
        attempt = done.attempt = await self._first_attempt(done.attempt, slice_, context)
        return attempt, slice_, context

    async def _contextualise(self, linked: Slice, analysing: Ahead[Slice]) -> Context:
        """Rung `context`: the conversation is read while the analyst works.

        With a model the slice has no part in it; without one there is no analyst to wait for.
        """
        question, resources = self._question, self._resources

        async def read() -> Context:
            return await self._at(
                Stage.CONTEXTUALISE, stages.contextualise, question, linked, resources
            )

        if not (
            stages.needs_analyst(linked, resources) and stages.needs_resolving(question, resources)
        ):
            return await read()
        reading = self._ahead(Rung.CONTEXT, read)
        if reading is None:
            await analysing.ended()
            return await read()
        return await reading.claim(beside=analysing)

    async def _accept_confidently(self, guess: Guess | None) -> Attempt | None:
        """Rung `confident-accept`: a draft of a class with proven precision needs no writer."""
        if guess is None or not self._outlook.has(Rung.CONFIDENT_ACCEPT):
            return None
        await self._at(Stage.DRAFT, guess.drafted.wait)
        if guess.draft is None or not self._outlook.proven(guess.draft, self._question):
            return None
        accepting = self._launch.start(Rung.CONFIDENT_ACCEPT, guess.complete)
        attempt = await accepting.claim()
        if attempt.found is None:
            return None
        self._done.attempt = attempt
        return attempt

    def _write_ahead(
        self, attempt: Attempt, linked: Slice, context: Context, analysing: Ahead[Slice]
    ) -> Ahead[Attempt] | None:
        """Rung `write-ahead`: the prompt is the sequential one where the analyst adds nothing."""
        if not stages.needs_analyst(linked, self._resources) or analysing.has_ended:
            return None
        work = partial(self._first_attempt, attempt, linked, context)
        return self._ahead(Rung.WRITE_AHEAD, work)

    async def _first_attempt(self, attempt: Attempt, slice_: Slice, context: Context) -> Attempt:
        """One writer; or, by rung `candidates`, several of which the first two that agree win."""

        def write(sample: int) -> Write:
            return lambda hearing: stages.draft(slice_, context, self._resources, hearing, sample)

        rivals = []
        for sample in range(1, self._outlook.candidates):
            rival = Attempt()
            work = partial(self._try, rival, slice_, context, write(sample))
            if (ahead := self._ahead(Rung.CANDIDATES, work)) is not None:
                rivals.append(Candidate(rival, ahead))
        if not rivals:
            return await self._try(attempt, slice_, context, write(0))
        first = self._launch.start(
            Rung.CANDIDATES, partial(self._try, attempt, slice_, context, write(0))
        )
        return await first_agreement([Candidate(attempt, first), *rivals])

    async def _settle(
        self, attempt: Attempt, slice_: Slice, context: Context
    ) -> Found | Clarification | Refusal:
        """The attempt's result; where its draft was refused, that of a repaired one.

        Where the last refusal may speak of a bad line, the sequential path has the last word.
        """
        resources, refused = self._resources, self._done.refused
        while attempt.found is None:
            if attempt.undecided is not None:
                self._guesses.prove(attempt, self._outlook)
                return attempt.undecided
            draft = attempt.draft or Draft("", Origin.MODEL, 0.0)
            if len(refused) >= resources.policy.repairs or draft.sql in refused:
                if attempt.doubtful:
                    raise NothingPassed(attempt)
                return Refusal(outcomes.NOTHING_PASSES, attempt.reasons)
            refused.append(draft.sql)
            wrong = Refused(draft, attempt.reasons)
            attempt = self._done.attempt = Attempt(mends=attempt)
            repair = partial(stages.repair, slice_, context, wrong, resources)
            await self._try(attempt, slice_, context, repair, Stage.REPAIR)
        self._guesses.prove(attempt, self._outlook)
        self._guesses.settle(attempt, self._flights)
        return attempt.found

    async def _try(
        self,
        attempt: Attempt,
        slice_: Slice,
        context: Context,
        write: Write,
        stage: Stage = Stage.DRAFT,
    ) -> Attempt:
        """Write, and take what was written as far as it goes.

        Rung `sql-first`: what follows begins at the closing fence. The whole reply has the last
        word; but where only its prose is still to come, nobody waits for it.
        """
        pursuing: Ahead[None] | None = None
        early = Attempt()

        async def pursue_early(sql: str, cut: Cut) -> None:
            nonlocal pursuing
            early.draft = Draft(sql, Origin.MODEL, 0.0)
            attempt.early = early
            if attempt.only_heard:
                cut()
                return

            async def pursue_without_prose() -> None:
                await self._pursue(early, slice_, context)
                cut()

            pursuing = self._ahead(Rung.SQL_FIRST, pursue_without_prose)

        hearing = SqlFirst(pursue_early) if self._outlook.has(Rung.SQL_FIRST) else None
        drafted = await self._at(stage, write, hearing)
        if isinstance(drafted, Draft):
            attempt.draft = drafted
        else:
            attempt.undecided = drafted
        if pursuing is not None and early.draft is not None:
            if isinstance(drafted, Draft) and drafted.sql == early.draft.sql:
                try:
                    await pursuing.claim()
                finally:
                    attempt.take(early)
                return attempt
            pursuing.waste("the writer thought better of it")
        if isinstance(drafted, Draft) and not attempt.only_heard:
            await self._pursue(attempt, slice_, context)
        return attempt

    async def _pursue(self, attempt: Attempt, slice_: Slice, context: Context) -> None:
        """Check; then review and, by rung `review`, run and narrate at the same time."""
        resources = self._resources
        assert attempt.draft is not None  # noqa: S101 - whoever pursues has put it there
        verdict = await self._at(Stage.CHECK, stages.check, attempt.draft, resources)
        if verdict.statement is None or not verdict.accepted:
            attempt.refuse(verdict.reasons, Stage.CHECK)
            return
        attempt.statement, attempt.warnings = verdict.statement, verdict.warnings
        follow = partial(self._follow, attempt, slice_, context)
        following = None
        if resources.models.reviewer is not None:
            following = attempt.following = self._ahead(Rung.REVIEW, follow)
        reviewed = await self._at(
            Stage.REVIEW, stages.review, slice_, context, verdict.statement, resources
        )
        if not reviewed.accepted:
            if following is not None:
                following.waste("the reviewer refused it")
            attempt.refuse(reviewed.reasons, Stage.REVIEW)
            return
        attempt.reviewed = True
        attempt.warnings += reviewed.warnings
        if following is not None:
            await following.claim()
        else:
            await follow()

    async def _follow(self, attempt: Attempt, slice_: Slice, context: Context) -> None:
        """Run and narrate."""
        question, resources = self._question, self._resources
        assert attempt.statement is not None  # noqa: S101 - checked just before
        result = await self._at(Stage.RUN, stages.run, question, attempt.statement, resources)
        if isinstance(result, Verdict):
            if not attempt.reasons:  # the reviewer's, where it was quicker, come first
                attempt.refuse(result.reasons, Stage.RUN)
            return
        attempt.found_rows(result)
        if self._done.slice == slice_ and self._outlook.candidates == 1:
            self._guesses.compare(result)
        with anyio.CancelScope() as scope:
            if question.deadline is not None:
                scope.deadline = question.deadline - NARRATION_RESERVE_S
            about = context, attempt.statement, result
            attempt.told = await self._at(Stage.NARRATE, stages.tell, *about, resources)
            return
        attempt.cut = True
