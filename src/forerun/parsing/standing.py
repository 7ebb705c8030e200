"""What is open: where some rows have a date of closing, those that have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forerun.catalog.words import stem
from forerun.parsing.happened import QUALITY, Happened
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.predicating import ends_a_clause
from forerun.parsing.schema import Entity, Field, Link, Meaning
from forerun.parsing.tokens import Token
from forerun.parsing.verbs import tables_named

_BEING = frozenset(("is", "are", "was", "were"))
_COLOURING = frozenset(("still", "now", "currently", "also", "all", "there"))
_CLOSED = stem("closed")


def find(tokens: Sequence[Token], index: Index) -> Iterator[Happened]:
    """`branches that are still open`, `open tickets`: nothing where a state or a table is called
    so, or where several dates tell of closing.
    """
    if ("open",) in index.values:
        return
    named = list(tables_named(tokens, index))
    for at, token in enumerate(tokens):
        if token.lower != "open":
            continue
        frame, negated = _frame(tokens, at)
        tables = _said_of(at, frame, tokens, named)
        closing = [item for entity in tables for item in entity.fields if _is_of_closing(item)]
        if len(closing) == 1:
            passing = tuple(n for n in range(frame, at) if tokens[n].lower in _COLOURING)
            yield Happened(at, at + 1, not negated, (Link(closing[0], QUALITY),), passing)


def _frame(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    """Where `not still` begins, and whether it denies."""
    frame = at
    while frame and tokens[frame - 1].lower in _COLOURING | {"not"}:
        frame -= 1
    return frame, any(token.lower == "not" for token in tokens[frame:at])


def _said_of(
    at: int, frame: int, tokens: Sequence[Token], named: Sequence[tuple[int, int, set[Entity]]]
) -> set[Entity]:
    """The table right behind, or the nearest before `are open`."""
    ahead = at + 3 if _is_opposed(tokens, at) else at + 1
    behind = [tables for start, _, tables in named if start == ahead]
    if behind:
        return behind[0] if frame == at else set()
    lead = tokens[frame - 1].lower if frame else ""
    before = [tables for _, end, tables in named if end <= frame]
    return before[-1] if lead in _BEING and before and ends_a_clause(tokens, at + 1) else set()


def _is_opposed(tokens: Sequence[Token], at: int) -> bool:
    """`open and closed branches`."""
    words = [token.lower for token in tokens[at + 1 : at + 3]]
    return len(words) == 2 and words[0] in ("and", "or") and stem(words[1]) == _CLOSED


def _is_of_closing(item: Field) -> bool:
    dated = item.meaning is Meaning.DATE and item.column.nullable
    return dated and (_CLOSED in item.stems or stem("closing") in item.stems)


def is_by_period(lattice: Lattice, plan: Plan) -> bool:
    """`open branches per year`: those of then, of which some are closed by now."""
    said = (m.text.lower() for m in lattice.mentions if m.kind is Kind.HAPPENING)
    return any(term.unit for term in plan.group) and "open" in said
