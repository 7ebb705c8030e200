"""Errors as problem details (RFC 9457), and the HTTP status of each."""

import math
from collections.abc import Mapping
from typing import NotRequired, TypedDict

from forerun.errors import (
    BadInput,
    BadPolicy,
    Cancelled,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    ForerunError,
    IdTaken,
    InternalError,
    LimitReached,
    MissingExtra,
    NotFound,
    SQLRefused,
    StatementFailed,
    Unauthenticated,
    Unavailable,
)
from forerun.wire.verdicts import ReasonJSON

# No postponed annotations here: with them Python 3.11 takes NotRequired for required.

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[ForerunError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    IdTaken: 409,
    Conflict: 409,
    SQLRefused: 422,
    MissingExtra: 501,
    BadPolicy: 503,  # the asker can do nothing about it
    BadInput: 400,
    LimitReached: 429,
    Unavailable: 503,
    StatementFailed: 502,
    DeadlineExceeded: 504,
    Cancelled: 409,
    InternalError: 500,
}
_TITLES: Mapping[int, str] = {
    400: "The request cannot be taken as it is",
    401: "Who asks is not known",
    403: "Not allowed",
    404: "Not found",
    405: "Not done here",
    408: "Too slow",
    409: "In conflict with what was done before",
    413: "Too long",
    415: "Not JSON",
    422: "The request cannot be taken as it is",
    429: "Too much",
    500: "A fault of Forerun's own",
    501: "Not installed",
    502: "The database refused",
    503: "Not possible now",
    504: "Took too long",
}


class WrongFieldJSON(TypedDict):
    field: str
    message: str


class ProblemJSON(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None
    instance: NotRequired[str]
    error_id: NotRequired[str]
    retry_after_s: NotRequired[float]
    fields: NotRequired[list[WrongFieldJSON]]
    reasons: NotRequired[list[ReasonJSON]]


def status_of(error: ForerunError) -> int:
    """The HTTP status of an error: that of the nearest class above it which has one."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def problem(status: int, code: str, detail: str, hint: str | None = None) -> ProblemJSON:
    return {
        "type": f"urn:forerun:problem:{code}",
        "title": _TITLES.get(status, "An error"),
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
    }


def problem_of(error: ForerunError, instance: str | None = None) -> ProblemJSON:
    """What is told of an error. Holds what its message and hint hold, and no more."""
    wire = problem(status_of(error), error.code, error.message, error.hint)
    if instance is not None:
        wire["instance"] = instance
    if isinstance(error, InternalError):
        wire["error_id"] = error.id
    if isinstance(error, SQLRefused):
        wire["reasons"] = [
            {"code": reason.code, "message": reason.message, "hint": reason.hint}
            for reason in error.reasons
        ]
    after_s = retry_after_s(error)
    if after_s is not None:
        wire["retry_after_s"] = after_s
    return wire


def headers_of(wire: ProblemJSON) -> dict[str, str]:
    """What the headers of a response tell of it: when to come back, and what to come with."""
    told = {}
    if "retry_after_s" in wire:
        told["Retry-After"] = str(max(1, math.ceil(wire["retry_after_s"])))
    if wire["status"] == 401:
        told["WWW-Authenticate"] = "Bearer"
    return told


def retry_after_s(error: ForerunError) -> float | None:
    """When to come back, in seconds; None where that would not help, or nobody knows."""
    after_s = getattr(error, "retry_after_s", None)
    if isinstance(after_s, (int, float)) and math.isfinite(after_s):
        return max(0.0, round(float(after_s), 3))
    return None
