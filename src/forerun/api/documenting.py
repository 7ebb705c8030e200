"""What the OpenAPI document says of responses, in a few words at each route."""

from __future__ import annotations

from typing import Any

from forerun.wire.problems import MEDIA_TYPE

PROBLEM = {"$ref": "#/components/schemas/ProblemJSON"}
_ERRORS: dict[int, str] = {
    400: "The request cannot be taken as it is.",
    401: "No key or token, or none that is good.",
    403: "Not allowed with this key or token.",
    404: "Nothing of that name that is yours.",
    408: "The body did not come in time.",
    409: "In conflict with how things stand: an id that is taken, another version, another state.",
    413: "The body is too long.",
    415: "The body is not called JSON.",
    422: "The request is not of the right shape.",
    429: "A rate or a budget is used up; `Retry-After` says when to come back.",
    500: "A fault of Forerun's own; its id is in the log.",
    501: "Something that this needs is not installed; the hint says how to.",
    503: "Full, about to stop, or something needed does not answer; see `Retry-After`.",
}
_EVERYWHERE = (401, 403, 429, 500, 503)


def answers_with(
    shape: type, description: str, *errors: int, example: Any = None, status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that gives one object of that shape, and these errors."""
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}
    if example is not None:
        content["example"] = example
    responses = failing_with(*errors)
    responses[status] = {"description": description, "content": {"application/json": content}}
    return responses


def failing_with(*errors: int) -> dict[int | str, dict[str, Any]]:
    """The errors that every route may give, and these; whose body may be too long, may be late, or
    not called JSON."""
    if 413 in errors:
        errors = (*errors, 408, 415)
    return {
        status: {
            "description": _ERRORS[status],
            "content": {MEDIA_TYPE: {"schema": PROBLEM}},
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in sorted({*_EVERYWHERE, *errors})
    }


_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
}
