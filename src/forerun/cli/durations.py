"""Spans of time as people write them: `90m`, `12h`, `30d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from forerun.errors import BadInput

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d+)?)([smhdw])")


def seconds(text: str, option: str) -> float:
    """Raises `BadInput` for anything but a number above 0 with its unit."""
    form = _FORM.fullmatch(text.strip().lower())
    if form is None or float(form[1]) <= 0:
        raise BadInput(f"{option} is {text!r}.", "Write it as 90m, 12h, 30d or 4w.")
    return float(form[1]) * _SECONDS[form[2]]


def moment(text: str, option: str, now: float) -> float:
    """So long ago, or a day or time in UTC (`2026-11-27`, `2026-11-27T08:00`); seconds since
    1970. Raises `BadInput`."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return now - seconds(text, option)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
