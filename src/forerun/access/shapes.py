"""Keys and lines of the audit log as JSON."""

from __future__ import annotations

from typing import Any, TypedDict

from forerun.access.audit.trail import Line, Standing
from forerun.access.keys import Key
from forerun.wire.moments import when, when_or_none


class KeyJSON(TypedDict):
    """docs/json.md says what each field means."""

    id: str
    name: str
    tenant: str
    user: str
    scopes: list[str]
    databases: list[str] | None
    attributes: dict[str, str]
    per_minute: int | None
    tokens_per_day: int | None
    usd_per_day: float | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class LineJSON(TypedDict):
    number: int
    at: str
    kind: str
    tenant: str
    body: dict[str, Any]
    hash: str


class StandingJSON(TypedDict):
    holds: bool
    broken_at: int | None
    lines: int
    first: int | None
    last: int | None
    last_hash: str | None


def key_to_json(key: Key) -> KeyJSON:
    grant, allowance = key.grant, key.grant.allowance
    return {
        "id": key.id,
        "name": grant.name,
        "tenant": grant.tenant,
        "user": grant.user,
        "scopes": sorted(scope.value for scope in grant.scopes),
        "databases": None if grant.databases is None else sorted(grant.databases),
        "attributes": dict(grant.attributes),
        "per_minute": allowance.per_minute,
        "tokens_per_day": allowance.tokens_per_day,
        "usd_per_day": allowance.usd_per_day,
        "created_at": when(key.created_at),
        "expires_at": when_or_none(key.expires_at),
        "revoked_at": when_or_none(key.revoked_at),
    }


def line_to_json(line: Line) -> LineJSON:
    entry = line.entry
    return {
        "number": line.number,
        "at": when(entry.at),
        "kind": str(entry.kind),
        "tenant": entry.tenant,
        "body": line.body,
        "hash": line.hash,
    }


def standing_to_json(standing: Standing) -> StandingJSON:
    return {
        "holds": standing.broken_at is None,
        "broken_at": standing.broken_at,
        "lines": standing.lines,
        "first": standing.first,
        "last": standing.last,
        "last_hash": standing.last_hash,
    }
