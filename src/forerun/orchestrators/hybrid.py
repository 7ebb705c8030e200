"""Parallel where it pays, sequential whenever parallel is not chosen, not possible, or fails.

The story: cache, link, decide; then the parallel path and, should anything at all go wrong on it,
the sequential one with what is validly done. Every decision carries its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from forerun import stages
from forerun.checking import canonical
from forerun.clock import now
from forerun.domain import (
    EMPTY,
    Answer,
    Decision,
    Fallback,
    FallbackCode,
    Fate,
    Mode,
    Progress,
    Question,
    Slice,
    Statement,
    Status,
    Strategy,
)
from forerun.errors import DeadlineExceeded, ForerunError, Unavailable
from forerun.events import Decided, FellBack, RungSettled, emit, listening
from forerun.orchestrators.abilities import idle_rungs, missing_rungs
from forerun.orchestrators.attempt import Abandoned
from forerun.orchestrators.complexity import Features, complexity, question_class
from forerun.orchestrators.deciding import Decider
from forerun.orchestrators.flights import Flights, SharedDatabase, SharedModel
from forerun.orchestrators.launching import Allowance, LaunchPolicy
from forerun.orchestrators.learning import (
    Experience,
    Lesson,
    QuestionAdmission,
)
from forerun.orchestrators.load import Load
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.parallel import Parallel
from forerun.orchestrators.sequential import Sequential
from forerun.orchestrators.trials import Trials, is_shadowed
from forerun.ports import AnswerCache, Model, Recall


class SequentialPath(Protocol):
    """What answers when the parallel path does not: ours, or a system that was there before."""

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        """Go on from what is validly done, or from the beginning."""


NO_TIME_LEFT_S = 0.05
"""With less than this before the deadline a fallback would only be cut off."""
UNREACHABLE = "The database was not reached to look at its tables."
REMEMBERED = "The query that answered this before is run again: there is nothing to write."
CHOSEN = "The asker chose this reading: there is nothing to write."


@dataclass(frozen=True, slots=True)
class Lane:
    """What parallel runs ask, and the room that they have."""

    ahead: stages.Resources
    """The ports, guarded by breakers and hedged."""
    load: Load


@dataclass(frozen=True, slots=True)
class Hybrid:
    """An Answerer over one database. Never worse than sequential."""

    resources: stages.Resources
    ahead: stages.Resources
    """The same for the parallel path: guarded by breakers, hedged."""
    decider: Decider
    experience: Experience
    policy: LaunchPolicy
    mode: Mode = Mode.HYBRID
    writers: int = 1
    cache: AnswerCache | None = None
    trials: Trials | None = None
    """None: no rollout, the switch alone decides."""
    unseen: Lane | None = None
    """Of shadow runs: breakers and room of their own, so that no asker suffers by them. None: those
    of the askers."""
    sequential: Callable[[stages.Resources], SequentialPath] = Sequential
    name: str = "hybrid_orchestrator"

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        if self.cache is None or progress.draft is not None:
            return await self._answer(question, progress)

        async def make(question: Question, recall: Recall) -> Answer:
            return await self._answer(question, progress, recall)

        return await self.cache.answer(question, make)

    async def _answer(
        self, question: Question, progress: Progress, recall: Recall | None = None
    ) -> Answer:
        with self.decider.load.question():
            if recall is None and self.resources.models.writer is None:
                return await self._by_parser(question, progress)
            try:
                linked = progress.linked or await stages.link(question, self.resources)
            except ForerunError:
                if self._is_ours:
                    raise
                return await self._without_tables(question)
            progress = replace(progress, linked=linked)
            if recall is not None:
                recalled = await self._recalled(question, linked, recall)
                if isinstance(recalled, Answer):
                    return recalled
                progress = recalled
            if self.resources.models.writer is None:
                return await self._by_parser(question, progress)
            return await self._scheduled(question, progress)

    async def _recalled(
        self, question: Question, linked: Slice, recall: Recall
    ) -> Answer | Progress:
        """What is kept of an equal question; else what was understood in looking for it."""
        progress, context = Progress(linked=linked), stages.alone(question)
        if question.conversation:
            context = await stages.contextualise(question, linked, self.resources)
            progress = replace(progress, context=context)
        kept = await recall(linked, context)
        if kept.examples:
            progress = replace(progress, context=replace(context, examples=kept.examples))
        if kept.draft is not None:
            progress = replace(progress, draft=kept.draft, reviewed=True)
        return kept.answer or progress

    async def _by_parser(self, question: Question, progress: Progress) -> Answer:
        """There is nothing to overlap where no model is asked."""
        self._tell(self.decider.refusal(self.mode))
        shared = self._shared(self.resources, Flights())
        return await self.sequential(shared)(question, progress)

    async def _scheduled(self, question: Question, progress: Progress) -> Answer:
        linked = progress.linked
        seen = self.decider.features(question, linked)
        decision = self._decided(question, progress, seen)
        self._tell(decision)
        class_ = complexity(seen)

        async def answer() -> Answer:
            with listening(Lesson(self.experience, class_).hear):
                if decision.strategy is Strategy.PARALLEL:
                    with self.decider.load.on_parallel():
                        return await self._parallel(question, progress, seen)
                async with self.decider.load.on_sequential():
                    return await self._sequential(question, progress, decision)

        if self.trials is None:
            return await answer()
        told = partial(self.trials.told, question, class_, decision, answer)
        if is_shadowed(decision):
            unseen = partial(self._unseen, progress, seen), partial(self._again, progress)
            return await self.trials.shadowed(question, class_, told, unseen)
        return await told()

    def _decided(self, question: Question, progress: Progress, seen: Features) -> Decision:
        trials, assignment = self.trials, None
        if trials is not None and progress.draft is None:
            assignment = trials.assign(question, complexity(seen))
        decision = self.decider.decide(self.mode, question, progress.linked, seen, assignment)
        if progress.draft is None:
            return decision
        chosen, reason = Strategy.SEQUENTIAL, REMEMBERED if progress.reviewed else CHOSEN
        return replace(decision, strategy=chosen, predicted_seconds=None, reason=reason)

    async def _unseen(self, progress: Progress, seen: Features, question: Question) -> Answer:
        """The parallel path alone: where it fails, it has failed."""
        lane = self.unseen or self._askers
        with lane.load.question(), lane.load.on_parallel():
            try:
                return await self._ahead_of_time(question, progress, seen, Flights(), lane)
            except Abandoned as gone:
                raise Unavailable(gone.message) from gone

    async def _again(self, progress: Progress, question: Question) -> Answer:
        """The sequential path once more, from where the asker's run began."""
        return await self.sequential(self.resources)(question, progress)

    async def _without_tables(self, question: Question) -> Answer:
        """The wrapped system answers although our own database connection fails."""
        refused = self.decider.refusal(self.mode)
        threshold = self.decider.switch.threshold_s
        source = self.decider.switch.source
        unreachable = Decision(Strategy.SEQUENTIAL, None, threshold, source, UNREACHABLE)
        self._tell(refused or unreachable)
        return await self.sequential(self.resources)(question)

    @property
    def _askers(self) -> Lane:
        return Lane(self.ahead, self.decider.load)

    @property
    def _is_ours(self) -> bool:
        return self.sequential is Sequential

    async def _sequential(
        self, question: Question, progress: Progress, decision: Decision
    ) -> Answer:
        """As ever; and how good the prediction was."""
        began_at = now()
        answer = await self.sequential(self.resources)(question, progress)
        answered = answer.status is Status.ANSWERED
        if decision.predicted_seconds is not None and answered and self._is_ours:
            took_s = now() - began_at
            self.experience.latencies.observe_error(decision.predicted_seconds, took_s)
        return answer

    async def _parallel(self, question: Question, progress: Progress, seen: Features) -> Answer:
        """The parallel path; on any trouble the sequential one, which pays for nothing twice."""
        flights = Flights()
        place = self.decider.breakers.arm.admit()
        if place is None:
            reason = "The parallel path is on trial with another question."
            fallback = Fallback(used=True, reason=reason, code=FallbackCode.ON_TRIAL)
            return await self._fall_back(question, progress, fallback, flights)
        began_at = now()
        try:
            answer = await self._ahead_of_time(question, progress, seen, flights, self._askers)
            place.succeeded(now() - began_at)
            return answer
        except Abandoned as gone:
            if gone.faulty:
                place.failed()
            progress = gone.progress
            fallback = Fallback(used=True, reason=gone.message, at_stage=gone.stage, code=gone.why)
        except Exception as error:  # noqa: BLE001 - whatever it is, sequential answers
            place.failed()
            reason = f"Unexpected {type(error).__name__}: {error}"
            fallback = Fallback(used=True, reason=reason, code=FallbackCode.UNEXPECTED)
        finally:
            place.uncounted()  # cancelled, where nothing was said of it yet
        return await self._fall_back(question, progress, fallback, flights)

    async def _ahead_of_time(
        self, question: Question, progress: Progress, seen: Features, flights: Flights, lane: Lane
    ) -> Answer:
        outlook = self._outlook(question, progress, seen)
        admission = self._admission(question, progress.linked, outlook, lane.load)
        parallel = Parallel(self._shared(lane.ahead, flights), flights, outlook, admission)
        return await parallel(question, progress)

    async def _fall_back(
        self, question: Question, progress: Progress, fallback: Fallback, flights: Flights
    ) -> Answer:
        emit(FellBack(fallback, progress.stages))
        if question.deadline is not None:
            left_s = question.deadline - now()
            if left_s < NO_TIME_LEFT_S:
                raise DeadlineExceeded(
                    f"The parallel path failed ({fallback.reason}) and no time was left to go on.",
                    "Allow more time (--timeout, timeout_s), or ask for less at once.",
                )
        shared = self._shared(self.resources, flights)
        return await self.sequential(shared)(question, progress)

    def _shared(self, resources: stages.Resources, flights: Flights) -> stages.Resources:
        """Ports over which this question makes no call twice."""

        def key_of(statement: Statement) -> str:
            catalog = resources.catalog.known
            return statement.shown if catalog is None else canonical(statement, catalog)

        def shared(model: Model | None) -> Model | None:
            return SharedModel(model, flights, stages.says_something) if model is not None else None

        models = resources.models
        return replace(
            resources,
            database=SharedDatabase(resources.database, flights, key_of),
            models=stages.Models(
                shared(models.analyst),
                shared(models.writer),
                shared(models.reviewer),
                shared(models.narrator),
            ),
        )

    def _outlook(self, question: Question, progress: Progress, seen: Features) -> Outlook:
        experience, models = self.experience, self.ahead.models
        missing = missing_rungs(models, self.ahead.database.abilities)
        for rung in sorted(self.policy.rungs & missing.keys()):
            emit(RungSettled(rung, rung.value, Fate.SKIPPED, missing[rung]))
        rungs = self.policy.rungs.difference(missing)
        rungs -= idle_rungs(question, progress, self.ahead, rungs)
        takeover_at = None
        if question.deadline is not None:
            expected = self.decider.expected(question, progress.linked)
            late_s = experience.latencies.predict(seen, expected).p95_seconds
            takeover_at = question.deadline - late_s
        class_, roles = complexity(seen), self.decider.roles
        return Outlook(
            self._class_of(seen),
            class_,
            experience.latencies,
            experience.spending,
            experience.posteriors,
            rungs,
            roles,
            self.writers,
            self.policy.accept_precision,
            takeover_at,
            experience.bets(class_, rungs, roles),
        )

    def _class_of(self, seen: Features) -> str:
        """What is proven of one database and one writer is not of another."""
        writer = self.resources.models.writer
        of_writer = writer.name if writer is not None else ""
        return f"{self.resources.database.name}/{of_writer}/{question_class(seen)}"

    def _admission(
        self, question: Question, linked: Slice | None, outlook: Outlook, load: Load
    ) -> QuestionAdmission:
        experience = self.experience
        expected_usd = experience.spending.cost_usd(self.decider.calls(question, linked))
        allowance = Allowance(
            self.policy,
            experience.posteriors,
            expected_usd,
            load.sheds,
        )
        return QuestionAdmission(outlook.question_class, allowance, experience.posteriors, load)

    def _tell(self, decision: Decision | None) -> None:
        if decision is not None:
            emit(Decided(decision))
