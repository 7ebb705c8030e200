"""One call of a tool, the tools themselves, and what comes of a call."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import mcp_types as types
from mcp.server.context import ServerRequestContext
from pydantic import BaseModel, ValidationError

from forerun.access import Identity
from forerun.access.audit.records import Act
from forerun.app import Forerun
from forerun.app.serving import Asked, Deployment, Owner, owner_of
from forerun.app.serving.databases import Databases
from forerun.domain import Asker
from forerun.mcp.failing import bad_arguments
from forerun.wire.schemas import schema_of

Context: TypeAlias = ServerRequestContext[Any, Any]
Outcome: TypeAlias = types.CallToolResult | types.InputRequiredResult
Arguments = TypeVar("Arguments", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Seen:
    """A database as the caller sees it. Nothing here asks it in any other way."""

    name: str
    forerun: Forerun
    asker: Asker
    warnings: tuple[str, ...]
    """What is out of sight for want of an attribute."""


def seen(databases: Databases, name: str | None, identity: Identity) -> Seen:
    """Raises as `Databases.find`."""
    found, forerun = databases.find(name, identity)
    asker = databases.asker(found, identity)
    return Seen(found, forerun, asker, databases.out_of_sight(found, identity, asker))


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, of what, and over which connection."""

    deployment: Deployment
    identity: Identity
    context: Context
    params: types.CallToolRequestParams

    @property
    def owner(self) -> Owner:
        return owner_of(self.identity)

    def database(self, name: str | None) -> Seen:
        """The database of that name, or the only one; raises as `Databases.find`."""
        return seen(self.deployment.databases, name, self.identity)

    @property
    def database_named(self) -> str:
        """Of arguments that are not known to be any good."""
        named = (self.params.arguments or {}).get("database")
        return named[:200] if isinstance(named, str) else ""


TurnedAway: TypeAlias = Callable[[Call], AbstractContextManager[object]]
"""While it lasts, a call that is turned away is written down with the reason."""


def as_question(operation: str) -> TurnedAway:
    return lambda call: call.deployment.accounts.turning_away(
        Asked("", call.database_named), call.identity, operation
    )


def as_act(name: str) -> TurnedAway:
    return lambda call: call.deployment.accounts.failing(
        call.identity, Act(name, None, call.database_named)
    )


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments]):
    """What a host sees of a tool, and what runs it. No tool changes anything."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    output: type
    """A TypedDict: the shape of its structured result."""
    run: Callable[[Call, Arguments], Awaitable[Outcome]]
    same_again: bool = True
    """False where calling it once more may go on from the call before."""
    turned_away: TurnedAway | None = None
    """As what a call with arguments that it cannot take is written down; one that it can take is
    counted and written down where it runs. Calls of tools without it are only counted."""

    def described(self) -> types.Tool:
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.arguments.model_json_schema(),
            output_schema=schema_of(self.output),
            annotations=types.ToolAnnotations(
                title=self.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=self.same_again,
                open_world_hint=False,
            ),
        )

    async def __call__(self, call: Call) -> Outcome:
        """Raises `BadInput` for arguments that it cannot take, and before that `LimitReached`: such
        calls count like others."""
        try:
            given = self.arguments.model_validate(call.params.arguments or {})
        except ValidationError as error:
            refusal = bad_arguments(self.name, error)
            if self.turned_away is None:
                raise refusal from None
            with self.turned_away(call):
                await call.deployment.access.gatekeeper.admit(call.identity)
                raise refusal from None
        return await self.run(call, given)


def told(text: str, structured: Mapping[str, Any], *, failed: bool = False) -> types.CallToolResult:
    """A result as text for a model, and as what a program reads."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content=structured,
        is_error=failed,
    )


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
