"""Names of branches: `main`, `write-ahead`, `write-ahead/sql-first`, `review#2`.

What grows on a branch is named after it; a number tells apart those that begin alike.
"""

from __future__ import annotations

from forerun.domain.decision import GUESSES, Rung

MAIN = "main"
_RUNGS = {rung.value: rung for rung in Rung}


def parent(branch: str) -> str | None:
    """The branch that it grew from; None for `main`."""
    return None if branch == MAIN else branch.rpartition("/")[0] or MAIN


def leaf(branch: str) -> str:
    """Its own name: `sql-first` of `write-ahead/sql-first`."""
    return branch.rpartition("/")[2]


def below(branch: str, rung: Rung) -> str:
    """The name of what is launched on that branch for that rung."""
    return rung.value if branch == MAIN else f"{branch}/{rung.value}"


def is_within(branch: str, other: str) -> bool:
    """Whether it is the other, or grew from it."""
    return other in (branch, MAIN) or branch.startswith(f"{other}/")


def rung_of(branch: str) -> Rung | None:
    """What it was launched for; None for `main`."""
    return _RUNGS.get(leaf(branch).partition("#")[0])


def is_guess(branch: str) -> bool:
    """Whether what it asks for may come to nothing: who guesses makes no other guess right."""
    return rung_of(branch) in GUESSES
