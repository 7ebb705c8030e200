"""Questions that were answered lately in this process, with their SQL: examples for a writer.

Each asker's are his own: SQL holds values that others may not see.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from forerun.domain import Asker
from forerun.ports import Scope

MOST_QUESTIONS = 100
"""Of one asker."""
LONGEST_SQL = 2_000
"""Characters, which is what a writer is shown of one."""
MOST_ASKERS = 200


@dataclass
class Earlier:
    """The latest questions by asker, the latest asker last."""

    _by_asker: OrderedDict[Asker, OrderedDict[str, str]] = field(default_factory=OrderedDict)

    def of(self, asker: Asker) -> Sequence[tuple[str, str]]:
        """Questions that stand alone and the SQL that answered them, the latest last."""
        return tuple(self._by_asker.get(asker, {}).items())

    def add(self, asker: Asker, question: str, sql: str) -> None:
        """Long queries are no examples, and would take much room."""
        if len(sql) > LONGEST_SQL:
            return
        asked = self._by_asker.setdefault(asker, OrderedDict())
        asked.pop(question, None)
        asked[question] = sql
        self._by_asker.move_to_end(asker)
        if len(asked) > MOST_QUESTIONS:
            asked.popitem(last=False)
        if len(self._by_asker) > MOST_ASKERS:
            self._by_asker.popitem(last=False)

    def purge(self, scope: Scope) -> None:
        """All of a tenant's: which tables a query reads is not noted here."""
        for asker in [a for a in self._by_asker if scope.tenant in (None, a.tenant)]:
            del self._by_asker[asker]
