"""`/v1/golden-queries/export` and `import`: golden queries as a file that people can go on with."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from forerun import knowledge
from forerun.api.documenting import answers_with, failing_with
from forerun.api.identifying import Served, TenantAdmin
from forerun.api.responses import json_response
from forerun.api.teaching_shapes import GoldenBody, ImportBody, golden_to_json
from forerun.app.serving.teaching import Importing
from forerun.domain import GoldenQuery
from forerun.errors import BadKnowledge
from forerun.wire.teaching import GoldenImportJSON

router = APIRouter(tags=["teaching"])

INTRODUCTION = "Golden queries, accepted by those who review them."
MEDIA_TYPE = "application/yaml"
FILE = "yaml"
"""What errors call it, as the request does."""
OneDatabase = Annotated[
    str | None,
    Query(max_length=200, description="Its name; may be left out where there is only one."),
]
_FILE = {
    "type": "object",
    "properties": {"golden_queries": {"type": "array", "items": {"type": "object"}}},
}
_EXAMPLE = """\
golden_queries:
  - question: "How is business?"
    sql: "SELECT count(*) FROM orders"
"""


@router.get(
    "/v1/golden-queries/export",
    summary="Export golden queries",
    responses={
        200: {
            "description": "All that are accepted, as a knowledge file has them.",
            "content": {MEDIA_TYPE: {"schema": _FILE, "example": _EXAMPLE}},
        },
        **failing_with(400, 404, 422),
    },
    response_class=Response,
    response_model=None,
)
async def export(admin: TenantAdmin, served: Served, database: OneDatabase = None) -> Response:
    """Of one database, the earliest first. Those that are not used, such as one whose table is
    gone, could not be imported: a comment names them."""
    accepted = await served.teaching.accepted(admin, database)
    broken = await served.teaching.faults(admin, accepted)
    queries = [GoldenQuery(e.question, e.sql) for e in accepted if e.id not in broken]
    left_out = [f"Left out: {e.question} {broken[e.id]}" for e in accepted if e.id in broken]
    text = knowledge.write_golden(queries, INTRODUCTION, *left_out)
    return Response(text, media_type=MEDIA_TYPE)


@router.post(
    "/v1/golden-queries/import",
    summary="Import golden queries",
    responses=answers_with(GoldenImportJSON, "What is accepted.", 400, 404, 409, 413, 422),
    response_model=None,
)
async def import_(body: ImportBody, admin: TenantAdmin, served: Served) -> Response:
    """All of the file are accepted, or, where anything is wrong with one, none. Those that are
    accepted already stay as they are; so do those that were rejected, retired or changed here,
    and, without `replace`, others that are accepted for their questions: these are `left_alone`."""
    file = await anyio.to_thread.run_sync(_file_in, body)
    imported = await served.teaching.import_(admin, body.database, file)
    accepted = [golden_to_json(each, None) for each in imported.accepted]
    left = [golden_to_json(each, None) for each in imported.left_alone]
    return json_response({"golden_queries": accepted, "next_cursor": None, "left_alone": left})


def _file_in(body: ImportBody) -> Importing:
    """Raises `BadKnowledge`."""
    queries = knowledge.read_golden(body.yaml, FILE)
    file = Importing(queries, body.why, body.first, body.replace)
    for at, query in enumerate(queries):
        try:
            GoldenBody(database=None, question=query.question, sql=query.sql, why=None)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise BadKnowledge(
                f"{FILE}: {file.place(at)}.{wrong['loc'][0]}: {wrong['msg']}."
            ) from error
    return file
