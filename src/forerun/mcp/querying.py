"""`run_sql` and `check_sql`: queries of the caller's own."""

from __future__ import annotations

from dataclasses import replace

from forerun.access.audit.records import Act
from forerun.app.serving import Asked
from forerun.domain import Status
from forerun.mcp.arguments import CheckArguments, RunArguments
from forerun.mcp.calls import Call, Outcome, Tool, as_act, as_question, told
from forerun.mcp.progress import reporting
from forerun.mcp.wording import answer_in_words
from forerun.wire import AnswerJSON, VerdictJSON, answer_to_json, verdict_to_json


class CheckJSON(VerdictJSON):
    reads: list[str]
    """The tables that it reads."""


async def run_sql(call: Call, given: RunArguments) -> Outcome:
    asked = Asked(given.sql, given.database, max_rows=given.max_rows, timeout_s=given.timeout_s)
    async with reporting(call.context.session):
        answer = await call.deployment.sql(asked, call.identity)
    wire = answer_to_json(answer)
    return told(answer_in_words(wire), wire, failed=answer.status is Status.FAILED)


async def check_sql(call: Call, given: CheckArguments) -> Outcome:
    checking = Act("sql_checked", None, given.database or "", None, given.sql)
    async with call.deployment.accounts.counted(call.identity, checking) as act:
        database = call.database(given.database)
        act.database = database.name
        verdict = await database.forerun.check(given.sql, asker=database.asker)
    verdict = replace(verdict, warnings=(*verdict.warnings, *database.warnings))
    reads = sorted(verdict.statement.tables) if verdict.statement else []
    wire: CheckJSON = {**verdict_to_json(given.sql, verdict), "reads": reads}
    said = [f"Accepted. It reads {', '.join(reads) or 'no table'}."] if verdict.accepted else []
    for reason in verdict.reasons:
        said.append(f"Refused, {reason.code.value}: {reason.message} {reason.hint or ''}".rstrip())
    said += [f"Note: {warning}" for warning in verdict.warnings]
    return told("\n".join(said), wire)


RUN_SQL = Tool(
    "run_sql",
    "Run a query",
    "Runs one SELECT of yours: checked before it runs, read-only, bounded in rows and time. "
    "Anything that would change data is refused. For a question in words, use ask.",
    RunArguments,
    AnswerJSON,
    run_sql,
    turned_away=as_question("sql"),
)
CHECK_SQL = Tool(
    "check_sql",
    "Check a query",
    "Says whether a query would be run, and why not, and which tables it reads. Nothing runs.",
    CheckArguments,
    CheckJSON,
    check_sql,
    turned_away=as_act("sql_checked"),
)
