"""Responses that are JSON already, or become it here and now: nothing is validated on the way."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from forerun.wire.encoding import encoded


def json_response(document: Any, status: int = 200) -> Response:
    """`document` as JSON; bytes are taken for JSON and sent as they are."""
    body = document if isinstance(document, bytes) else encoded(document)
    return Response(body, status, media_type="application/json")
