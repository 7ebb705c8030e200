"""The spans of one trace as one JSON text, and back."""

from __future__ import annotations

import json
from typing import Any

from forerun.telemetry.spans import Event, Kind, Span


def document_of(spans: tuple[Span, ...]) -> str:
    """Lists instead of objects: names would be half of it."""
    return json.dumps([_written(span) for span in spans], separators=(",", ":"), default=str)


def spans_from(document: str) -> tuple[Span, ...]:
    """Raises `ValueError` for a text that `document_of` has not written."""
    try:
        return tuple(map(_read, json.loads(document)))
    except TypeError as broken:
        raise ValueError(str(broken)) from broken


def _written(span: Span) -> list[Any]:
    return [
        span.id, span.parent, span.name, span.kind.value, span.branch, span.start_ms, span.end_ms,
        span.outcome, span.error, int(span.wasted), int(span.critical), span.attributes,
        [[event.name, event.at_ms, event.attributes] for event in span.events],
    ]  # fmt: skip


def _read(parts: list[Any]) -> Span:
    id_, parent, name, kind, *times, outcome, error, wasted, critical, attributes, events = parts
    branch, start_ms, end_ms = times
    return Span(
        id_,
        parent,
        name,
        Kind(kind),
        branch,
        start_ms,
        end_ms,
        outcome,
        error,
        bool(wasted),
        bool(critical),
        attributes,
        tuple(Event(*event) for event in events),
    )
