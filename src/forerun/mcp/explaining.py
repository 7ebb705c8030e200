"""`explain_answer`: how an answer came about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from forerun.app.serving.asked import question_id
from forerun.errors import ForerunError
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
    """Only the caller's own."""
    id_ = question_id(given.id)
    kept = await call.deployment.kept_answer(call.owner, id_)
    answer: dict[str, Any] = json.loads(kept.wire)
    known = {name: answer[name] for name in AccountJSON.__annotations__ if name in answer}
    account = {
        "id": id_,
        "database": kept.database,
        **known,
        "reads": await _reads(call, kept.database, answer["sql"]),
    }
    return told("\n".join(_in_words(account)), account)


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
