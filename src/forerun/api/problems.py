"""Every error as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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

_CODES: Mapping[int, str] = {404: "no_such_route", 405: "method_not_allowed", 413: "too_large"}
_HINTS: Mapping[int, str] = {
    404: "The routes are in /v1/openapi.json.",
    405: "The Allow header has the methods that this route takes.",
}


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
    status = error.status_code
    wire = problem(status, _CODES.get(status, "http_error"), str(error.detail), _HINTS.get(status))
    wire["instance"] = request.url.path
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
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
    fields = [_field(each["loc"], str(each["msg"])) for each in error.errors()]
    said = "; ".join(f"{each['field']}: {each['message']}" for each in fields[:5])
    wire = problem(422, "invalid_request", said, "The shape of the request is in /v1/openapi.json.")
    wire["instance"] = request.url.path
    wire["fields"] = fields
    return problem_response(wire)


def _field(place: tuple[int | str, ...], message: str) -> WrongFieldJSON:
    named = [str(part) for part in place[1:] if not isinstance(part, int)] or [str(place[0])]
    return {"field": ".".join(named), "message": message}
