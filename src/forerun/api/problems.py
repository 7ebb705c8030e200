"""Every error as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from forerun.errors import ForerunError
from forerun.wire.encoding import encoded
from forerun.wire.problems import (
    MEDIA_TYPE,
    ProblemJSON,
    WrongFieldJSON,
    headers_of,
    problem,
    problem_of,
)

_CODES: Mapping[int, str] = {
    400: "invalid_request",
    404: "no_such_route",
    405: "method_not_allowed",
    413: "too_large",
}
_SHAPES = "The shape of the request is in /v1/openapi.json."
_AS_JSON = "Send the header Content-Type: application/json with a JSON object."


def problem_response(wire: ProblemJSON, headers: Mapping[str, str] | None = None) -> Response:
    """The response that tells it, and when to come back."""
    sent = {**(headers or {}), **headers_of(wire)}
    return Response(encoded(wire), wire["status"], sent, MEDIA_TYPE)


async def on_forerun_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ForerunError):
        raise error
    return problem_response(problem_of(error, request.url.path))


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the routing has to say."""
    if not isinstance(error, HTTPException):
        raise error
    status, path = error.status_code, request.url.path
    detail, hint, headers = str(error.detail), None, dict(error.headers or {})
    if status == 400:
        detail, hint = "The body cannot be read as JSON.", "Is it UTF-8, and not nested too deeply?"
    if status == 404:
        detail, hint = f"There is no route {path}.", "The routes are in /v1/openapi.json."
    if status == 405:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
        detail, hint = f"{path} does not take {request.method}.", f"It takes {headers['Allow']}."
    wire = problem(status, _CODES.get(status, "http_error"), detail, hint)
    wire["instance"] = path
    return problem_response(wire, headers)


def _methods_of(request: Request) -> Iterator[str]:
    """All that the path takes: the routing itself knows only those of the first route that has
    it."""
    for path, methods in request.app.openapi()["paths"].items():
        if compile_path(path)[0].match(request.url.path):
            yield from map(str.upper, methods)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Each wrong field by its name; what was sent is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    if any(each["loc"] == ("body",) for each in error.errors()) and not _is_json(request):
        kind = request.headers.get("Content-Type")
        said = f"The body is called {kind}." if kind else "Nothing says of what kind the body is."
        wire = problem(415, "not_json", said, _AS_JSON)
    else:
        fields = [_field(each) for each in error.errors()]
        said = "; ".join(f"{each['field']}: {each['message']}" for each in fields[:5])
        wire = problem(422, "invalid_request", said, _SHAPES)
        wire["fields"] = fields
    wire["instance"] = request.url.path
    return problem_response(wire)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _field(wrong: Mapping[str, Any]) -> WrongFieldJSON:
    place, message = wrong["loc"], str(wrong["msg"])
    if wrong["type"] == "json_invalid":
        message = f"It is no JSON, at sign {place[1] + 1}: {wrong['ctx']['error']}"
    named = [str(part) for part in place[1:] if not isinstance(part, int)] or [str(place[0])]
    return {"field": ".".join(named), "message": message}
