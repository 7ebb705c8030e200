"""Exposures and outcomes as other systems report them: JSON, a line each or a list.

Times are ISO 8601 with an offset, or left out: then it is the moment in which they are reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from forerun.errors import BadInput
from forerun.rollout.experiments.plan import Arm
from forerun.rollout.experiments.records import Exposure, Outcome, Verdict
from forerun.rollout.experiments.written import parsed

Record = TypeVar("Record")
Choice = TypeVar("Choice", bound=StrEnum)

LONGEST = 200
"""Characters of a name."""
MOST_RECORDS = 1_000_000


def records_of(
    text: str, read: Callable[[Mapping[str, Any], float], Record], now: float
) -> list[Record]:
    """One record a line, empty lines passed over. Raises `BadInput`, naming the line; then nothing
    of it is to be kept."""
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            records.append(read(_object(line), now))
        except (BadInput, ValueError) as wrong:
            said = wrong.message if isinstance(wrong, BadInput) else str(wrong)
            raise BadInput(f"Line {number}: {said}", HINT) from None
    if len(records) > MOST_RECORDS:
        raise BadInput(f"More than {MOST_RECORDS:,} records at once.", "Report them in parts.")
    return records


HINT = "See docs/json.md, What other systems report."


def exposure_of(given: Mapping[str, Any], now: float) -> Exposure:
    """Raises `BadInput`, naming the field."""
    _only(given, ("request", "unit", "arm", "stratum", "at"))
    return Exposure(
        _name(given, "request"),
        _name(given, "unit"),
        _choice(Arm, given, "arm"),
        _name(given, "stratum"),
        _time(given, now),
    )


def outcome_of(given: Mapping[str, Any], now: float) -> Outcome:
    """Raises `BadInput`, naming the field."""
    _only(given, ("request", "seconds", "verdict", "served", "at", "cost_usd"))
    cost = given.get("cost_usd")
    return Outcome(
        _name(given, "request"),
        _number(given, "seconds"),
        _choice(Verdict, given, "verdict"),
        _choice(Arm, given, "served"),
        _time(given, now),
        None if cost is None else _number(given, "cost_usd"),
    )


def _object(line: str) -> Mapping[str, Any]:
    found = parsed(line)
    if not isinstance(found, dict):
        raise BadInput("it is no object.", HINT)
    return found


def _only(given: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(given.keys() - set(known)):
        raise BadInput(f"{', '.join(unknown)} means nothing.", f"Known: {', '.join(known)}.")


def _name(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise BadInput(f"{field} is no text of 1 to {LONGEST} characters.", HINT)
    return value


def _number(given: Mapping[str, Any], field: str) -> float:
    value = given.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{field} is no number.", HINT)
    if not 0 <= value < 1e12 or not math.isfinite(value):
        raise BadInput(f"{field} is no number of 0 or more.", HINT)
    return float(value)


def _choice(choices: type[Choice], given: Mapping[str, Any], field: str) -> Choice:
    try:
        return choices(given.get(field, ""))
    except ValueError:
        raise BadInput(f"{field} is none of {', '.join(choices)}.", HINT) from None


def _time(given: Mapping[str, Any], now: float) -> float:
    if given.get("at") is None:
        return now
    try:
        at = datetime.fromisoformat(given["at"])
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput("at is no time such as 2027-03-31T08:15:00Z.", HINT)
    return at.timestamp()
