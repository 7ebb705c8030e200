"""Flags as JSON. Times are ISO 8601, UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from forerun.rollout.flags.editing import AuditLine
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.linting import Finding
from forerun.rollout.flags.source import FileState
from forerun.rollout.flags.telling import Told


class KillJSON(TypedDict):
    where: str
    who: str | None
    why: str | None
    at: str | None


class FlagJSON(TypedDict):
    flag: str
    value: Any
    source: str
    reason: str
    variant: str | None
    version: int | None
    sha: str | None
    owner: str | None
    expires: str | None
    description: str | None
    kill: KillJSON | None
    definition: dict[str, Any] | None


class FlagFileJSON(TypedDict):
    path: str | None
    version: int | None
    sha: str | None
    since: str | None
    problem: str | None
    problem_since: str | None


class FlagChangeJSON(TypedDict):
    what: str | None
    who: str | None
    why: str | None
    at: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    everywhere: bool
    problem: str | None
    kill: KillJSON | None
    file: FlagFileJSON
    unaudited: str | None


class FindingJSON(TypedDict):
    flag: str
    what: str


def flag_to_json(told: Told) -> FlagJSON:
    found = told.evaluation
    return {
        "flag": found.flag,
        "value": found.value,
        "source": found.source.value,
        "reason": found.reason,
        "variant": found.variant,
        "version": found.version,
        "sha": found.sha,
        "owner": told.owner,
        "expires": None if told.expires is None else told.expires.isoformat(),
        "description": told.description,
        "kill": kill_to_json(told.kill),
        "definition": None if told.definition is None else dict(told.definition),
    }


def kill_to_json(kill: Kill | None) -> KillJSON | None:
    if kill is None:
        return None
    return {"where": kill.where, "who": kill.who, "why": kill.why, "at": kill.at}


def file_to_json(state: FileState) -> FlagFileJSON:
    return {
        "path": None if state.path is None else str(state.path),
        "version": state.version,
        "sha": state.sha,
        "since": _time(state.since),
        "problem": state.problem,
        "problem_since": _time(state.problem_since),
    }


def change_to_json(
    line: AuditLine | None, kill: Kill | None, state: FileState, unaudited: str | None
) -> FlagChangeJSON:
    """What was done, if anything was, the kill that is in force now, the file as it is now, and why
    the audit trail does not have it yet."""
    problem = None if line is None else line.problem
    return {
        "what": None if line is None else line.what,
        "who": None if line is None else line.who,
        "why": None if line is None else line.why,
        "at": None if line is None else line.at.isoformat(),
        "before": None if line is None or line.before is None else dict(line.before),
        "after": None if line is None or line.after is None else dict(line.after),
        "everywhere": problem is None,
        "problem": problem,
        "kill": kill_to_json(kill),
        "file": file_to_json(state),
        "unaudited": unaudited,
    }


def findings_to_json(findings: Iterable[Finding]) -> list[FindingJSON]:
    return [{"flag": each.flag, "what": each.what} for each in findings]


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
