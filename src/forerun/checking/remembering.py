"""What the gate has said lately, said again without looking.

The same query is checked when it is drafted, when its answer is kept, and when it is an example
for another question; a check takes some milliseconds.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import ClassVar

from forerun import syntax
from forerun.catalog.derived import Derived
from forerun.checking import gate
from forerun.checking.dating import literals_of
from forerun.domain import Catalog, Draft, Origin, Verdict

REMEMBERED = 512
"""Texts a catalog."""
LONGEST = 6_000
"""Characters; what is longer is not remembered."""


@dataclass(slots=True, eq=False)
class _Said:
    """Verdicts on one catalog by the text that they are about, the oldest first."""

    most: ClassVar[int] = REMEMBERED
    verdicts: OrderedDict[str, Verdict] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def remember(self, sql: str, verdict: Verdict) -> None:
        with self.lock:
            self.verdicts[sql] = verdict
            while len(self.verdicts) > self.most:
                self.verdicts.popitem(last=False)


_said = Derived(lambda _: _Said())


def remember_up_to(texts: int) -> None:
    """From now on so many texts a catalog: for a process that asks hundreds of questions over and
    over, as a bench does."""
    _Said.most = texts


def check(draft: Draft, catalog: Catalog) -> Verdict:
    """See `gate.check`. Remembered for as long as the catalog's tables are the very same objects.

    A statement is what its own text stands for, so that is remembered with it; never the text with
    an asker's restrictions, which he could not have written.
    """
    if len(draft.sql) > LONGEST:
        return gate.check(draft, catalog)
    said = _said.of(catalog)
    verdict = said.verdicts.get(draft.sql)
    if verdict is None:
        verdict = gate.check(draft, catalog)
        said.remember(draft.sql, verdict)
        if verdict.statement is not None:
            said.remember(verdict.statement.shown, verdict)
    return verdict


def look_ahead(sql: str, catalog: Catalog) -> Verdict:
    """What `check` is going to say of a query that is still being written, and with it what else
    will be asked of the statement: a tree is at hand now. Never raises."""
    verdict = check(Draft(sql, Origin.MODEL, 0.0), catalog)
    if verdict.statement is not None:
        with suppress(*syntax.UNREADABLE):
            literals_of(verdict.statement.shown, verdict.statement.dialect)
    return verdict
