"""A question as a row of mentions: of competing spans the best segmentation, and cues between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from forerun.parsing import cues, headings, lexicon, neither
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past
from forerun.parsing.mentions import Kind, Lattice, Mention, Unknown, is_value
from forerun.parsing.opening import asks_everything, opener
from forerun.parsing.schema import Entity, Field, Link, Stored
from forerun.parsing.span import Span
from forerun.parsing.spans import spans_of
from forerun.parsing.tokens import Token, tokenise
from forerun.parsing.undone import spelt_out


def build(question: str, index: Index, today: date) -> Lattice:
    """Segment the question; of competing spans the longer and better agreeing one wins."""
    tokens = spelt_out(tokenise(question), index)
    spans = _best(tokens, spans_of(tokens, index, today))
    return _assembled(tokens, spans, index)


def _best(tokens: tuple[Token, ...], spans: dict[int, list[Span]]) -> list[Span]:
    """The segmentation with the highest sum of scores, by dynamic programming from the end."""
    size = len(tokens)
    best: dict[int, float] = {size: 0.0}
    chosen: dict[int, Span] = {}
    for start in range(size - 1, -1, -1):
        span = max(spans[start], key=lambda span: span.score + best[span.end])
        chosen[start], best[start] = span, span.score - 1.0 + best[span.end]
    found, at = [], 0
    while at < size:
        found.append(chosen[at])
        at = chosen[at].end
    return found


@dataclass(slots=True)
class _Walk:
    """What has been seen while the chosen spans are walked from left to right."""

    mentions: list[Mention] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    clause: str = ""

    def cue(self, tag: str) -> None:
        self.tags.add(tag)
        if tag not in cues.WINDOWS or tag == "share":  # the others leave the measure as it is
            self.pending.append(tag)
        if tag in cues.CLAUSES:
            self.clause = tag

    def mention(self, mention: Mention) -> None:
        mention.left, mention.clause = tuple(self.pending), self.clause
        mention.position = len(self.mentions)
        if self.mentions:
            mention.before = self.mentions[-1]
            self.mentions[-1].after = mention
            self.mentions[-1].right = mention.left
            if not self.pending and _qualifies(mention.before, mention):
                mention.left = mention.before.left
        self.mentions.append(mention)
        self.pending.clear()

    def end(self) -> None:
        """`which genre is the most popular?`: as "the most popular genre", which it is said of."""
        last = self.mentions[-1]
        last.right = tuple(self.pending)
        if last.right[:1] == ("is",) and _EXTREME.issuperset(last.right[1:]):
            last.left, last.right = (*last.left, *last.right[1:]), ()


_EXTREME = frozenset(("most", "least", "high", "low", "common", "rare"))


def _assembled(tokens: tuple[Token, ...], spans: list[Span], index: Index) -> Lattice:
    walk = _Walk()
    for span in spans:
        if span.cue:
            walk.cue(span.cue)
        elif span.mention:
            if span.mention.kind is Kind.NUMBER and span.mention.op:
                walk.cue(span.mention.op)
            walk.mention(span.mention)
            if span.mention.kind is Kind.OCCURRENCE or span.mention.own_cue in cues.WINDOWS:
                walk.tags.add(span.mention.own_cue)
            elif span.mention.own_cue and not _is_a_thing(span, tokens):
                walk.cue(span.mention.own_cue)
        elif span.unknown:
            walk.unknown.append(Unknown(tokens[span.start].text, len(walk.mentions)))
    if walk.mentions:
        walk.end()
    for mention in walk.mentions:
        mention.links = _of_the_table_behind(mention, index)
    neither.mark(walk.mentions, walk.tags)
    headings.mark(tokens, walk.mentions, walk.tags)
    entities = {
        _table_of(link)
        for mention in walk.mentions
        for link in mention.links
        if _names_a_table(link)
    }
    everything = asks_everything([token.lower for token in tokens])
    return Lattice(
        tokens, tuple(walk.mentions), tuple(walk.unknown), frozenset(walk.tags),
        opener(tokens), everything, frozenset(entities),
        frozenset(token.stem for token in tokens),
    )  # fmt: skip


def _is_a_thing(span: Span, tokens: tuple[Token, ...]) -> bool:
    """`an order`, which is no order of rows."""
    before = tokens[span.start - 1].lower if span.start else ""
    return before in ("a", "an", "any") or (span.mention is not None and _is_table(span.mention))


def _of_the_table_behind(mention: Mention, index: Index) -> tuple[Link, ...]:
    """`shipments of premium customers`: of values that are stored alike, the customers' own, and
    the active subscriptions rather than the subscriptions of those who are active.
    """
    after = mention.after
    if after is None or after.start != mention.end or not all(map(_says_how, mention.links)):
        return mention.links
    tables = {
        k.target for k in after.links if isinstance(k.target, Entity) and k.quality == "exact"
    }
    own = (link for link in mention.links if _table_of(link) in tables)
    return tuple(own) or tuple(_looked_up(mention, tables, index)) or mention.links


def _table_of(link: Link) -> Entity:
    target = link.target
    if isinstance(target, Entity):
        return target
    return target.field.entity if isinstance(target, Stored) else target.entity


def _looked_up(mention: Mention, tables: set[Entity], index: Index) -> Iterator[Link]:
    """`electrical permits` are of a type that is called so, whatever inspectors are."""
    if not mention.is_stored:
        return
    kinds = {edge.one for edge in index.edges if edge.many in tables}
    for link in mention.links:
        if isinstance(link.target, Stored) and link.target.field.entity in kinds:
            yield link


def _says_how(link: Link) -> bool:
    """A stored value, or what is true or not of a row."""
    return is_value(link) or (isinstance(link.target, Field) and link.target.flags is not None)


def _qualifies(before: Mention, mention: Mention) -> bool:
    """`average order quantity`: what is said of the table is meant of its column; `number of unpaid
    invoices` counts invoices, and `the most cancelled orders` are orders.
    """
    if before.end != mention.start or mention.kind is not Kind.THING:
        return False
    if _MOST.issuperset(before.left[-1:]) and before.left and _is_a_value(before):
        return _is_table(mention)
    if _is_table(mention) and is_past(mention.text):
        return False  # members delivered: it is members that are counted
    happened = before.kind is Kind.HAPPENING and cues.NEGATIVE.isdisjoint(before.left)
    return _is_table(before) or (happened and _is_table(mention))


_MOST = frozenset(("most", "least"))


def _is_a_value(mention: Mention) -> bool:
    return bool(mention.links) and all(isinstance(k.target, Stored) for k in mention.links)


def _is_table(mention: Mention) -> bool:
    return any(
        isinstance(link.target, Entity) and link.quality in ("exact", "synonym", lexicon.SAME)
        for link in mention.links
    )


def _names_a_table(link: Link) -> bool:
    if isinstance(link.target, Entity):
        return link.quality in ("exact", "tail")
    return link.quality == "qualified"
