"""The header `traceparent` (W3C Trace Context, level 1): the caller's span above ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller's span."""

    trace_id: str
    span_id: str
    is_sampled: bool
    """Whether the caller keeps its trace; where not, neither do we send ours."""


def caller_of(header: str | None) -> Caller | None:
    """None where there is no header, or none that can be taken as it is."""
    match = _FORM.fullmatch((header or "").strip())
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    is_known = version == "00" and more is None
    if version == "ff" or (not is_known and version == "00"):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return Caller(trace_id, span_id, bool(int(flags, 16) & SAMPLED))
