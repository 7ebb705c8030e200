"""Two kinds side by side: `compare vans and trucks by mileage` is a figure for each of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Compare, Plan, Term
from forerun.parsing.schema import Field, Stored
from forerun.parsing.stored import stored_texts
from forerun.parsing.tokens import Sort, Token

_OPENING = ("compare", "comparing")
_AGAINST = ("vs", "versus")
_BESIDE = ("and", "to", "with", "&", *_AGAINST)
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Opposed:
    """`tokens[joint]` stands between two values of a column."""

    joint: int
    says_nothing: tuple[int, ...]
    """Where `compare` stands."""


def find(tokens: tuple[Token, ...], index: Index) -> Iterator[Opposed]:
    """Where two stored values of one column are set side by side, in so many words."""
    opens = _opens(tokens)
    joints = _BESIDE if opens else _AGAINST
    for at, token in enumerate(tokens):
        held = _after(tokens, at + 1, index) if token.lower in joints else set()
        if not held.isdisjoint(_before(tokens, at, index) | _before(tokens, at - 1, index)):
            yield Opposed(at, (0,) if opens else ())


def is_said(lattice: Lattice) -> bool:
    """Whether two things are to be compared, whatever they are."""
    tokens = lattice.tokens
    return _opens(tokens) or any(token.lower in _AGAINST for token in tokens)


def _opens(tokens: tuple[Token, ...]) -> bool:
    """`compare …`."""
    return bool(tokens) and tokens[0].lower in _OPENING


def apart(plan: Plan, lattice: Lattice) -> Plan | None:
    """The plan with a line for each of the kinds that it had thrown together."""
    item = _thrown_together(plan) if is_said(lattice) else None
    figures = bool(plan.select) and all(term.aggregate for term in plan.select)
    if item is None or plan.group or plan.setop is not None or not figures:
        return None
    if item.entity not in plan.tree.entities:
        return None
    kind = Term(item, item.entity)
    return replace(plan, select=(kind, *plan.select), group=(kind,), order=(), limit=None)


def throws_together(lattice: Lattice, plan: Plan) -> bool:
    """Whether one figure, or one list, is of two kinds that were to be compared, or of what is
    both of them.
    """
    if not is_said(lattice):
        return False
    item = _thrown_together(plan)
    in_one = item is not None and all(term.field is not item for term in plan.group)
    return in_one or plan.setop is not None


def _thrown_together(plan: Plan) -> Field | None:
    """The column of which either of two values will do."""
    for clause in plan.where:
        condition = clause[0]
        if len(clause) == 1 and isinstance(condition, Compare) and condition.op == "in":
            return condition.field
    return None


def _before(tokens: tuple[Token, ...], end: int, index: Index) -> set[Field]:
    starts = range(max(end - _LONGEST, 0), end)
    return {item for start in starts for item in _holding(tokens, start, end, index)}


def _after(tokens: tuple[Token, ...], start: int, index: Index) -> set[Field]:
    if start < len(tokens) and tokens[start].lower == "the":
        start += 1
    ends = range(start + 1, min(start + _LONGEST, len(tokens)) + 1)
    return {item for end in ends for item in _holding(tokens, start, end, index)}


def _holding(tokens: tuple[Token, ...], start: int, end: int, index: Index) -> Iterator[Field]:
    if not _are_words(tokens[start:end]):
        return
    for link in stored_texts(tokens, start, end, index):
        if isinstance(link.target, Stored):
            yield link.target.field


def _are_words(tokens: Sequence[Token]) -> bool:
    return all(token.sort is Sort.WORD for token in tokens)
