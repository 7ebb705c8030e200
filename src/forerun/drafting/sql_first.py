"""The query in a reply that is still being written: there as soon as its fence or string closes."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from forerun import prompts
from forerun.drafting.finding import fenced, tidy

OnSql: TypeAlias = Callable[[str], Awaitable[None]]
"""Called at most once a reply, with its query."""

_SQL_FIELD = re.compile(r'"sql"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
_FENCE = "```"


class SqlFirst:
    """Hears a reply piece by piece and tells of its query once.

    What it tells is a guess: a writer may think better of it in the rest of the reply.
    """

    def __init__(self, on_sql: OnSql) -> None:
        self._on_sql = on_sql
        self._text = ""
        self._told = False

    async def hear(self, piece: str) -> None:
        self._text += piece
        if self._told or not any(sign in piece for sign in '`"'):
            return
        sql = self._query()
        if sql is not None:
            self._told = True
            await self._on_sql(sql)

    def _query(self) -> str | None:
        if self._text.lstrip().startswith("{"):
            return self._of_field()
        text = prompts.spoken(self._text)
        if text.count(_FENCE) < 2 or text.count(_FENCE) % 2:
            return None
        return fenced(text, cut_short=True)

    def _of_field(self) -> str | None:
        field = _SQL_FIELD.search(self._text)
        if field is None:
            return None
        try:
            stated = json.loads(field[1], strict=False)
        except ValueError:
            return None
        return fenced(stated, cut_short=False) or tidy(stated)
