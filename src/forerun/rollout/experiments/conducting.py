"""Carries an experiment out: what people do to it, and what it does by itself.

The flags are what takes effect; the experiment says what they are to be. A rollback kills the
parallel path in this process before anything is awaited, then in the flag file, and is written down
last: it needs neither the store nor the statistics.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from forerun.errors import BadInput, FlagConflict, ForerunError, Unavailable
from forerun.rollout.experiments.effecting import By, FlagHand
from forerun.rollout.experiments.flag_trail import FlagTrail
from forerun.rollout.experiments.judging import judged, need_proof, smaller_arm
from forerun.rollout.experiments.lifecycle import (
    Experiment,
    State,
    drafted,
    invalidated,
    paused,
    promoted,
    ramped,
    resumed,
    rolled_back,
    started,
    stopped,
)
from forerun.rollout.experiments.plan import Plan
from forerun.rollout.experiments.records import Pair
from forerun.rollout.experiments.repeating import done_before
from forerun.rollout.experiments.store import (
    SHADOW,
    Act,
    ExperimentStore,
    KeyTaken,
    Seen,
    VersionConflict,
)
from forerun.rollout.experiments.watching import Batch, Watch
from forerun.rollout.flags import ROLLOUT, Editor, Flags, Reach
from forerun.rollout.statistics.actions import Action

if TYPE_CHECKING:  # numpy and scipy are loaded when something is judged
    from forerun.rollout.statistics.decide import Decision

__all__ = ["By", "Conductor"]

Allow: TypeAlias = Callable[[Experiment], Awaitable[None]]
"""Raises where something may not be done to the experiment as it is."""

BY_ITSELF = "the experiment itself"
HASH_VERSION = 1
GOING_PARALLEL = frozenset({"start", "resume", "ramp", "promote"})
"""What would take no effect while the parallel path is killed."""
DAY_S = 86_400.0
LOOK_S = 2.0
"""That a rollback waits for the store to say whether it makes sense."""
QUICK_LOOK_S = 0.08
"""The same where the store is open already, and neither version nor key must be looked up."""


@dataclass
class Conductor:
    """Of all experiments of one store. Errors of all acts: `NotAllowed`, `VersionConflict`,
    `AlreadyRunning`, `UnknownExperiment`, `BadFlags`, `Unavailable`."""

    store: ExperimentStore
    flags: Flags
    editor: Editor
    watch: Watch
    clock: Callable[[], float] = time.time
    token: Callable[[int], str] = secrets.token_hex
    """Of so many bytes: ids and salts."""
    owed: list[tuple[str, str, float]] = field(default_factory=list)
    """Rollbacks that took effect and could not be written down yet: experiment, reason, when."""
    settling_s: float = 0.0
    """Questions are compared once they have been asked so long ago: until then the quicker arm
    would have more of them. As long as a question may take."""
    look_s: float = LOOK_S
    """That a rollback without conditions waits for the store."""
    trouble: ForerunError | None = None
    """What went wrong the last time, if anything did."""
    trail: FlagTrail | None = None
    """Where changes of the flag file are written down. None: nowhere."""

    @property
    def hand(self) -> FlagHand:
        return FlagHand(self.flags, self.editor)

    async def create(self, plan: Plan, by: By) -> Experiment:
        done = await done_before(self.store, by.idempotency_key, "create")
        if done is not None and done.plan == plan:
            return done
        id_, salt = self.token(6), self.token(8)
        experiment = drafted(id_, plan, salt, HASH_VERSION, self.clock())
        return await self.store.create(experiment, self._act(by, "create"))

    async def start(self, id_: str, by: By) -> Experiment:
        """Its first step. One at a time: raises `AlreadyRunning` where another one is."""
        return await self._changed(id_, by, "start", lambda e: started(e, self.clock()))

    async def pause(self, id_: str, by: By) -> Experiment:
        return await self._changed(id_, by, "pause", lambda e: paused(e, by.why))

    async def resume(self, id_: str, by: By) -> Experiment:
        return await self._changed(id_, by, "resume", lambda e: resumed(e, self.clock()))

    async def ramp(self, id_: str, step: int | None, by: By) -> Experiment:
        """To another step, by its index; None: the next one."""

        def go(experiment: Experiment) -> Experiment:
            to = experiment.step + 1 if step is None else step
            return ramped(experiment, to, self.clock())

        after = await self._changed(id_, by, "ramp", go)
        if step is not None and after.step != step:
            raise KeyTaken(
                f"The idempotency key {by.idempotency_key!r} was used before, for step "
                f"{after.step}.",
                "Take a new key for each thing that is to be done, and the old one to repeat it.",
            )
        return after

    async def promote(self, id_: str, by: By) -> Experiment:
        """Everybody but the holdout goes parallel. Raises `NotProven` where the evidence does not
        say so, whoever wants it, and `MissingExtra`."""
        return await self._promoted(id_, by, self._need_proof)

    async def decision(self, id_: str) -> tuple[Experiment, Decision]:
        """What is to be done by the plan; nothing is done. Raises `MissingExtra`."""
        (experiment, seen), unseen = await self.results(id_), await self.unseen(id_)
        return experiment, await anyio.to_thread.run_sync(judged, experiment, seen, unseen)

    async def stop(self, id_: str, by: By) -> Experiment:
        """It ends undecided, and everybody is sequential; a draft is given up."""
        return await self._changed(id_, by, "stop", lambda e: stopped(e, self.clock(), by.why))

    async def roll_back_if_it_can_be(self, id_: str, by: By) -> Reach:
        """The same for people, who may have named the wrong one: after a short look into the store.

        A store that does not answer keeps nobody from it, and holds it up for no longer than it
        must. With an idempotency key that was used before, nothing is done again.
        """
        conditional = by.expected_version is not None or by.idempotency_key is not None
        with suppress(Unavailable), anyio.move_on_after(LOOK_S if conditional else self.look_s):
            done = await done_before(self.store, by.idempotency_key, "roll_back", id_)
            if done is not None:
                return Reach(everywhere=True, problem=None, kill=self.flags.kill_of(ROLLOUT))
            before = await self.store.read(id_)
            _expect(before, by.expected_version)
            if before.state is not State.ROLLED_BACK:  # else once more: the flags may have failed
                rolled_back(before, self.clock(), by.why)
        return await self.roll_back(id_, by)

    async def roll_back(self, id_: str, by: By) -> Reach:
        """Nobody goes parallel any more, whatever else is down; see the module."""
        reach = await self.hand.switch_off(id_, by)
        if self.watch.experiment is not None and self.watch.experiment.id == id_:
            self.watch.experiment = None
        self.owed.append((id_, by.why, self.clock()))
        with suppress(Unavailable):  # written down as soon as the store answers
            await self._settle(by)
        return reach

    async def results(self, id_: str) -> tuple[Experiment, Sequence[Seen]]:
        """The experiment, and what was seen since its step began."""
        experiment = await self.store.read(id_)
        since = experiment.step_since or 0.0
        return experiment, await self.store.seen(id_, since)

    async def unseen(self, id_: str) -> Sequence[Pair]:
        """Questions that both paths answered, one unseen: those of the experiment, and of the stage
        `shadow` not too long before it; with `SHADOW` all of that stage."""
        if id_ == SHADOW:
            return await self.store.pairs(SHADOW)
        experiment = await self.store.read(id_)
        since = experiment.created_at - experiment.plan.shadow_days * DAY_S
        return [*await self.store.pairs(SHADOW, since), *await self.store.pairs(id_)]

    async def run(self, every_s: float = 1.0, judge_every_s: float = 10.0) -> None:
        """Store what is seen, hear of changes by others, and act by itself, until cancelled."""
        judged_at = 0.0
        while True:
            await anyio.sleep(every_s)
            trouble = await self._tried(self.refresh)
            if self.clock() - judged_at >= judge_every_s:
                judged_at = self.clock()
                trouble = await self._tried(self.judge) or trouble
            self.trouble = trouble

    async def _tried(self, work: Callable[[], Awaitable[object]]) -> ForerunError | None:
        """What went wrong. It is tried again: questions go on meanwhile."""
        try:
            await work()
        except ForerunError as failed:
            return failed
        except Exception as failed:  # noqa: BLE001 - else it would end everybody's task group
            return Unavailable(f"Unexpected {type(failed).__name__}: {failed}")
        return None

    async def refresh(self) -> None:
        """Hand what was seen to the store, and hear which experiment runs."""
        await self._settle(By(BY_ITSELF, "It was rolled back while the store was down."))
        if self.trail is not None:
            await self.trail.settle()
        await self.store_seen()
        everything = await self.store.all()
        running = next((each for each in everything if each.state is State.RUNNING), None)
        await self._follow(everything, running)

    async def store_seen(self) -> None:
        """What cannot be stored now is given back, what no store takes is dropped."""
        batches: Sequence[Batch] = self.watch.taken()
        for at, batch in enumerate(batches):
            try:
                await _store(self.store, batch)
            except (Unavailable, anyio.get_cancelled_exc_class()):
                for rest in batches[at:]:
                    self.watch.give_back(rest)
                raise

    async def _follow(self, all_: Sequence[Experiment], running: Experiment | None) -> None:
        """Do here what was decided elsewhere: of the experiment that runs, or that the flag file
        was last set by, be it long ago or on another host."""
        self.watch.experiment = running
        followed = running or next((e for e in all_ if e.salt == self.hand.says("salt")), None)
        if followed is None or self.hand.is_carried_out(followed):
            return
        by = By(BY_ITSELF, followed.reason or f"The experiment {followed.plan.name} wants it.")
        if followed.state is State.ROLLED_BACK:
            await self.hand.switch_off(followed.id, by)
            return
        with suppress(FlagConflict):  # another process of this host was quicker
            await self.hand.carry_out(followed, by)

    async def judge(self) -> Decision | None:
        """Act by what was seen: roll back, go on to the next step, promote, or wait.

        The decision that was acted by; None where no experiment runs.
        """
        known = self.watch.experiment
        if known is None:
            return None
        experiment, everything = await self.results(known.id)
        if experiment.version != known.version:  # what was decided meanwhile is heard of first
            return None
        settled_at = self.clock() - self.settling_s
        seen = [each for each in everything if each.at <= settled_at]
        unseen = await self.unseen(known.id)
        decision = await anyio.to_thread.run_sync(judged, experiment, seen, unseen)
        why = " ".join(decision.reasons)
        by = By(BY_ITSELF, why, experiment.version)
        plan = experiment.plan
        last = experiment.step == len(plan.ramp) - 1
        match decision.action:
            case Action.ROLL_BACK if plan.auto_rollback:
                await self.roll_back(experiment.id, by)
            case Action.INVALID_SRM:
                await self._end(experiment, by, "invalidate", invalidated)
            case Action.PROMOTE if last and plan.auto_promote and not plan.control_only:
                await self._promoted(experiment.id, by)
            case Action.HOLD if decision.held_back is not None:
                pass  # nobody more goes ahead
            case Action.PROMOTE | Action.HOLD if not last and smaller_arm(seen) >= plan.per_step:
                await self.ramp(experiment.id, experiment.step + 1, by)
            case Action.INCONCLUSIVE if last or decision.held_back is not None:
                await self.pause(experiment.id, by)
            case Action.INCONCLUSIVE:
                await self.ramp(experiment.id, experiment.step + 1, by)
        return decision

    async def _promoted(self, id_: str, by: By, allow: Allow | None = None) -> Experiment:
        def go(experiment: Experiment) -> Experiment:
            return promoted(experiment, self.clock(), by.why)

        return await self._changed(id_, by, "promote", go, allow)

    async def _need_proof(self, experiment: Experiment) -> None:
        need_proof(*await self.decision(experiment.id))

    async def _changed(
        self,
        id_: str,
        by: By,
        action: str,
        change: Callable[[Experiment], Experiment],
        allow: Allow | None = None,
    ) -> Experiment:
        """First written down, then carried out; what could not be carried out is taken back."""
        if (done := await done_before(self.store, by.idempotency_key, action, id_)) is not None:
            return done
        kill = self.flags.kill_of(ROLLOUT)
        if kill is not None and action in GOING_PARALLEL:
            raise BadInput(
                f"The parallel path is switched off: {kill.reason}.",
                "Take that back first: forerun flags lift parallel.",
            )
        before = await self.store.read(id_)
        _expect(before, by.expected_version)
        after = change(before)
        if allow is not None:
            await allow(before)
        after = await self.store.save(after, before.version, self._act(by, action))
        try:
            await self.hand.carry_out(after, by)
        except ForerunError as failed:
            await anyio.to_thread.run_sync(self.flags.reload)
            if not (isinstance(failed, FlagConflict) and self.hand.is_carried_out(after)):
                await self._stand_still(after, failed)
                raise  # else a process that follows the experiment was quicker
        self.watch.experiment = after if after.state is State.RUNNING else None
        return after

    async def _stand_still(self, experiment: Experiment, failed: ForerunError) -> None:
        """The flags could not be set, so nobody is where the experiment says they are."""
        if experiment.state is State.RUNNING:
            why = f"The flags could not be set: {failed.message}"
            act = Act(BY_ITSELF, "pause", why, self.clock())
            await self.store.save(paused(experiment, why), experiment.version, act)

    async def _end(
        self,
        experiment: Experiment,
        by: By,
        action: str,
        change: Callable[[Experiment, float, str], Experiment],
    ) -> None:
        await self._changed(experiment.id, by, action, lambda e: change(e, self.clock(), by.why))

    async def _settle(self, by: By) -> None:
        """Write down what has taken effect already."""
        while self.owed:
            id_, why, at = self.owed.pop(0)
            try:
                before = await self.store.read(id_)
                if before.state is not State.ROLLED_BACK:
                    act = Act(by.who, "roll_back", why, at, by.idempotency_key)
                    await self.store.save(rolled_back(before, at, why), before.version, act)
            except VersionConflict:  # somebody else did something at the same time
                self.owed.append((id_, why, at))
            except BaseException as failed:
                if not isinstance(failed, BadInput):  # e.g. only a draft: nothing to write down
                    self.owed.append((id_, why, at))
                raise

    def _act(self, by: By, action: str) -> Act:
        return Act(by.who, action, by.why, self.clock(), by.idempotency_key)


async def _store(store: ExperimentStore, batch: Batch) -> None:
    """Raises `Unavailable`. What no store takes is dropped, as what belongs to no experiment."""
    id_ = batch.experiment
    with suppress(BadInput):
        if batch.exposures:
            await store.add_exposures(id_, batch.exposures)
            await store.add_outcomes(id_, batch.outcomes)
    with suppress(BadInput):
        if batch.pairs:
            await store.add_pairs(id_, batch.pairs)
    for mismatch in batch.mismatches:
        with suppress(BadInput):
            await store.add_mismatch(id_, mismatch)


def _expect(experiment: Experiment, version: int | None) -> None:
    if version is not None and version != experiment.version:
        raise VersionConflict(
            f"The experiment is at version {experiment.version}, not {version}.",
            "Look at it again, then repeat what you wanted.",
        )
