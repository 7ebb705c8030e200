"""Every failure of a model call, as one of ours. No key and no address with a password gets in."""

from __future__ import annotations

import re

import httpx2
from pydantic_ai import exceptions as theirs

from forerun.errors import (
    BadSetting,
    ForerunError,
    ModelBusy,
    ModelDenied,
    ModelReplyBroken,
    ModelUnreachable,
)

FOREIGN = (theirs.AgentRunError, theirs.UserError, httpx2.HTTPError, httpx2.StreamError)
"""What a call may raise."""

_SECRET = re.compile(
    r"(?i)\b(?:sk|pk|gsk|xai|key|token|bearer)[-_ :=]+[\w.*-]{6,}|(?<=//)[^/\s@]+@"
)


def as_ours(error: Exception, model: str, key: str | None = None) -> ForerunError:
    """What happened, why, and what to do next; `model` is the name to show."""
    words = _words(error, key)
    if isinstance(error, theirs.ModelRequestRejectedError):
        return _rejected(error, model, words)
    if isinstance(error, theirs.ModelAPIError):
        return _failed(error, model, words)
    if isinstance(error, httpx2.HTTPError | httpx2.StreamError):
        return _unreachable(model, words)
    if isinstance(error, theirs.UserError):
        return BadSetting(f"The model {model} cannot be used so: {words}")
    return ModelReplyBroken(
        f"The model {model} sent something that is no answer: {words}",
        "Ask again, or use another model.",
    )


def _rejected(error: theirs.ModelRequestRejectedError, model: str, words: str) -> ForerunError:
    """Failures that asking again does not mend."""
    if isinstance(error, theirs.ModelAuthenticationError):
        return ModelDenied(
            f"The provider of {model} did not accept the key.",
            "Check the key of this provider and what it may use.",
        )
    if isinstance(error, theirs.ModelNotFoundError):
        return BadSetting(
            f"The provider knows no model {model}, or nothing answers at its address.",
            "Check the model's name and the base URL.",
        )
    if isinstance(error, theirs.ModelContextWindowExceededError):
        return BadSetting(
            f"The prompt is longer than {model} can take.",
            "Use a model with a larger context window, or fewer tables.",
        )
    return BadSetting(f"The provider of {model} rejected the request: {words}")


def _failed(error: theirs.ModelAPIError, model: str, words: str) -> ForerunError:
    match error:
        case theirs.ModelQuotaExceededError():
            return ModelDenied(
                f"The account that pays for {model} is used up.", "Top it up, or use another model."
            )
        case theirs.ModelRateLimitError() | theirs.ModelUnavailableError():
            when = "a while" if error.retry_after is None else f"{error.retry_after:g} s"
            return ModelBusy(
                f"The provider of {model} is busy: {words}",
                f"Ask again in {when}.",
                retry_after_s=error.retry_after,
            )
        case theirs.ModelRequestTimeout():
            return _unreachable(model, f"no first token within {error.timeout:g} s")
        case theirs.ModelConnectionError() | theirs.ModelServerError() | theirs.ModelHTTPError():
            return _unreachable(model, words)
        case _:
            return ModelReplyBroken(
                f"The reply of {model} cannot be read: {words}",
                "Ask again, or use another model.",
            )


def _unreachable(model: str, why: str) -> ModelUnreachable:
    return ModelUnreachable(
        f"The model {model} could not be reached: {why}",
        "Check the network and the base URL, then ask again.",
    )


def _words(error: Exception, key: str | None) -> str:
    """The first line of the provider's own words, without anything that looks like a secret."""
    body = getattr(error, "body", None)
    stated = body.get("message") if isinstance(body, dict) else None
    text = stated if isinstance(stated, str) else str(error)
    line = next(iter(text.strip().splitlines()), type(error).__name__)
    if key:
        line = line.replace(key, "…")
    return _SECRET.sub("…", line)[:300]
