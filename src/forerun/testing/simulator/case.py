"""One question that the simulator knows the answer to, and how one may go wrong on it."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.domain import Turn


@dataclass(frozen=True, slots=True)
class Case:
    """A question with right, equal, wrong and broken SQL."""

    question: str
    """The wording that stands alone; unique."""
    asked: str
    """What the asker types: the same, unless it is a follow-up. Unique too."""
    sql: str
    same_sql: str
    """The same query in other words: the same rows, and where nothing hangs on it the same tree."""
    wrong_sql: str
    """Accepted by the gate, with other rows."""
    broken_sql: str
    """Refused: it names a column that does not exist."""
    conversation: tuple[Turn, ...] = ()
    complex: bool = True
    size: float = 1.0
    """How many times the median is written for it."""
    missing_table: str = ""
    """What an analyst that misses something adds; "": any table that was not chosen, and that the
    writer can do without."""
