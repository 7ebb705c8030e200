"""The query in a reply that is still being written: there as soon as its fence or string closes."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from forerun import prompts
from forerun.domain import Usage
from forerun.drafting.finding import fenced, settled, tidy
from forerun.ports import Completion

Cut: TypeAlias = Callable[[], None]
OnSql: TypeAlias = Callable[[str, Cut], Awaitable[None]]
"""Called at most once a reply, with its query and with what leaves the rest of it unsaid."""
LookAhead: TypeAlias = Callable[[str], None]
"""Told of the query while the reply goes on. What it does must be quick, and must not raise."""

_SQL_FIELD = re.compile(r'"sql"\s*:\s*("(?:[^"\\]|\\.)*")', re.DOTALL)
_FENCE = "```"


class SqlFirst:
    """Hears a reply piece by piece, tells of its query once, and may have the rest left unsaid.

    The query is a guess at first: a writer may think better of it in the rest of the reply. Once
    it goes on to prose as it was asked to, the query stands.
    """

    def __init__(self, on_sql: OnSql | None = None) -> None:
        """Without `on_sql` there is only who looks ahead."""
        self.look_ahead: LookAhead | None = None
        """Called once, too, and before anybody else."""
        self.text = ""
        self._settled = False
        self._enough = False
        self._on_sql = on_sql
        self._told = False
        self._scope = anyio.CancelScope()

    async def hear(self, piece: str) -> None:
        self.text += piece
        if not self._told and any(sign in piece for sign in '`"'):
            sql = self._query()
            if sql is not None:
                self._told = True
                await self._tell(sql)
        if self._may_be_cut and not self._settled and settled(prompts.spoken(self.text)):
            self._settled = True
            if self._enough:
                self._scope.cancel()

    def cut(self) -> None:
        """Whatever is still to come is not needed, as soon as the query stands."""
        self._enough = True
        if self._settled:
            self._scope.cancel()

    async def until_cut(self, reply: Awaitable[Completion]) -> Completion:
        """The whole reply or, where it was cut, what was heard of it."""
        with self._scope:
            return await reply
        return Completion(self.text, Usage(), "", cut_short=True)

    @property
    def was_cut(self) -> bool:
        return self._scope.cancelled_caught

    @property
    def _may_be_cut(self) -> bool:
        return self._told and self._on_sql is not None

    async def _tell(self, sql: str) -> None:
        if self.look_ahead is not None:
            self.look_ahead(sql)
        if self._on_sql is not None:
            await self._on_sql(sql, self.cut)

    def _query(self) -> str | None:
        if self.text.lstrip().startswith("{"):
            return self._of_field()
        text = prompts.spoken(self.text)
        if text.count(_FENCE) < 2 or text.count(_FENCE) % 2:
            return None
        return fenced(text, cut_short=True)

    def _of_field(self) -> str | None:
        field = _SQL_FIELD.search(self.text)
        if field is None:
            return None
        try:
            stated = json.loads(field[1], strict=False)
        except ValueError:
            return None
        return fenced(stated, cut_short=False) or tidy(stated)
