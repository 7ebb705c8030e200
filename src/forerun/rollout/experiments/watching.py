"""An experiment as one process takes part in it: who is in which arm, and what was seen.

One `Watch` for all databases of a process; each takes part `of` it under its own name. Nothing here
waits and nothing raises, since questions are answered through it. What was seen is handed over by
`taken`, in batches, to be stored.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from forerun.domain import Answer, Assignment, Decision, Question, Strategy
from forerun.ports import ShadowRun
from forerun.rollout.experiments.lifecycle import Experiment, State
from forerun.rollout.experiments.plan import Arm, Unit
from forerun.rollout.experiments.records import (
    Exposure,
    Mismatch,
    Outcome,
    Pair,
    Verdict,
    hashed,
)
from forerun.rollout.experiments.store import SHADOW
from forerun.rollout.flags import Assignment as Said
from forerun.rollout.flags import Context, Rollout, Source, Stage, bucket
from forerun.rollout.flags.buckets import within

MOST_UNSTORED = 100_000
"""Questions; with the store down for longer the oldest are forgotten."""
LATEST_SHADOWS = 10_000


@dataclass
class Batch:
    """What was seen since the last one was taken, of one experiment, or of `SHADOW`."""

    experiment: str
    exposures: list[Exposure] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    """One for each exposure, in the same order."""
    pairs: list[Pair] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)


@dataclass
class Watch:
    """What one process knows of experiments."""

    flags: Rollout
    clock: Callable[[], float] = time.time
    experiment: Experiment | None = None
    """The one that runs, as far as this process has heard."""
    _seen: deque[tuple[str, Exposure, Outcome]] = field(
        default_factory=lambda: deque(maxlen=MOST_UNSTORED)
    )
    _unseen: deque[tuple[str, Pair, Mismatch | None]] = field(
        default_factory=lambda: deque(maxlen=LATEST_SHADOWS)
    )

    def of(self, database: str) -> Watched:
        """The same as one database takes part in it."""
        return Watched(self, database)

    def assign(self, question: Question, complexity: str, database: str) -> Assignment:
        """See `forerun.ports.Rollout`."""
        experiment, unit = self.experiment, self._unit(question)
        tenant, lasting = question.asker.tenant, lasting_unit(question)
        context = Context(unit, tenant, database, complexity, lasting)
        said = self.flags.assign(context)
        assignment = Assignment(
            said.arm,
            said.stage.value,
            said.source.value,
            said.reason,
            said.threshold_s,
            shadow=said.shadow,
        )
        if experiment is None or experiment.state is not State.RUNNING:
            return assignment
        if said.source is Source.KILL:
            return assignment
        group = self._group(experiment, unit, said)
        if group is None:
            return assignment
        arm = Strategy.SEQUENTIAL if experiment.plan.control_only else said.arm
        return replace(
            assignment,
            arm=arm,
            experiment=experiment.id,
            group=group,
            at=self.clock(),
            unit=hashed(unit),
        )

    def _group(self, experiment: Experiment, unit: str, said: Said) -> Strategy | None:
        """The arm in the experiment; None where somebody is not there by its terms: because he is
        held out, the file is behind or ahead of it, or it has a rule for him."""
        if experiment.plan.control_only:
            number = bucket(experiment.salt, unit, experiment.hash_version)
            is_in = within(experiment.percentage, number)
            return Strategy.PARALLEL if is_in else Strategy.SEQUENTIAL
        if said.held_out:
            return None
        ours = said.salt == experiment.salt and said.percentage == experiment.percentage
        return said.arm if said.stage is Stage.CANARY and ours else None

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        assignment = decision.assignment
        if assignment is None or assignment.experiment is None or assignment.group is None:
            return
        now, request = self.clock(), str(question.id)
        arm = Arm(assignment.group.value)
        unit = assignment.unit or request
        exposure = Exposure(request, unit, arm, complexity, assignment.at)
        served = arm
        if arm is Arm.PARALLEL and assignment.arm is Strategy.PARALLEL:
            served = Arm.PARALLEL if answer.orchestrator == Arm.PARALLEL else Arm.SEQUENTIAL
        verdict = Verdict(answer.status.value)
        outcome = Outcome(request, seconds, verdict, served, now, answer.usage.cost_usd)
        self._seen.append((assignment.experiment, exposure, outcome))

    def shadowed(self, run: ShadowRun) -> None:
        """Kept with the experiment that runs, if one does."""
        experiment, now = self.experiment, self.clock()
        pair = Pair(
            str(run.question.id),
            run.complexity,
            run.of_control,
            run.control_s,
            run.candidate_s,
            Verdict(run.control.status.value),
            Verdict(run.candidate.status.value),
            run.difference is None,
            now,
        )
        id_ = SHADOW if experiment is None else experiment.id
        self._unseen.append((id_, pair, _mismatch(run, now)))

    def taken(self) -> list[Batch]:
        """What was seen and not taken yet. `give_back` what could not be stored."""
        batches: dict[str, Batch] = {}
        while self._seen:
            id_, exposure, outcome = self._seen.popleft()
            batch = batches.setdefault(id_, Batch(id_))
            batch.exposures.append(exposure)
            batch.outcomes.append(outcome)
        while self._unseen:
            id_, pair, mismatch = self._unseen.popleft()
            batch = batches.setdefault(id_, Batch(id_))
            batch.pairs.append(pair)
            batch.mismatches += [] if mismatch is None else [mismatch]
        return list(batches.values())

    def give_back(self, batch: Batch) -> None:
        for exposure, outcome in zip(batch.exposures, batch.outcomes, strict=True):
            self._seen.append((batch.experiment, exposure, outcome))
        mismatches = {each.request: each for each in batch.mismatches}
        for pair in batch.pairs:
            self._unseen.append((batch.experiment, pair, mismatches.get(pair.request)))

    def _unit(self, question: Question) -> str:
        """What stays in one arm: as the experiment says, else the most lasting that is known."""
        unit = Unit.ASKER if self.experiment is None else self.experiment.plan.unit
        if unit is Unit.ASKER:
            return lasting_unit(question)
        if unit is Unit.CONVERSATION and question.conversation_id is not None:
            return f"conversation {question.conversation_id}"
        return f"question {question.id}"


@dataclass(frozen=True, slots=True)
class Watched:
    """See `forerun.ports.Rollout`: the process's watch, for one database."""

    watch: Watch
    database: str

    def assign(self, question: Question, complexity: str) -> Assignment:
        return self.watch.assign(question, complexity, self.database)

    def answered(
        self,
        question: Question,
        complexity: str,
        decision: Decision,
        answer: Answer,
        seconds: float,
    ) -> None:
        self.watch.answered(question, complexity, decision, answer, seconds)

    def shadowed(self, run: ShadowRun) -> None:
        self.watch.shadowed(run)


def lasting_unit(question: Question) -> str:
    """The most lasting that is known of whoever asks: by it he is held out, or is not."""
    asker = question.asker
    if asker.user:
        return f"asker {asker.tenant}/{asker.user}"
    if question.conversation_id is not None:
        return f"conversation {question.conversation_id}"
    return f"question {question.id}"


def _mismatch(run: ShadowRun, at: float) -> Mismatch | None:
    """With what is needed to look into it; None where both say the same."""
    if run.difference is None:
        return None
    whose = "A second sequential run: " if run.of_control else ""
    return Mismatch(
        str(run.question.id),
        run.question.text,
        f"{whose}{run.difference}",
        run.control.sql,
        run.candidate.sql,
        _trace(run.control),
        _trace(run.candidate),
        at,
    )


def _trace(answer: Answer) -> str:
    import json

    from forerun.wire import timings_to_json

    return json.dumps(timings_to_json(answer.trace))
