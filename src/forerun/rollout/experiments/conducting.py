"""Carries an experiment out: what people do to it, and what it does by itself.

The flags are what takes effect; the experiment says what they are to be. A rollback kills the
parallel path in this process before anything is awaited, then in the flag file, and is written down
last: it needs neither the store nor the statistics.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from forerun.errors import BadInput, FlagConflict, ForerunError, Unavailable
from forerun.rollout.experiments.judging import judged, smaller_arm
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
)
from forerun.rollout.experiments.plan import Plan
from forerun.rollout.experiments.repeating import done_before
from forerun.rollout.experiments.store import (
    SHADOW,
    Act,
    ExperimentStore,
    Seen,
    VersionConflict,
)
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import ROLLOUT, Change, Editor, Flags, Reach, Stage
from forerun.rollout.statistics.actions import Action

if TYPE_CHECKING:  # numpy and scipy are loaded when something is judged
    from forerun.rollout.statistics.decide import Decision

BY_ITSELF = "the experiment itself"
HASH_VERSION = 1
GOING_PARALLEL = frozenset({"start", "resume", "ramp", "promote"})
"""What would take no effect while the parallel path is killed."""
LOOK_S = 2.0
"""That a rollback waits for the store to say whether it makes sense."""


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, why, and what he had seen before."""

    who: str
    why: str
    expected_version: int | None = None
    """Of the experiment; None: whatever it is."""
    idempotency_key: str | None = None


@dataclass
class Conductor:
    """Of all experiments of one store. Errors of all acts: `NotAllowed`, `VersionConflict`,
    `UnknownExperiment`, `BadFlags`, `Unavailable`."""

    store: ExperimentStore
    flags: Flags
    editor: Editor
    watch: Watch
    clock: Callable[[], float] = time.time
    token: Callable[[int], str] = secrets.token_hex
    """Of so many bytes: ids and salts."""
    owed: list[tuple[str, str, float]] = field(default_factory=list)
    """Rollbacks that took effect and could not be written down yet: experiment, reason, when."""

    async def create(self, plan: Plan, by: By) -> Experiment:
        done = await done_before(self.store, by.idempotency_key, "create")
        if done is not None and done.plan == plan:
            return done
        id_, salt = self.token(6), self.token(8)
        experiment = drafted(id_, plan, salt, HASH_VERSION, self.clock())
        return await self.store.create(experiment, self._act(by, "create"))

    async def start(self, id_: str, by: By) -> Experiment:
        """Its first step. One at a time: two would share each other's units."""
        if (done := await done_before(self.store, by.idempotency_key, "start", id_)) is not None:
            return done
        running = [each for each in await self.store.all() if each.state is State.RUNNING]
        if any(each.id != id_ for each in running):
            raise BadInput(
                f"The experiment {running[0].plan.name} is running; one runs at a time.",
                "Stop it first, or wait for its end.",
            )
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
            raise BadInput(
                f"The idempotency key {by.idempotency_key!r} was used before, for step "
                f"{after.step}.",
                "Take a new key for each thing that is to be done, and the old one to repeat it.",
            )
        return after

    async def promote(self, id_: str, by: By) -> Experiment:
        """Everybody but the holdout goes parallel."""
        return await self._changed(id_, by, "promote", lambda e: promoted(e, self.clock(), by.why))

    async def roll_back_if_it_can_be(self, id_: str, by: By) -> Reach:
        """The same for people, who may have named the wrong one: after a short look into the store.

        A store that does not answer keeps nobody from it. With an idempotency key that was used
        before, nothing is done again.
        """
        with suppress(Unavailable), anyio.move_on_after(LOOK_S):
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
        reach = await self.editor.kill(ROLLOUT, who=by.who, why=by.why)
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

    async def run(self, every_s: float = 1.0, judge_every_s: float = 10.0) -> None:
        """Store what is seen, hear of changes by others, and act by itself, until cancelled."""
        judged_at = 0.0
        while True:
            await anyio.sleep(every_s)
            try:
                await self.refresh()
                if self.clock() - judged_at >= judge_every_s:
                    judged_at = self.clock()
                    await self.judge()
            except ForerunError as failed:  # told, and tried again: questions go on meanwhile
                self.trouble = failed

    trouble: ForerunError | None = None
    """What went wrong the last time, if anything did."""

    async def refresh(self) -> None:
        """Hand what was seen to the store, and hear which experiment runs."""
        await self._settle(By(BY_ITSELF, "It was rolled back while the store was down."))
        for batch in self.watch.taken():
            try:
                await self.store.add_exposures(batch.experiment, batch.exposures)
                await self.store.add_outcomes(batch.experiment, batch.outcomes)
            except Unavailable:
                self.watch.give_back(batch)
                raise
        everything = await self.store.all()
        running = [each for each in everything if each.state is State.RUNNING]
        await self._follow(everything, running[0] if running else None)
        while self.watch.mismatches:
            whose = running[0].id if running else SHADOW
            await self.store.add_mismatch(whose, self.watch.mismatches[0])
            self.watch.mismatches.popleft()
        self.trouble = None

    async def _follow(self, all_: Sequence[Experiment], running: Experiment | None) -> None:
        """Do here what was decided on another host, whose flag file is not ours."""
        known = self.watch.experiment
        ran = next((each for each in all_ if known is not None and each.id == known.id), None)
        self.watch.experiment = running
        followed = running or ran
        if followed is None:
            return
        if followed.state is State.ROLLED_BACK:
            if self.flags.kill_of(ROLLOUT) is None:
                why = followed.reason or "Rolled back."
                self.flags.kill_here(ROLLOUT, who=BY_ITSELF, why=why)
        elif not self._is_carried_out(followed):
            by = By(BY_ITSELF, f"The experiment {followed.plan.name} wants it.")
            with suppress(FlagConflict):  # another process of this host was quicker
                await self._carry_out(followed, by)

    def _is_carried_out(self, experiment: Experiment) -> bool:
        """Whether the flag file says what the experiment wants, or is not to be touched."""
        document, terms = self.flags.in_force(), _terms(experiment)
        killed = self.flags.kill_of(ROLLOUT) is not None
        if experiment.plan.control_only or terms is None or document is None or killed:
            return True
        flag = document.flags.get(ROLLOUT)
        if flag is None:
            return True
        served = flag["variants"][flag["defaultVariant"]]
        salt = flag.get("metadata", {}).get("salt")
        return salt == experiment.salt and all(served.get(k) == v for k, v in terms.items())

    async def judge(self) -> Decision | None:
        """Act by what was seen: roll back, go on to the next step, promote, or wait.

        The decision that was acted by; None where no experiment runs.
        """
        experiment = self.watch.experiment
        if experiment is None:
            return None
        _, seen = await self.results(experiment.id)
        decision = await anyio.to_thread.run_sync(judged, experiment, seen)
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
                await self.promote(experiment.id, by)
            case Action.PROMOTE | Action.HOLD if not last and smaller_arm(seen) >= plan.per_step:
                await self.ramp(experiment.id, experiment.step + 1, by)
            case Action.INCONCLUSIVE if last:
                await self.pause(experiment.id, by)
        return decision

    async def _changed(
        self, id_: str, by: By, action: str, change: Callable[[Experiment], Experiment]
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
        after = await self.store.save(change(before), before.version, self._act(by, action))
        try:
            await self._carry_out(after, by)
        except ForerunError as failed:
            await anyio.to_thread.run_sync(self.flags.reload)
            if not (isinstance(failed, FlagConflict) and self._is_carried_out(after)):
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

    async def _carry_out(self, experiment: Experiment, by: By) -> None:
        """The flags as the experiment wants them; a comparison with itself changes none."""
        if experiment.plan.control_only or self.flags.path is None:
            return
        terms = _terms(experiment)
        state = self.flags.in_force()
        if terms is None or state is None:
            return
        change = Change(
            ROLLOUT,
            terms=terms,
            metadata={"holdout": experiment.plan.holdout},
            salt=experiment.salt,
        )
        await self.editor.set(change, expected_version=state.version, who=by.who, why=by.why)

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
            id_, why, at = self.owed[0]
            before = await self.store.read(id_)
            try:
                if before.state is not State.ROLLED_BACK:
                    act = Act(by.who, "roll_back", why, at, by.idempotency_key)
                    await self.store.save(rolled_back(before, at, why), before.version, act)
            except Unavailable:
                raise
            except ForerunError:  # e.g. only a draft: there is nothing to write down
                self.owed.pop(0)
                raise
            self.owed.pop(0)

    def _act(self, by: By, action: str) -> Act:
        return Act(by.who, action, by.why, self.clock(), by.idempotency_key)


def _expect(experiment: Experiment, version: int | None) -> None:
    if version is not None and version != experiment.version:
        raise VersionConflict(
            f"The experiment is at version {experiment.version}, not {version}.",
            "Look at it again, then repeat what you wanted.",
        )


def _terms(experiment: Experiment) -> dict[str, object] | None:
    """What the flag of the rollout is to say; None where it is to stay as it is."""
    match experiment.state:
        case State.RUNNING:
            return {"stage": Stage.CANARY.value, "percentage": experiment.percentage}
        case State.PAUSED | State.ROLLED_BACK | State.INVALID:
            return {"stage": Stage.OFF.value, "percentage": None}
        case State.PROMOTED:
            return {"stage": Stage.LIVE.value, "percentage": None}
    return None
