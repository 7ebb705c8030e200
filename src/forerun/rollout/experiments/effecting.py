"""What an experiment wants of the flag file, and how the file is made to say it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from forerun.errors import ForerunError
from forerun.rollout.experiments.lifecycle import Experiment, State
from forerun.rollout.flags import ROLLOUT, Change, Editor, Flags, Reach, Stage
from forerun.rollout.flags.changing import CARRIES_OUT

OFF = {"stage": Stage.OFF.value, "percentage": None}


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, why, and what he had seen before."""

    who: str
    why: str
    expected_version: int | None = None
    """Of the experiment; None: whatever it is."""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class FlagHand:
    """Carries experiments out in one flag file."""

    flags: Flags
    editor: Editor

    async def carry_out(self, experiment: Experiment, by: By) -> None:
        """The flags as the experiment wants them; a comparison with itself changes none.

        Raises `FlagConflict`, `BadFlags` and `Unavailable`.
        """
        if experiment.plan.control_only or self.flags.path is None:
            return
        if experiment.state is State.STOPPED and experiment.started_at is None:
            return
        terms, state = terms_of(experiment), self.flags.in_force()
        if terms is None or state is None:
            return
        holdout = experiment.plan.holdout
        metadata: dict[str, Any] = {} if holdout is None else {"holdout": holdout}
        change = Change(
            ROLLOUT,
            terms=terms,
            metadata=metadata,
            salt=experiment.salt,
            carries_out=_mark(experiment.id, experiment.state),
        )
        await self.editor.set(change, expected_version=state.version, who=by.who, why=by.why)

    def is_carried_out(self, experiment: Experiment) -> bool:
        """Whether the flag file says what the experiment wants, or is not to be touched.

        Once it is over and the file has heard of it, what people write there is theirs.
        """
        terms, state = terms_of(experiment), experiment.state
        killed = self.flags.kill_of(ROLLOUT) is not None
        if experiment.plan.control_only or terms is None or self.says("stage") is None:
            return True
        if state.is_final and self.says(CARRIES_OUT) == _mark(experiment.id, state):
            return True
        if state is State.ROLLED_BACK:
            return False
        if killed or (state.is_final and self.says("stage") != Stage.CANARY):
            return True
        same = all(self.says(name) == value for name, value in terms.items())
        return same and self.says("salt") == experiment.salt

    async def switch_off(self, id_: str, by: By) -> Reach:
        """Killed, and off: whoever takes the kill back finds nobody going parallel.

        It is the experiment called `id_` that is rolled back.
        """
        reach = await self.editor.kill(ROLLOUT, who=by.who, why=by.why)
        await anyio.to_thread.run_sync(self.flags.reload)
        document = self.flags.in_force()
        if document is not None and ROLLOUT in document.flags:
            mark = _mark(id_, State.ROLLED_BACK)
            change = Change(ROLLOUT, terms=OFF, carries_out=mark)
            with suppress(ForerunError):  # the kill holds without it
                await self.editor.set(
                    change, expected_version=document.version, who=by.who, why=by.why
                )
        return reach

    def says(self, name: str) -> object:
        """The salt of the rollout's flag, the experiment that it carries out, or one of the terms
        for whom no rule catches."""
        document = self.flags.in_force()
        flag = None if document is None else document.flags.get(ROLLOUT)
        if flag is None:
            return None
        if name in ("salt", CARRIES_OUT):
            return flag["metadata"].get(name)
        return flag["variants"][flag["defaultVariant"]].get(name)


def _mark(id_: str, state: State) -> str:
    return f"{id_} {state.value}"


def terms_of(experiment: Experiment) -> dict[str, object] | None:
    """What the flag of the rollout is to say; None where it is to stay as it is."""
    match experiment.state:
        case State.RUNNING:
            return {"stage": Stage.CANARY.value, "percentage": experiment.percentage}
        case State.PAUSED | State.ROLLED_BACK | State.STOPPED | State.INVALID:
            return {"stage": Stage.OFF.value, "percentage": None}
        case State.PROMOTED:
            return {"stage": Stage.LIVE.value, "percentage": None}
    return None
