"""Flags and experiments of a service, for who may administer it.

What changes something says why. It carries a key of its own, so that it is done once however often
the connection breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from forerun.client.connection import Call, Connection, path
from forerun.domain import new_trace_id

if TYPE_CHECKING:
    from forerun.rollout.experiments.figures import ExperimentDecisionJSON, ResultsJSON
    from forerun.rollout.experiments.shapes import AuditLineJSON, ExperimentJSON
    from forerun.rollout.flags.shapes import FlagChangeJSON, FlagJSON
    from forerun.rollout.shapes import StandingJSON

Verb: TypeAlias = Literal["start", "pause", "resume", "ramp", "promote", "stop", "rollback"]


class Flags:
    """`client.flags`: what goes ahead, and who says so."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def standing(self) -> StandingJSON:
        """Where the rollout stands."""
        return cast("StandingJSON", await self._get("rollout"))

    async def all(self) -> list[FlagJSON]:
        """The rollout first, then the others in the file's order."""
        return cast("list[FlagJSON]", await self._list("flags", "flags"))

    async def read(self, name: str) -> FlagJSON:
        """With its variants and rules. What a change must know of it is `version`."""
        return cast("FlagJSON", await self._get("flags", name))

    async def change(
        self, name: str, why: str, expected_version: int, **given: Any
    ) -> FlagChangeJSON:
        """`given` are fields such as `stage` and `percentage`; what is left out stays.

        Raises `FlagConflict` where the file has another version by now.
        """
        body = {"why": why, "expected_version": expected_version, **given}
        call = Call("PUT", path("flags", name), body=body, key=new_trace_id())
        return cast("FlagChangeJSON", await self._connection.call(call))

    async def kill(self, name: str, why: str) -> FlagChangeJSON:
        """Off for everybody, at once."""
        call = Call("POST", path("flags", name, "kill"), body={"why": why})
        return cast("FlagChangeJSON", await self._connection.call(call))

    async def lift(self, name: str, why: str) -> FlagChangeJSON:
        """Take a kill back."""
        call = Call("DELETE", path("flags", name, "kill"), query={"why": why})
        return cast("FlagChangeJSON", await self._connection.call(call))

    async def audit(self, name: str) -> list[AuditLineJSON]:
        """Who changed it and why, oldest first."""
        return cast("list[AuditLineJSON]", await self._list("lines", "flags", name, "audit"))

    async def _get(self, *steps: str) -> Any:
        return await self._connection.call(Call("GET", path(*steps)))

    async def _list(self, name: str, *steps: str) -> Any:
        return await self._connection.part(Call("GET", path(*steps)), name)


class Experiments:
    """`client.experiments`: planned, looked at, and acted on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, plan: Mapping[str, Any], why: str | None = None) -> ExperimentJSON:
        """A draft by this plan; nothing happens before it is started."""
        body = {**plan, **({} if why is None else {"why": why})}
        call = Call("POST", path("experiments"), body=body, key=new_trace_id())
        return cast("ExperimentJSON", await self._connection.call(call))

    async def all(self, limit: int = 100) -> list[ExperimentJSON]:
        """The latest first."""
        call = Call("GET", path("experiments"), {"limit": limit})
        return cast("list[ExperimentJSON]", await self._connection.part(call, "experiments"))

    async def read(self, id: str) -> ExperimentJSON:  # noqa: A002
        """With its plan. What an act may know of it is `version`."""
        return cast("ExperimentJSON", await self._get(id))

    async def act(self, id: str, verb: Verb, why: str, **given: Any) -> dict[str, Any]:  # noqa: A002
        """Do what `verb` says; the experiment as it is then. `given` may be `expected_version`,
        and for `ramp` a `step`."""
        body = {"why": why, **given}
        call = Call("POST", path("experiments", id, verb), body=body, key=new_trace_id())
        return await self._connection.call(call)

    async def results(self, id: str) -> ResultsJSON:  # noqa: A002
        """Both arms beside each other, since the step began."""
        return cast("ResultsJSON", await self._get(id, "results"))

    async def decision(self, id: str) -> ExperimentDecisionJSON:  # noqa: A002
        """What is to be done by the plan, and why. Nothing is done."""
        return cast("ExperimentDecisionJSON", await self._get(id, "decision"))

    async def audit(self, id: str) -> list[AuditLineJSON]:  # noqa: A002
        """Who did what and why, oldest first."""
        call = Call("GET", path("experiments", id, "audit"))
        return cast("list[AuditLineJSON]", await self._connection.part(call, "lines"))

    async def _get(self, *steps: str) -> Any:
        return await self._connection.call(Call("GET", path("experiments", *steps)))
