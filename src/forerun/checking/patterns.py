"""What the pattern of printf() or format() says, where the query says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from forerun.checking.counts import operands, values_of

TWICE = re.compile(r"%[^%A-Za-z]*[qQwIL]")
"""Quotes are doubled."""
AGAIN = re.compile(r"\d\$|\{\d")
"""`%1$s` and `{0}`: an argument may be put in more than once."""
WIDTH = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One text that a pattern may be."""

    text: str

    @property
    def times(self) -> int:
        """How often an argument may be put in, at most, each of its characters counted."""
        return (1 + len(AGAIN.findall(self.text))) * (2 if TWICE.search(self.text) else 1)

    @property
    def wide(self) -> float:
        """All widths together, in characters."""
        return sum(float(n) for n in WIDTH.findall(self.text))


def patterns_of(node: exp.Expr) -> list[Pattern]:
    """Each branch of a CASE; `'%' || 20 || 's'` put together. None where it is not all written."""
    inner = node.unnest()
    if isinstance(inner, exp.Literal):
        return [Pattern(inner.name)]
    if isinstance(inner, exp.DPipe):
        parts = [part.unnest() for part in operands(inner)]
        written = all(map(is_as_written, parts))
        return [Pattern("".join(part.name for part in parts))] if written else []
    if isinstance(inner, exp.Case | exp.If):
        branches = [
            patterns_of(value) for value in values_of(inner) if not isinstance(value, exp.Null)
        ]
        return [pattern for branch in branches for pattern in branch] if all(branches) else []
    return []


def is_as_written(part: exp.Expr) -> bool:
    """Not so `1e9`: in a text it has ten digits."""
    return isinstance(part, exp.Literal) and (part.is_string or part.name.isdecimal())
