"""Who asks, and what for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from forerun.errors import Forbidden, NotFound

_NOTHING: Mapping[str, str] = MappingProxyType({})


OPERATOR = "default"
"""The tenant whose admins administer the service. Where there is only one, it is this one."""


class Scope(StrEnum):
    """What a key may be used for."""

    ASK = "ask"
    """Ask questions, and see one's own."""
    ADMIN = "admin"
    """Administer: one's own tenant, or, in the tenant `default`, the whole service: flags and
    experiments, everybody's figures."""


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
    tenant: str = OPERATOR
    user: str = ""
    scopes: frozenset[Scope] = frozenset({Scope.ASK})
    databases: frozenset[str] | None = None
    """The names of those that may be asked; None: all."""
    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """What row policies are bound to, e.g. a region."""
    allowance: Allowance = NO_LIMIT
    is_model: bool = False
    """Whether what is told goes to a model: to a host's, by MCP."""

    def require(self, scope: Scope) -> None:
        """Raises `Forbidden` where the scope was not given. `admin` does not stand for `ask`."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This needs the scope {scope.value}, which your key or token does not have.",
                f"Use one that has it, or make one: forerun keys create --scope {scope.value}.",
            )

    @property
    def administers_all(self) -> bool:
        """Whether it is the whole service that may be administered, and not one tenant."""
        return Scope.ADMIN in self.scopes and self.tenant == OPERATOR

    def require_whole_service(self) -> None:
        """Raises `Forbidden` for who may not administer what all tenants share."""
        self.require(Scope.ADMIN)
        if not self.administers_all:
            raise Forbidden(
                f"This is about all tenants, and your key or token is of the tenant {self.tenant}.",
                f"Use one with the scope admin of the tenant {OPERATOR}.",
            )

    def require_tenant(self, tenant: str) -> None:
        """Raises `Forbidden` for who may not administer that tenant."""
        if tenant != self.tenant:
            self.require_whole_service()
        self.require(Scope.ADMIN)

    def require_database(self, name: str) -> None:
        """Raises `NotFound` where this database may not be asked, whether or not it exists."""
        if not self.may_ask(name):
            raise no_such_database(name)

    def may_ask(self, database: str) -> bool:
        return self.databases is None or database in self.databases


def no_such_database(name: str, known: Iterable[str] = ()) -> NotFound:
    """The same of one that is another's: nobody is told that it is there. `known` are those that
    may be asked."""
    hint = f"There is: {', '.join(known)}." if known else "List them, and take one."
    return NotFound(f"There is no database {name} that you may ask.", hint)


LOOPBACK = Identity("loopback", scopes=frozenset(Scope))
"""Whoever sits at the machine itself: where there are no keys, and the service is on loopback."""
