"""Earlier turns as a record for a model: questions and queries, never rows."""

from __future__ import annotations

from collections.abc import Sequence

from forerun import prompts
from forerun.domain import Turn

MOST_TURNS = 4


def told(conversation: Sequence[Turn]) -> str:
    """The last turns, oldest first."""
    return "\n".join(_turn(turn) for turn in conversation[-MOST_TURNS:])


def _turn(turn: Turn) -> str:
    """A query that was only asked back about is not told as if it had been answered."""
    asked = f"Asked: {prompts.quoted(turn.standalone, 1_000)}"
    sql = turn.sql if turn.sure == 1.0 else None
    return f"{asked}\nQuery: {prompts.quoted(sql, 2_000)}" if sql else asked
