"""The parallel path beside the sequential one, unseen: what it would have said, and how fast.

It runs in the application's own task group, on a budget of its own, and nobody waits for it. It
begins with the asker's run or after it, by chance, so that neither path always has the machine to
itself. What it finds out is compared as the asker would compare it: as results.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import anyio

from forerun.clock import now
from forerun.domain import Answer, Question, Status, new_trace_id
from forerun.errors import ForerunError, Unavailable
from forerun.events import unheard
from forerun.orchestrators import outcomes
from forerun.orchestrators.recording import Recorder
from forerun.orchestrators.tracking import Tracked
from forerun.ports import Rollout, ShadowRun
from forerun.running import same_rows

Background: TypeAlias = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
Run: TypeAlias = Callable[[Question], Awaitable[Answer]]

SHADOW = "shadow"
"""The orchestrator of an answer that there is not."""


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """What shadow runs may take."""

    at_once: int = 4
    """More questions than this are not shadowed."""
    longest_s: float = 120.0
    control_share: float = 0.1
    """Of the shadow runs that are sequential, to learn by how much two equal runs differ."""


@dataclass
class Shadows:
    """The shadow runs of one process."""

    background: Background
    rollout: Rollout
    policy: ShadowPolicy = field(default_factory=ShadowPolicy)
    chance: random.Random = field(default_factory=random.Random)
    under_way: int = 0
    skipped: int = 0
    """Questions that were not shadowed because too many were."""

    def beside(self, question: Question, complexity: str, parallel: Run, sequential: Run) -> Shadow:
        """A shadow of the question; `show` it what the asker was answered."""
        if self.under_way >= self.policy.at_once:
            self.skipped += 1
            return Shadow(None)
        of_control = self.chance.random() < self.policy.control_share
        candidate = sequential if of_control else parallel
        shadow = Shadow(anyio.Event())
        after = self.chance.random() < 0.5

        async def run() -> None:
            try:
                await self._run(shadow, question, complexity, candidate, after, of_control)
            finally:
                self.under_way -= 1

        self.under_way += 1
        with unheard():
            self.background(run)
        return shadow

    async def _run(
        self,
        shadow: Shadow,
        question: Question,
        complexity: str,
        candidate: Run,
        after: bool,
        of_control: bool,
    ) -> None:
        assert shadow.shown is not None  # noqa: S101 - else it would not run
        if after:
            await shadow.shown.wait()
            if shadow.control is None:
                return
        own = replace(question, id=new_trace_id(), deadline=now() + self.policy.longest_s)
        began_at = now()
        found = await Tracked(partial(_whatever_happens, candidate), "", SHADOW)(own)
        seconds = now() - began_at
        await shadow.shown.wait()
        if shadow.control is None:
            return
        difference = differing(shadow.control, found)
        run = ShadowRun(
            question, complexity, shadow.control, found, shadow.seconds, seconds, difference,
            of_control,
        )  # fmt: skip
        self.rollout.shadowed(run)


async def _whatever_happens(candidate: Run, question: Question) -> Answer:
    """Its answer; nothing that it raises may end the task group that it runs in.

    One that takes too long, `Tracked` has fail: it counts like any other.
    """
    try:
        return await candidate(question)
    except ForerunError as error:
        return outcomes.failed(question, error, "", SHADOW)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the candidate's
        unexpected = Unavailable(f"Unexpected {type(error).__name__}: {error}")
        return outcomes.failed(question, unexpected, "", SHADOW)


@dataclass
class Shadow:
    """One shadow run, from the asker's side. Without an event there is none."""

    shown: anyio.Event | None
    control: Answer | None = None
    seconds: float = 0.0

    def show(self, control: Answer | None, seconds: float) -> None:
        """What the asker was answered, after how long; None where that failed."""
        self.control, self.seconds = control, seconds
        if self.shown is not None:
            self.shown.set()


def with_trace(answer: Answer, recorder: Recorder) -> Answer:
    """The answer with what was heard while it was made."""
    trace = recorder.trace()
    return replace(answer, trace=trace, usage=trace.usage)


def differing(control: Answer, candidate: Answer) -> str | None:
    """What differs first, in words; None where an asker would take both for the same.

    Rows are compared in order where the control's SQL orders, else as multisets; floats within
    the last digits; columns by place, not by name. Two questions back are the same whatever
    they say, since models never say the same twice.
    """
    if control.status is not candidate.status:
        why = candidate.failure.message if candidate.failure else ""
        return f"{control.status.value} became {candidate.status.value}. {why}".strip()
    if control.status is not Status.ANSWERED or control.rows is None or candidate.rows is None:
        return None
    if len(control.rows.columns) != len(candidate.rows.columns):
        return f"{len(control.rows.columns)} columns became {len(candidate.rows.columns)}."
    if len(control.rows) != len(candidate.rows):
        return f"{len(control.rows)} rows became {len(candidate.rows)}."
    if not same_rows(control.rows, candidate.rows, control.ordered):
        return "As many rows, with other values."
    return None
