"""`/v1/databases`: what may be asked, and what is in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from forerun.access.audit.records import Act
from forerun.api.documenting import answers_with
from forerun.api.identifying import Asker, Served
from forerun.api.responses import json_response
from forerun.wire import CatalogJSON, catalog_to_json
from forerun.wire.service import DatabasesJSON

router = APIRouter(tags=["databases"])

Name = Annotated[str, Path(max_length=200, description="The database's name.")]


@router.get(
    "/v1/databases",
    summary="List the databases that you may ask",
    responses=answers_with(DatabasesJSON, "Their names, in the order of the configuration."),
    response_model=None,
)
async def databases(asker: Asker, served: Served) -> Response:
    """Where they are is not told."""
    seen = served.databases.seen_by(asker)
    listed = [{"name": name, "dialect": each.dialect} for name, each in seen.items()]
    return json_response({"databases": listed})


@router.get(
    "/v1/databases/{name}/schema",
    summary="See tables, columns and keys",
    responses=answers_with(CatalogJSON, "The catalog, without stored values.", 404, 422),
    response_model=None,
)
async def schema(name: Name, asker: Asker, served: Served) -> Response:
    """The same object as `forerun schema --json`, of what you may see, and by your name for it."""
    with served.accounts.acting(asker, Act("schema_read", None, name)):
        found, forerun = served.databases.find(name, asker)
        seen = await forerun.catalog(asker=served.databases.asker(found, asker))
    return json_response({**catalog_to_json(seen), "database": found})
