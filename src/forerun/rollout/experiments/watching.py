"""An experiment as one process takes part in it: who is in which arm, and what was seen.

Nothing here waits and nothing raises, since questions are answered through it. What was seen is
handed over by `taken`, in batches, to be stored.
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
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Verdict, hashed
from forerun.rollout.flags import Assignment as Said
from forerun.rollout.flags import Context, Rollout, Source, Stage, bucket
from forerun.rollout.flags.buckets import within

MOST_UNSTORED = 100_000
"""Questions; with the store down for longer the oldest are forgotten."""
LATEST_SHADOWS = 10_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that both paths have answered."""

    complexity: str
    control_s: float
    candidate_s: float
    same: bool
    of_control: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What was seen since the last one was taken, of one experiment."""

    experiment: str
    exposures: tuple[Exposure, ...]
    outcomes: tuple[Outcome, ...]


@dataclass
class Watch:
    """See `forerun.ports.Rollout`."""

    flags: Rollout
    database: str
    clock: Callable[[], float] = time.time
    experiment: Experiment | None = None
    """The one that runs, as far as this process has heard."""
    pairs: deque[Pair] = field(default_factory=lambda: deque(maxlen=LATEST_SHADOWS))
    mismatches: deque[Mismatch] = field(default_factory=lambda: deque(maxlen=LATEST_SHADOWS))
    """Not stored yet."""
    _seen: deque[tuple[str, Exposure, Outcome]] = field(
        default_factory=lambda: deque(maxlen=MOST_UNSTORED)
    )

    def assign(self, question: Question, complexity: str) -> Assignment:
        experiment, unit = self.experiment, self._unit(question)
        context = Context(unit, question.asker.tenant, self.database, complexity)
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
        """The arm in the experiment; None where somebody is not there by its terms: because the
        file is behind or ahead of it, or has a rule for him."""
        if experiment.plan.control_only:
            number = bucket(experiment.salt, unit, experiment.hash_version)
            is_in = within(experiment.percentage, number)
            return Strategy.PARALLEL if is_in else Strategy.SEQUENTIAL
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
        same = run.difference is None
        pair = Pair(run.complexity, run.control_s, run.candidate_s, same, run.of_control)
        self.pairs.append(pair)
        if same:
            return
        whose = "A second sequential run: " if run.of_control else ""
        self.mismatches.append(
            Mismatch(
                str(run.question.id),
                run.question.text,
                f"{whose}{run.difference}",
                run.control.sql,
                run.candidate.sql,
                _trace(run.control),
                _trace(run.candidate),
                self.clock(),
            )
        )

    def taken(self) -> list[Batch]:
        """What was seen and not taken yet. `give_back` what could not be stored."""
        by_experiment: dict[str, list[tuple[Exposure, Outcome]]] = {}
        while self._seen:
            id_, exposure, outcome = self._seen.popleft()
            by_experiment.setdefault(id_, []).append((exposure, outcome))
        return [
            Batch(id_, tuple(e for e, _ in seen), tuple(o for _, o in seen))
            for id_, seen in by_experiment.items()
        ]

    def give_back(self, batch: Batch) -> None:
        for exposure, outcome in zip(batch.exposures, batch.outcomes, strict=True):
            self._seen.append((batch.experiment, exposure, outcome))

    def _unit(self, question: Question) -> str:
        """What stays in one arm: as the experiment says, else the most lasting that is known."""
        asker, unit = question.asker, None
        if self.experiment is not None:
            unit = self.experiment.plan.unit
        if unit in (None, Unit.ASKER) and asker.user:
            return f"asker {asker.tenant}/{asker.user}"
        if unit is not Unit.QUESTION and question.conversation_id is not None:
            return f"conversation {question.conversation_id}"
        return f"question {question.id}"


def _trace(answer: Answer) -> str:
    import json

    from forerun.wire import timings_to_json

    return json.dumps(timings_to_json(answer.trace))
