"""Parallel or sequential: what decides, in order, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from forerun.domain import Assignment, Decision, Mode, Question, Role, Slice, Stage, Strategy
from forerun.orchestrators.abilities import NO_WRITER
from forerun.orchestrators.complexity import Features, features
from forerun.orchestrators.guarding import Breakers
from forerun.orchestrators.latency import Latencies
from forerun.orchestrators.load import Load

_CALLS = (
    (Stage.ANALYSE, Role.ANALYST),
    (Stage.CONTEXTUALISE, Role.ANALYST),
    (Stage.DRAFT, Role.WRITER),
    (Stage.REVIEW, Role.REVIEWER),
    (Stage.NARRATE, Role.NARRATOR),
)


KILL, FILE = "kill", "file"
"""Sources: of an assignment that nothing overrides, and of a threshold that the flag file has."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The plan's two flags, and where the first one's value came from."""

    enabled: bool = False
    threshold_s: float = 30.0
    source: str = "default"
    threshold_set: bool = False
    """Whether the threshold was given, so that no flag file has a say in it."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides for one database."""

    switch: Switch
    roles: frozenset[Role]
    """That have a model."""
    latencies: Latencies
    breakers: Breakers
    load: Load = field(default_factory=Load)

    def refusal(self, mode: Mode) -> Decision | None:
        """Sequential for a reason that has nothing to do with the question; else None."""
        return self._closed(mode) or self._hindered(mode)

    def _closed(self, mode: Mode) -> Decision | None:
        """The parallel path was not asked for, is switched off, or cannot be."""
        if mode is Mode.SEQUENTIAL:
            return self._sequential("The sequential path was asked for.", "mode")
        if mode is Mode.HYBRID and not self.switch.enabled:
            return self._sequential("ENABLE_PARALLEL is false.")
        if Role.WRITER not in self.roles:
            return self._sequential(NO_WRITER, self._source(mode))
        return None

    def _hindered(self, mode: Mode) -> Decision | None:
        """The parallel path is in trouble, or full."""
        reason = self.breakers.refusal() or self.load.full()
        return self._sequential(reason, self._source(mode)) if reason else None

    def decide(
        self,
        mode: Mode,
        question: Question,
        slice_: Slice | None,
        seen: Features,
        assignment: Assignment | None = None,
    ) -> Decision:
        """The decision, and what was predicted; at once and without asking anybody.

        `slice_` is the deterministic slice; None where the catalog was not read yet. What the
        rollout has assigned decides where both paths are possible. Killed, the parallel path is
        not even for who asks for it. Whether a question counts in an experiment does not hang
        on its arm, nor on how that arm fares.
        """
        if closed := self._closed(mode):
            return replace(closed, assignment=assignment)
        if assignment is not None and assignment.source == KILL:
            killed = self._sequential(assignment.reason, KILL)
            return replace(killed, assignment=assignment)
        seconds = self.latencies.predict(seen, self.expected(question, slice_)).seconds
        chosen = self._chosen(mode, seconds, assignment)
        if chosen.strategy is Strategy.PARALLEL and (hindered := self._hindered(mode)):
            return replace(hindered, assignment=assignment, exposed=chosen.exposed)
        return chosen

    def _chosen(self, mode: Mode, seconds: float, assignment: Assignment | None) -> Decision:
        threshold = self._threshold_s(assignment)
        if mode is Mode.PARALLEL:
            reason = "The parallel path was asked for."
            return Decision(Strategy.PARALLEL, seconds, threshold, "mode", reason, assignment)
        if seconds >= threshold and assignment is not None:
            return Decision(
                assignment.arm,
                seconds,
                threshold,
                assignment.source,
                assignment.reason,
                assignment,
                assignment.experiment is not None,
            )
        above, own = seconds >= threshold, self._is_own(assignment)
        named = "PARALLEL_THRESHOLD" if own else "the threshold of the flag file"
        return Decision(
            Strategy.PARALLEL if above else Strategy.SEQUENTIAL,
            seconds,
            threshold,
            self.switch.source if own else FILE,
            f"The predicted {seconds:.1f} s of the sequential path "
            f"{'reaches' if above else 'is below'} {named}, {threshold:g} s.",
            assignment,
        )

    def _is_own(self, assignment: Assignment | None) -> bool:
        """Whether the threshold is the environment's or the code's, and not the rollout's."""
        return self.switch.threshold_set or assignment is None or assignment.threshold_s is None

    def _threshold_s(self, assignment: Assignment | None) -> float:
        """The environment's or the code's where one is set, else the rollout's."""
        own = None if assignment is None else assignment.threshold_s
        return self.switch.threshold_s if own is None or self.switch.threshold_set else own

    def _source(self, mode: Mode) -> str:
        return "mode" if mode is Mode.PARALLEL else self.switch.source

    def features(self, question: Question, slice_: Slice | None) -> Features:
        """What the question looks like."""
        return features(question, slice_)

    def expected(self, question: Question, slice_: Slice | None) -> dict[Stage, float]:
        """How often each stage will do something."""
        analyst = Role.ANALYST in self.roles
        return {
            Stage.LINK: 1.0,
            Stage.ANALYSE: float(analyst and slice_ is not None and not slice_.whole),
            Stage.CONTEXTUALISE: float(analyst and bool(question.conversation)),
            Stage.DRAFT: 1.0,
            Stage.CHECK: 1.0,
            Stage.REVIEW: float(Role.REVIEWER in self.roles),
            Stage.RUN: 1.0,
            Stage.REPAIR: self.latencies.repairs(),
            Stage.NARRATE: float(Role.NARRATOR in self.roles),
        }

    def calls(self, question: Question, slice_: Slice | None) -> list[Role]:
        """Whose calls the sequential path is expected to make, repairs left aside."""
        expected = self.expected(question, slice_)
        return [role for stage, role in _CALLS if expected[stage]]

    def _sequential(self, reason: str, source: str | None = None) -> Decision:
        return Decision(
            Strategy.SEQUENTIAL, None, self.switch.threshold_s, source or self.switch.source, reason
        )
