"""What the gate says of a statement, as JSON."""

from typing import NotRequired, TypedDict

from forerun.domain import Reason, ReasonCode, Verdict
from forerun.wire.reading import Kept, optional_text, several, text
from forerun.wire.values import JSON

# No postponed annotations here: with them Python 3.11 takes NotRequired for required.


class ReasonJSON(TypedDict):
    code: str
    message: str
    hint: str | None


class VerdictJSON(TypedDict):
    sql: str
    accepted: bool
    reasons: list[ReasonJSON]
    warnings: list[str]
    id: NotRequired[JSON]


def verdict_to_json(sql: str, verdict: Verdict, given_id: JSON = None) -> VerdictJSON:
    """What the gate says of one statement. `given_id` is handed back as `id`."""
    wire: VerdictJSON = {
        "sql": sql,
        "accepted": verdict.accepted,
        "reasons": reasons_to_json(verdict.reasons),
        "warnings": list(verdict.warnings),
    }
    if given_id is not None:
        wire["id"] = given_id
    return wire


def reasons_to_json(reasons: tuple[Reason, ...]) -> list[ReasonJSON]:
    return [
        {"code": reason.code.value, "message": reason.message, "hint": reason.hint}
        for reason in reasons
    ]


def reasons_from_json(document: Kept) -> tuple[Reason, ...]:
    return several(document, _reason)


def _reason(document: Kept) -> Reason:
    code, message, hint = document["code"], document["message"], document["hint"]
    return Reason(ReasonCode(code), text(message), optional_text(hint))
