"""Parallel or sequential: what decides, in order, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from forerun import stages
from forerun.domain import Decision, Mode, Question, Role, Slice, Stage, Strategy
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


@dataclass(frozen=True, slots=True)
class Switch:
    """The plan's two flags, and where the first one's value came from."""

    enabled: bool = False
    threshold_s: float = 30.0
    source: str = "default"


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
        if mode is Mode.SEQUENTIAL:
            return self._sequential("The sequential path was asked for.", "mode")
        if mode is Mode.HYBRID and not self.switch.enabled:
            return self._sequential("ENABLE_PARALLEL is false.")
        source = "mode" if mode is Mode.PARALLEL else self.switch.source
        reason = NO_WRITER if Role.WRITER not in self.roles else None
        reason = reason or self.breakers.refusal() or self.load.full()
        return self._sequential(reason, source) if reason else None

    def decide(
        self, mode: Mode, question: Question, slice_: Slice | None, seen: Features
    ) -> Decision:
        """The decision, and what was predicted; at once and without asking anybody.

        `slice_` is the deterministic slice; None where the catalog was not read yet.
        """
        if refused := self.refusal(mode):
            return refused
        seconds = self.latencies.predict(seen, self.expected(question, slice_)).seconds
        threshold = self.switch.threshold_s
        if mode is Mode.PARALLEL:
            reason = "The parallel path was asked for."
            return Decision(Strategy.PARALLEL, seconds, threshold, "mode", reason)
        above = seconds >= threshold
        comparison = "reaches" if above else "is below"
        return Decision(
            Strategy.PARALLEL if above else Strategy.SEQUENTIAL,
            seconds,
            threshold,
            self.switch.source,
            f"The predicted {seconds:.1f} s of the sequential path {comparison} "
            f"PARALLEL_THRESHOLD, {threshold:g} s.",
        )

    def features(self, question: Question, slice_: Slice | None) -> Features:
        """What the question looks like; some milliseconds, for the parser reads it."""
        joins = stages.joins_of(question, slice_) if slice_ is not None else None
        return features(question, slice_, joins)

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
