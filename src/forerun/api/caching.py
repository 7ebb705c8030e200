"""`/v1/cache`: what is kept of answers to be given again."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Query
from starlette.responses import Response

from forerun.api.databases import Name
from forerun.api.documenting import answers_with
from forerun.api.identifying import Admin, Served, TenantAdmin
from forerun.api.responses import json_response
from forerun.app.caching import CacheStatus
from forerun.caching.tally import Tally
from forerun.wire import ShelfJSON, shelves_to_json

router = APIRouter(tags=["cache"])


class CacheJSON(TypedDict):
    memory: list[ShelfJSON]
    shared: list[ShelfJSON]
    tally: dict[str, int]
    evicted: int


class CachesJSON(TypedDict):
    databases: dict[str, CacheJSON]


class DroppedJSON(TypedDict):
    dropped: int


Table = Annotated[
    str | None, Query(max_length=500, description="Only answers that read this table.")
]
Tenant = Annotated[str | None, Query(max_length=200, description="Only this tenant's.")]


@router.get(
    "/v1/cache",
    summary="See what is kept, of every database",
    responses=answers_with(CachesJSON, "By database."),
    response_model=None,
)
async def caches(admin: Admin, served: Served) -> Response:
    """In this process, and in the cache that processes share."""
    seen = served.databases.seen_by(admin)
    statuses = {name: _status(await each.cache_status()) for name, each in seen.items()}
    return json_response({"databases": statuses})


@router.get(
    "/v1/cache/{name}",
    summary="See what is kept of one database",
    responses=answers_with(CacheJSON, "In this process, and shared.", 404, 422),
    response_model=None,
)
async def cache(name: Name, admin: Admin, served: Served) -> Response:
    """Hits, misses and more since the start, too."""
    _, forerun = served.databases.find(name, admin)
    return json_response(_status(await forerun.cache_status()))


@router.delete(
    "/v1/cache/{name}",
    summary="Drop what is kept of one database",
    responses=answers_with(DroppedJSON, "How many entries are gone.", 404, 422),
    response_model=None,
)
async def drop(
    name: Name, admin: TenantAdmin, served: Served, table: Table = None, tenant: Tenant = None
) -> Response:
    """In every process that shares the cache. An admin of a tenant of their own drops that one's
    alone; one of the tenant `default` everybody's, or that of whom `tenant` names."""
    _, forerun = served.databases.find(name, admin)
    if tenant is not None:
        admin.require_tenant(tenant)
    elif not admin.administers_all:
        tenant = admin.tenant
    return json_response({"dropped": await forerun.purge_cache(tenant=tenant, table=table)})


def _status(status: CacheStatus) -> dict[str, Any]:
    return {
        "memory": shelves_to_json(status.memory),
        "shared": shelves_to_json(status.shared),
        "tally": _tally(status.tally),
        "evicted": status.evicted,
    }


def _tally(tally: Tally) -> dict[str, int]:
    """How often, over all that is kept."""
    counted = ("coalesced", "misses", "stale", "unkept", "unshared", "refreshed")
    sums = {name: int(getattr(tally, name).total()) for name in counted}
    return {"hits": tally.hits.total(), **sums, "errors": tally.errors}
