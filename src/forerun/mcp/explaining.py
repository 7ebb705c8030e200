"""`explain_answer`: how an answer came about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from forerun.app.serving.asked import question_id
from forerun.app.serving.store import KeptAnswer
from forerun.domain import Stage, Status
from forerun.errors import Forbidden, ForerunError
from forerun.mcp.arguments import ExplainArguments
from forerun.mcp.calls import Call, Outcome, Tool, told
from forerun.wire import (
    CacheUseJSON,
    DecisionJSON,
    FallbackJSON,
    SpeculationJSON,
    TimingsJSON,
    UsageJSON,
)


class AccountJSON(TypedDict):
    id: str
    database: str
    question: str
    status: str
    sql: str | None
    reads: list[str] | None
    """Tables that the SQL reads; None where it cannot be told now."""
    reading: str | None
    standalone: str | None
    confidence: float | None
    orchestrator: str | None
    decision: DecisionJSON | None
    fallback: FallbackJSON
    speculation: list[SpeculationJSON]
    cache: CacheUseJSON
    timings: TimingsJSON
    usage: UsageJSON
    warnings: list[str]


async def explain_answer(call: Call, given: ExplainArguments) -> Outcome:
    """Only the caller's own. Raises `NotFound` or `Forbidden`."""
    id_ = question_id(given.id)
    kept = await call.deployment.kept_answer(call.owner, id_)
    answer: dict[str, Any] = json.loads(kept.wire)
    if await _hangs_on_unsent(call, kept, answer):
        raise Forbidden(
            f"How {id_} came about may tell of values that no model may be sent.",
            "Whoever has asked it sees it where it was asked.",
        )
    known = {name: answer[name] for name in AccountJSON.__annotations__ if name in answer}
    account = {
        "id": id_,
        "database": kept.database,
        **known,
        "reads": await _reads(call, kept.database, answer["sql"]),
    }
    return told("\n".join(_in_words(account)), account)


async def _hangs_on_unsent(call: Call, kept: KeptAnswer, answer: Mapping[str, Any]) -> bool:
    """A person's answer may be of queries that are not run for a host: whether one failed, and what
    took its place, tells of the values that they touch. So may what cannot be checked now: queries
    that were given up before they ran, and databases that do not answer.

    For a host such queries never ran; that they were refused tells of no values."""
    try:
        seen = call.database(kept.database)
        catalog = await seen.forerun.catalog(asker=seen.asker)
        if not any(column.untouched for table in catalog.tables for column in table.columns):
            return False
        if not (kept.of_a_model or _is_plain(answer)):
            return True
        for sql in _queries(answer):
            verdict = await seen.forerun.check(sql, asker=seen.asker)
            if verdict.touches_unsent or verdict.statement is None:
                return True
    except ForerunError:
        return True
    return False


def _queries(answer: Mapping[str, Any]) -> set[str]:
    statements = {each["sql"] for each in answer["timings"]["statements"]}
    return statements if answer["sql"] is None else {answer["sql"], *statements}


def _is_plain(answer: Mapping[str, Any]) -> bool:
    """Whether all queries that were thought of are among those it tells of."""
    if answer["sql"] is None and answer["status"] != Status.CLARIFY:
        return False
    stages = answer["timings"]["stages"]
    return not any(
        stage["name"] == Stage.REPAIR or (stage["name"] == Stage.CHECK and stage["outcome"] != "ok")
        for stage in stages
    )


async def _reads(call: Call, database: str, sql: str | None) -> list[str] | None:
    if sql is None:
        return []
    try:
        seen = call.database(database)
        verdict = await seen.forerun.check(sql, asker=seen.asker)
    except ForerunError:  # the rest of the account stands without it
        return None
    return None if verdict.statement is None else sorted(verdict.statement.tables)


def _in_words(account: Mapping[str, Any]) -> Iterator[str]:
    timings = account["timings"]
    yield f"{account['status']} from {account['database']} in {timings['total_ms']:.0f} ms"
    if account["sql"]:
        yield f"SQL: {account['sql']}"
    if account["reads"]:
        yield f"It reads {', '.join(account['reads'])}."
    yield from _why(account)
    for stage in timings["stages"]:
        took = stage["end_ms"] - stage["start_ms"]
        wasted = ", not used" if stage["wasted"] else ""
        yield (
            f"- {stage['name']} [{stage['branch']}] from {stage['start_ms']:.0f} ms, "
            f"took {took:.0f} ms: {stage['outcome']}{wasted}"
        )
    usage = account["usage"]
    if usage["model_calls"]:
        tokens = usage["input_tokens"] + usage["output_tokens"]
        yield f"{usage['model_calls']} model calls, {tokens} tokens."


def _why(account: Mapping[str, Any]) -> Iterator[str]:
    """Schedule, cache, fallback and what was done ahead, each with its reason."""
    if account["decision"]:
        yield f"Schedule: {account['decision']['strategy']}, {account['decision']['reason']}"
    if account["cache"]["hit"]:
        yield f"Kept from before: {account['cache']['reason']}"
    if account["fallback"]["used"]:
        yield f"Fell back to the sequential path: {account['fallback']['reason']}"
    for each in account["speculation"]:
        reason = f", {each['reason']}" if each["reason"] else ""
        yield f"Ahead of time, {each['rung']}: {each['outcome']}{reason}"


EXPLAIN_ANSWER = Tool(
    "explain_answer",
    "Explain an answer",
    "Tells how an answer of ask came about: which schedule and why, the stages with their times, "
    "what was done ahead and whether it was used, which tables the SQL reads.",
    ExplainArguments,
    AccountJSON,
    explain_answer,
)
