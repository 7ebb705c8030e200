"""Which path a question takes. Asked once for each; wherever anything is unclear: sequential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from forerun.domain import Strategy
from forerun.rollout.flags.buckets import bucket, within
from forerun.rollout.flags.evaluation import Assignment, Evaluation
from forerun.rollout.flags.flags import Flags
from forerun.rollout.flags.overrides import GATE
from forerun.rollout.flags.terms import NOBODY, ROLLOUT, SAMPLED, Context, Source, Stage, Terms


class Rollout:
    """The rollout of the parallel path, as flags have it."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags

    def assign(self, context: Context) -> Assignment:
        """The path of one question: keep it, also for repeats. Never raises; waits no
        longer than `Flags`."""
        decided = self._before_the_file()
        if decided is None:
            decided = self._by_the_file(context)
        threshold_s = self._flags.overrides.threshold_s
        if threshold_s is None:
            return decided
        return replace(decided, threshold_s=threshold_s, threshold_source=Source.ENVIRONMENT)

    def stands(self) -> Evaluation[dict[str, Any]]:
        """How far it is for a question of which nothing is known: `stage`, `percentage`,
        `threshold` (seconds, or None) and, where the file has the last word, `holdout`."""
        decided = self._before_the_file()
        if decided is None:
            nothing: dict[str, Any] = {}
            found = self._flags.from_file(ROLLOUT, nothing, NOBODY)
            if found.source is Source.FILE:
                return replace(found, value=self._value(Terms.of(found.value)))
            decided = self._sequential(found.source, found.reason)
        value = {
            "stage": decided.stage.value,
            "percentage": decided.percentage,
            "threshold": self._flags.overrides.threshold_s,
        }
        about = (decided.variant, decided.version, decided.sha)
        return Evaluation(ROLLOUT, value, decided.source, decided.reason, *about)

    def _value(self, terms: Terms) -> dict[str, Any]:
        threshold_s = self._flags.overrides.threshold_s
        return {
            "stage": terms.stage.value,
            "percentage": terms.percentage,
            "threshold": terms.threshold_s if threshold_s is None else threshold_s,
            "holdout": terms.holdout.percentage,
        }

    def _before_the_file(self) -> Assignment | None:
        """Kills and the gate; None where the file is to decide."""
        if (kill := self._flags.kill_of(ROLLOUT)) is not None:
            return self._sequential(Source.KILL, kill.reason)
        match self._flags.overrides.enabled:
            case None:
                return self._sequential(Source.DEFAULT, f"{GATE} is not set, so it is false")
            case False:
                return self._sequential(Source.ENVIRONMENT, f"{GATE} is false")
            case True if self._flags.path is None:
                reason = f"{GATE} is true, and there is no flag file"
                return Assignment(
                    Strategy.PARALLEL, Stage.COMPLETE, 100.0, None, Source.ENVIRONMENT, reason
                )
        return None

    def _by_the_file(self, context: Context) -> Assignment:
        nothing: dict[str, Any] = {}
        found = self._flags.from_file(ROLLOUT, nothing, context)
        if found.source is not Source.FILE:
            return self._sequential(found.source, found.reason)
        terms = Terms.of(found.value)
        place = _place(terms, context)
        return Assignment(
            place.arm,
            terms.stage,
            terms.percentage,
            place.bucket,
            Source.FILE,
            f"{found.reason}; {place.why}",
            found.version,
            found.sha,
            found.variant,
            place.shadow,
            place.held_out,
            terms.threshold_s,
            Source.FILE if terms.threshold_s is not None else Source.DEFAULT,
            terms.salt,
            terms.hash_version,
        )

    def _sequential(self, source: Source, reason: str) -> Assignment:
        told = self._flags.in_force()
        assignment = Assignment(Strategy.SEQUENTIAL, Stage.OFF, 0.0, None, source, reason)
        return (
            assignment if told is None else replace(assignment, version=told.version, sha=told.sha)
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one unit falls under some terms."""

    arm: Strategy
    bucket: int | None
    why: str
    shadow: bool = False
    held_out: bool = False


def _place(terms: Terms, context: Context) -> _Place:
    unit, holdout = context.unit, terms.holdout
    if terms.treats_all_alike:
        return _Place(_arm_of(terms.stage), None, f"{terms.stage}: all alike")
    if not unit:
        why = f"{terms.stage}, but nobody knows whose question it is: sequential"
        return _Place(Strategy.SEQUENTIAL, None, why)
    if holdout.holds(lasting := holdout.bucket_of(context.lasting or unit)):
        why = f"{terms.stage}: bucket {lasting} is in the holdout of {holdout.percentage:g} %"
        return _Place(Strategy.SEQUENTIAL, lasting, why, held_out=True)
    number = bucket(terms.salt, unit, terms.hash_version)
    if terms.stage not in SAMPLED:
        return _Place(Strategy.PARALLEL, number, f"{terms.stage}: bucket {number} is not held out")
    is_in = within(terms.percentage, number)
    where = "within" if is_in else "outside"
    why = f"{terms.stage}: bucket {number} is {where} {terms.percentage:g} %"
    if terms.stage is Stage.SHADOW:
        return _Place(Strategy.SEQUENTIAL, number, why, shadow=is_in)
    return _Place(Strategy.PARALLEL if is_in else Strategy.SEQUENTIAL, number, why)


def _arm_of(stage: Stage) -> Strategy:
    return Strategy.SEQUENTIAL if stage is Stage.OFF else Strategy.PARALLEL
