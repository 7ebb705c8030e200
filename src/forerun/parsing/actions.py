"""A mention in a role, and the features that speak for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as fresh

from forerun.parsing import lexicon
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Stored

_IN_PART = frozenset(("tail", "part", "synonym", lexicon.SAME, lexicon.NEAR))
"""Qualities of links by less than the whole name."""


@dataclass(eq=False, slots=True)
class Action:
    """One mention in one role."""

    role: str
    mention: Mention
    field: Field | None = None
    entity: Entity | None = None
    value: object = None
    aggregates: tuple[str, ...] = ()
    inherit: bool = False
    """Use the aggregates of the selected column before."""
    implied: bool = False
    """The aggregate was not said: "revenue per region"."""
    descending: bool = False
    op: str = "="
    or_missing: bool = False
    """Who has no value at all is not so either: "not insured with Axa"."""
    other: Field | None = None
    """Another column of the same table, beside which this one is."""
    unit: str | None = None
    quality: str = ""
    name: str = ""
    """Role with its variant, as the weights know it."""
    features: list[str] = fresh(default_factory=list)
    score: float = 0.0

    @property
    def column(self) -> Field:
        """The column, where the role always has one."""
        if self.field is None:
            raise ValueError(f"the role {self.role!r} has no column")
        return self.field

    @property
    def numbers(self) -> tuple[float | int, ...]:
        """The numbers of a comparison."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(value for value in values if isinstance(value, int | float))

    @property
    def table(self) -> Entity | None:
        return self.field.entity if self.field else self.entity


def describe(action: Action, lattice: Lattice) -> None:
    """Name the action and list its features. Strings are built once an option, not once a state."""
    mention = action.mention
    what = action.field.meaning.value if action.field else "rows" if action.entity else ""
    name = action.role
    if action.aggregates:
        name += "." + (action.aggregates[0] if len(action.aggregates) == 1 else "several")
    if action.inherit:
        name += ".same"
    if action.implied:
        grouped = lattice.tags & {"each", "by"}
        name += ".implied-group" if grouped else ".implied"
    if action.role == "literal" and action.op != "=":
        name += "." + action.op
    if action.role in ("show", "count", "group", "top", "order", "from"):
        name += ".rows" if action.entity else ""
    action.name = name
    last = mention.left[-1] if mention.left else "-"
    pair = "+".join(mention.left[-2:]) or "-"
    follow = mention.right[0] if mention.right else _kind_of(mention.after)
    before = _kind_of(mention.before)
    action.features = [
        name, f"{name}|{what}", f"{name}|l={last}", f"{name}|ll={pair}",
        f"{name}|c={mention.clause}", f"{name}|r={follow}", f"{name}|b={before}|l={last}",
        f"{name}|q={action.quality}",
        f"{name}|o={lattice.opener}", f"{name}|{what}|l={last}",
    ]  # fmt: skip
    if mention.position == 0:
        action.features.append(f"{name}|initial|o={lattice.opener}")
    action.features.extend(_owner_features(action, lattice))


def _owner_features(action: Action, lattice: Lattice) -> Iterator[str]:
    """Whether the column's table is spoken of, and where."""
    table = action.table
    if table is None or action.entity is not None:
        return
    kind = "value" if action.role == "equal" else "when" if action.role == "period" else "column"
    if table in lattice.entities and kind != "when":
        yield f"owner-named|{kind}"
    if action.quality in _IN_PART and kind != "when":
        yield from _rest_features(action, lattice, kind)
    for side, neighbour in (("before", action.mention.before), ("after", action.mention.after)):
        if neighbour is not None and any(link.target is table for link in neighbour.links):
            yield f"owner-{side}|{kind}"
        same = neighbour and any(link.target is action.field for link in neighbour.links)
        if kind == "value" and same:
            yield f"named-{side}"
        if neighbour is not None and any(
            isinstance(link.target, Field) and link.target.entity is table
            for link in neighbour.links
        ):
            yield f"sibling-{side}|{kind}"
    if action.field in table.display:
        yield f"display|{kind}"


def _rest_features(action: Action, lattice: Lattice, kind: str) -> Iterator[str]:
    """Of a name that agrees only in part: is the rest of it said somewhere in the question?"""
    mention = action.mention
    own = {token.stem for token in lattice.tokens[mention.start : mention.end]}
    rest = [stem for stem in action.column.stems if stem not in own]
    said = sum(stem in lattice.stems for stem in rest)
    if said:
        yield f"rest-said|{kind}|{'all' if said == len(rest) else 'some'}"
    elif rest:
        yield f"rest-unsaid|{kind}|{min(len(rest), 3)}"


def _kind_of(mention: Mention | None) -> str:
    if mention is None:
        return "$"
    if mention.kind is not Kind.THING:
        return mention.kind.value
    target = mention.links[0].target if mention.links else None
    return "V" if isinstance(target, Stored) else "T" if isinstance(target, Entity) else "C"
