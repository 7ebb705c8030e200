"""A host is a model: what hangs on values that no model may be sent is kept back from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forerun.errors import ForerunError, RefusedFor, SQLRefused
from forerun.mcp.calls import Seen

NOT_RUN = "It would not be run here: it touches columns whose values no model may be sent."
HINT = "Leave these columns out, or only count them; a person who asks without a host sees them."


async def without_unsent(database: Seen, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An AnswerJSON as a host may have it: where its query touches such a column, or that cannot
    be told now, without its rows, even their number, and what was made of them."""
    if not _has_unsent(database) or answer["sql"] is None or not await _touches(database, answer):
        return answer
    said = f"The rows are kept back. {_why(database)} {HINT}"
    return {
        **answer,
        "rows": [],
        "row_count": 0,
        "truncated": False,
        "summary": None,
        "chart": None,
        "suggestions": [],
        "warnings": [*answer["warnings"], said],
    }


async def refuse_unsent(database: Seen, sql: str) -> None:
    """Raises `SQLRefused` for a query whose rows would be kept back: it need not run, and whether
    it fails would tell something, too."""
    if _has_unsent(database):
        verdict = await database.forerun.check(sql, asker=database.asker)
        if verdict.statement is not None and verdict.statement.unsent:
            raise SQLRefused([RefusedFor("unsent", _why(database), HINT)])


def _has_unsent(database: Seen) -> bool:
    return database.asker.sight is not None and bool(database.asker.sight.unsent)


async def _touches(database: Seen, answer: Mapping[str, Any]) -> bool:
    try:
        verdict = await database.forerun.check(answer["sql"], asker=database.asker)
    except ForerunError:
        return True
    return verdict.statement is None or verdict.statement.unsent


def _why(database: Seen) -> str:
    sight = database.asker.sight
    names = "" if sight is None else ", ".join(sorted(sight.unsent))
    return f"The query touches columns whose values no model may be sent ({names})."
