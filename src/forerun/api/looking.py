"""Whose finished questions somebody may look at, and the parameters that say which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Query

from forerun.access import Identity
from forerun.api.identifying import Looker
from forerun.api.shapes import ONE_LINE
from forerun.errors import BadInput, Forbidden

LONGEST_WINDOW_S = 366 * 86_400.0

WindowS: TypeAlias = Annotated[
    float,
    Query(
        gt=0,
        le=LONGEST_WINDOW_S,
        allow_inf_nan=False,
        description="How far to look back, in seconds.",
    ),
]
OneDatabase: TypeAlias = Annotated[
    str | None, Query(max_length=200, pattern=ONE_LINE, description="Only of this database.")
]
OneTenant: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=ONE_LINE,
        description="Only of this tenant. Unset: yours; for admins of the whole service, all.",
    ),
]


@dataclass(frozen=True, slots=True)
class Sight:
    """What may be seen. None: everything."""

    tenant: str | None
    database: str | None


async def sight(looker: Looker, database: OneDatabase = None, tenant: OneTenant = None) -> Sight:
    """Raises `Forbidden` for another tenant or database, and `BadInput` where one of several
    databases must be named."""
    if looker.administers_all:
        return Sight(tenant, database)
    if tenant not in (None, looker.tenant):
        raise Forbidden(
            "The questions of another tenant are not yours to see.",
            "Leave tenant out, or use a key with the scope admin of the tenant default.",
        )
    if database is not None:
        looker.require_database(database)
    elif looker.databases is not None:
        database = _only_one(looker.databases)
    return Sight(looker.tenant, database)


Seen: TypeAlias = Annotated[Sight, Depends(sight)]


def tenant_of(looker: Identity) -> str | None:
    """Whose traces may be opened; None: everybody's."""
    return None if looker.administers_all else looker.tenant


def _only_one(databases: frozenset[str]) -> str:
    if len(databases) == 1:
        return next(iter(databases))
    raise BadInput(
        "Your key or token is for some databases only.",
        f"Name one as database: {', '.join(sorted(databases)) or 'it is for none'}.",
    )
