"""What goes wrong with a service elsewhere, as errors of our own tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx2

from forerun import errors
from forerun.errors import ForerunError, ServiceReplyBroken, ServiceUnreachable
from forerun.wire.reading import Kept, optional_number, optional_text, taken, text

FOREIGN = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)
_CHECK_ADDRESS = "Check the address, and that `forerun serve` runs there."
_AGAIN = "Ask again; what was asked goes on for a few seconds and is then cancelled."
_RETRIED = frozenset({429, 502, 503, 504})
"""What whoever stands between us and the service says where it does not reach it."""
_LIKE: Mapping[object, type[ForerunError]] = {
    400: errors.BadInput,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.BadInput,
    413: errors.BadInput,
    422: errors.BadInput,
    429: errors.LimitReached,
    503: errors.Unavailable,
}
"""What an error is like whose code is not known here."""


def unreachable(error: Exception, url: str) -> ForerunError:
    """Why the service did not answer, or broke off."""
    why, hint = _why(error)
    return ServiceUnreachable(f"The service at {url} {why}.", hint)


def _why(error: Exception) -> tuple[str, str]:
    match error:
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return "was not reached in time", _CHECK_ADDRESS
        case httpx2.TimeoutException():
            return "has said nothing for too long", _AGAIN
        case httpx2.ConnectError() | httpx2.ProxyError():
            return f"cannot be reached: {_words(error)}", _CHECK_ADDRESS
        case httpx2.RemoteProtocolError() | httpx2.DecodingError():
            return f"broke off, or speaks no HTTP: {_words(error)}", _CHECK_ADDRESS
    return f"broke off: {_words(error)}", _AGAIN


def _words(error: Exception) -> str:
    return (str(error).strip().rstrip(".") or type(error).__name__)[:200]


def broke_off(url: str) -> ForerunError:
    return ServiceUnreachable(f"The service at {url} stopped before it had answered.", _AGAIN)


def no_service(url: str, what: str) -> ForerunError:
    """What came is nothing that Forerun says."""
    return ServiceReplyBroken(
        f"What answers at {url} is no Forerun service, or of another version: {what}.",
        "Check the address. A proxy in between may answer in its place; where it does not, "
        "see that both have the same version of Forerun.",
    )


def refusal_without_words(url: str, status: int, media_type: str) -> ForerunError:
    """An error status without problem details: not from a Forerun."""
    said = f"status {status}, {media_type or 'of no type'}"
    if status in _RETRIED:
        return ServiceUnreachable(
            f"Something before the service at {url} answers in its place: {said}.", _CHECK_ADDRESS
        )
    return no_service(url, said)


def error_from_problem(document: object) -> ForerunError:
    """The error that the service tells. Raises ValueError where that is none."""
    return taken(document, _error)


def _error(problem: Kept) -> ForerunError:
    """Its class is found by its code, or else by its status; its words are the service's own, so
    that constructors which have words of theirs are passed by."""
    code = text(problem["code"])
    like = _LIKE.get(problem.get("status"), ForerunError)
    kind = next((kind for kind in _kinds() if kind.code == code), like)
    error = kind.__new__(kind)
    ForerunError.__init__(error, text(problem["detail"]), optional_text(problem["hint"]))
    vars(error).update(
        code=code,
        retry_after_s=optional_number(problem.get("retry_after_s")),
        id=optional_text(problem.get("error_id")),
    )
    return error


def _kinds() -> Iterator[type[ForerunError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ForerunError):
            yield kind
