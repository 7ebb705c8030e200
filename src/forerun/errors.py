"""Failures of our own machinery or of the outside world, one tree.

ForerunError
├── BadInput                  the asker can put it right           (exit status 2)
│   ├── EmptyQuestion
│   ├── BadDatabaseURL
│   ├── DatabaseNotFound      no such file
│   ├── UnreadableFile        a file that is not what its name says
│   ├── BadSetting
│   ├── BadPolicy             what askers may see does not fit what the database holds
│   ├── BadKnowledge          a file of what a team knows that cannot be taken as it is
│   ├── BadFlags              a flag file that cannot be taken as it is
│   ├── FlagConflict          somebody else has changed the flags meanwhile
│   ├── Unauthenticated       no key or token, or none that is good           (401)
│   ├── Forbidden             known, but not allowed to do this               (403)
│   ├── NotFound              nothing of that name that is the asker's        (404)
│   ├── SQLRefused            SQL that somebody gave, by the gate or the database (422)
│   ├── Conflict              does not go with how things stand               (409)
│   ├── IdTaken               the id stands for another question              (409)
│   └── MissingExtra          an optional part is not installed
├── Unavailable               somebody else must put it right      (exit status 1)
│   ├── DatabaseUnreachable
│   ├── DatabaseDenied        wrong password, no permission
│   ├── DatabaseLocked
│   ├── ModelUnreachable      connection failed or was cut
│   ├── ModelDenied           wrong key
│   ├── ModelBusy             rate limit or overload; knows when to come back
│   ├── IdentityUnavailable   who asks cannot be looked up now                (503)
│   ├── ModelReplyBroken      a reply that is no reply: bad JSON, cut short
│   ├── BreakerOpen           not even asked: it failed too often lately
│   ├── EventsMissing         some of a question's events are lost to a follower     (503)
│   ├── Unheard               another process of the service cannot be heard of    (503)
│   ├── ServiceUnreachable    of a client: no connection, or it broke off
│   ├── ServiceReplyBroken    of a client: what answers is no Forerun service
│   └── Overloaded            the service is full; knows when to come back    (503)
│       ├── OutOfReach        could not be answered by its deadline
│       └── Draining          the service is about to stop
├── LimitReached              too much of it; knows when to come back (429, exit status 1)
│   ├── RateLimited           too many questions a minute
│   └── BudgetSpent           the day's tokens or money are used up
├── StatementFailed           the database refused a checked statement; repair reads it
│   └── StatementTimedOut
├── DeadlineExceeded          the question's own deadline passed
├── Cancelled                 somebody who may has cancelled the question
└── InternalError             a fault of our own; its id is in the log

Refused SQL, clarifications and empty results are values, not errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class ForerunError(Exception):
    """What happened and why (`message`), and what to do next (`hint`). Holds no secret."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInput(ForerunError):
    code = "bad_input"


class EmptyQuestion(BadInput):
    code = "empty_question"


class BadDatabaseURL(BadInput):
    code = "bad_database_url"


class DatabaseNotFound(BadInput):
    code = "database_not_found"


class UnreadableFile(BadInput):
    code = "unreadable_file"


class BadSetting(BadInput):
    code = "bad_setting"


class BadPolicy(BadInput):
    """Whoever asks is told no more than that; `detail` is for whoever runs Forerun."""

    code = "bad_policy"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "What you may see of this database cannot be told: its policies do not fit it.",
            "Ask whoever runs Forerun to check them (docs/policies.md).",
        )
        self.detail = detail


class BadKnowledge(BadInput):
    code = "bad_knowledge"


class BadFlags(BadInput):
    code = "bad_flags"


class Conflict(BadInput):
    """What is wanted does not go with how things stand: look again, then decide anew."""

    code = "conflict"


class FlagConflict(Conflict):
    code = "flag_conflict"


class Unauthenticated(BadInput):
    """Says as little as it can: whoever guesses learns nothing from it."""

    code = "unauthenticated"


class Forbidden(BadInput):
    code = "forbidden"


class NotFound(BadInput):
    """Also for what is there, but is another's: nobody learns that it exists."""

    code = "not_found"


class UnknownFlag(BadFlags, NotFound):
    code = "unknown_flag"


@dataclass(frozen=True, slots=True)
class RefusedFor:
    """One reason of `SQLRefused`; its code is stable."""

    code: str
    message: str
    hint: str | None = None


PUT_IT_RIGHT = "Put it right and send it again."


class SQLRefused(BadInput):
    """SQL that somebody has given to be kept does not pass the gate, or the database's planner."""

    code = "sql_refused"

    def __init__(
        self,
        reasons: Sequence[RefusedFor],
        what: str = "The SQL",
        hint: str = PUT_IT_RIGHT,
    ) -> None:
        said = "; ".join(reason.message for reason in reasons)
        super().__init__(f"{what} cannot be run: {said}", hint)
        self.reasons = tuple(reasons)


class IdTaken(BadInput):
    code = "id_taken"


class MissingExtra(BadInput):
    code = "missing_extra"

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs an optional part that is not installed.",
            f"Install it with: pip install 'forerun[{extra}]'",
        )


class Unavailable(ForerunError):
    code = "unavailable"


class EventsMissing(Unavailable):
    """Some that were passed on are not there any more, though later ones are."""

    code = "events_missing"


class DatabaseUnreachable(Unavailable):
    code = "database_unreachable"


class DatabaseDenied(Unavailable):
    code = "database_denied"


class DatabaseLocked(Unavailable):
    code = "database_locked"


class IdentityUnavailable(Unavailable):
    """Nothing is known against who asks: the place where it is known does not answer."""

    code = "identity_unavailable"

    def __init__(self, message: str, hint: str | None = None, retry_after_s: float = 5.0):
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class ModelUnreachable(Unavailable):
    code = "model_unreachable"


class ModelDenied(Unavailable):
    code = "model_denied"


class ModelBusy(Unavailable):
    code = "model_busy"

    def __init__(self, message: str, hint: str | None = None, retry_after_s: float | None = None):
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class ModelReplyBroken(Unavailable):
    code = "model_reply_broken"


class BreakerOpen(Unavailable):
    """The call was not made, because too many before it failed."""

    code = "breaker_open"


class Unheard(Unavailable):
    code = "unheard"

    def __init__(self, message: str, hint: str | None, retry_after_s: float):
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class ServiceUnreachable(Unavailable):
    code = "service_unreachable"


class ServiceReplyBroken(Unavailable):
    code = "service_reply_broken"


class Overloaded(Unavailable):
    code = "overloaded"

    def __init__(self, message: str, hint: str | None, retry_after_s: float):
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class OutOfReach(Overloaded):
    code = "deadline_out_of_reach"


class Draining(Overloaded):
    code = "draining"


class LimitReached(ForerunError):
    code = "limit_reached"

    def __init__(self, message: str, hint: str | None, retry_after_s: float):
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class RateLimited(LimitReached):
    code = "rate_limited"


class BudgetSpent(LimitReached):
    code = "budget_spent"


class StatementFailed(ForerunError):
    code = "statement_failed"


class StatementTimedOut(StatementFailed):
    code = "statement_timed_out"


class DeadlineExceeded(ForerunError):
    code = "deadline_exceeded"


class Cancelled(ForerunError):
    code = "cancelled"


class InternalError(ForerunError):
    """`id` is that of the log line which says what happened; nothing of it is told."""

    code = "internal_error"

    def __init__(self, id_: str):
        super().__init__(
            "Something unexpected went wrong in Forerun.",
            f"Try again; if it happens again, report it with the error id {id_}.",
        )
        self.id = id_
