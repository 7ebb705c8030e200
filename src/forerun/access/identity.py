"""Who asks, and what for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from forerun.errors import Forbidden

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Scope(StrEnum):
    """What a key may be used for."""

    ASK = "ask"
    """Ask questions, and see one's own."""
    ADMIN = "admin"
    """Change flags and experiments, see everybody's questions and figures."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key or a tenant may use up. None: of a key, what the configuration says; where that
    says nothing either, no limit. Days are those of UTC.
    """

    per_minute: int | None = None
    """Requests."""
    tokens_per_day: int | None = None
    usd_per_day: float | None = None


NO_LIMIT = Allowance()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was found behind a key or a token."""

    id: str
    """The id of a key, `jwt:` and the subject of a token, or `loopback`."""
    tenant: str = "default"
    user: str = ""
    scopes: frozenset[Scope] = frozenset({Scope.ASK})
    databases: frozenset[str] | None = None
    """The names of those that may be asked; None: all."""
    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """What row policies are bound to, e.g. a region."""
    allowance: Allowance = NO_LIMIT

    def require(self, scope: Scope) -> None:
        """Raises `Forbidden` where the scope was not given. `admin` does not stand for `ask`."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This needs the scope {scope.value}, which your key or token does not have.",
                f"Use one that has it, or make one: forerun keys create --scope {scope.value}.",
            )

    def require_database(self, name: str) -> None:
        """Raises `Forbidden` where this database may not be asked, whether or not it exists."""
        if not self.may_ask(name):
            raise Forbidden(
                f"Your key or token is not for the database {name}.",
                "Ask one that it is for, or have it named: forerun keys create --database.",
            )

    def may_ask(self, database: str) -> bool:
        return self.databases is None or database in self.databases


LOOPBACK = Identity("loopback", scopes=frozenset(Scope))
"""Whoever sits at the machine itself: where there are no keys, and the service is on loopback."""
