"""Whose finished questions somebody may look at, and the parameters that say which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Query

from forerun.access import Identity
from forerun.api.identifying import Looker
from forerun.api.shapes import ONE_LINE
from forerun.errors import Forbidden
from forerun.telemetry.store import Databases

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
    database: Databases


async def sight(looker: Looker, database: OneDatabase = None, tenant: OneTenant = None) -> Sight:
    """Raises `Forbidden` for another tenant, and `NotFound` for a database that may not be asked.
    Who may ask some only, and names none, sees all of these."""
    if looker.administers_all:
        return Sight(tenant, database)
    if tenant not in (None, looker.tenant):
        raise Forbidden(
            "The questions of another tenant are not yours to see.",
            "Leave tenant out, or use a key with the scope admin of the tenant default.",
        )
    if database is None:
        return Sight(looker.tenant, looker.databases)
    looker.require_database(database)
    return Sight(looker.tenant, database)


Seen: TypeAlias = Annotated[Sight, Depends(sight)]


def tenant_of(looker: Identity) -> str | None:
    """Whose traces may be opened; None: everybody's."""
    return None if looker.administers_all else looker.tenant
