"""Questions that are mere headings: "bookings per month" asks how many, though nobody says so.

Who heads a column "No-shows per hotel" wants a number of each hotel, neither a list nor the names
of hotels. So the rows that open such a heading are read as if they were asked the number of. Where
each row is itself an amount (payments, fines), their total is meant as often, which is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.incomplete import has_lines_for
from forerun.parsing.meanings import is_called
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Plan, sorted_by
from forerun.parsing.schema import Entity, Field, Meaning, Stored
from forerun.parsing.tokens import Token

_FIGURES = frozenset(
    (*cues.AGGREGATES, *cues.OCCURRENCES, *cues.WINDOWS, "count", "most", "least", "high", "low",
     "first", "last", "common", "rare", "both", "above", "beneath", "distinct")
) - {"sum"}  # fmt: skip
"""Who says one of these says what figure is meant."""
_ARTICLES = frozenset(("the", "our", "all", "total"))
_SHOWN = frozenset(("show", "give", "display", "me", "us", "please", *_ARTICLES))
"""Rows are listed "per hotel", but nobody wants a list of them "per month"."""
_NEW = frozenset(("new",))
_BESIDE = frozenset(("compared", "comparison", "versus", "vs", "against"))
"""What is set beside something else is more than its number."""
_OF_AMOUNTS = frozenset(("amount", "amt", "sum"))
_CURRENCIES = frozenset(words.stems("usd eur gbp chf cad aud jpy dollars euros pounds cents pence"))


def mark(tokens: Sequence[Token], mentions: Sequence[Mention], tags: set[str]) -> None:
    """Give the rows that a heading counts the cue that it leaves unsaid."""
    if _add_up(tokens, mentions, tags) or _are_added_up(mentions, tags):
        return
    _turn_around(mentions)
    _pass_on(mentions)
    _pass_over(mentions)
    counted = _counted(tokens, mentions, tags)
    if counted is None:
        return
    counted.left, counted.is_heading = ("count",), True
    if counted.before is not None:
        counted.before.right = counted.left
    tags.discard("sum")
    tags.add("count")


def _add_up(tokens: Sequence[Token], mentions: Sequence[Mention], tags: set[str]) -> bool:
    """`stock per category`: the stock of all that is in it, though nobody says the total."""
    if len(mentions) < 2 or not tags.isdisjoint((*_FIGURES, "sum")):
        return False
    what, each = mentions[0], mentions[1]
    if what.left or cues.EACH.isdisjoint(each.left) or not _are_kinds(each):
        return False
    if {token.lower for token in tokens[: what.start]} - _SHOWN or not _is_a_quantity(what):
        return False
    what.left = ("sum",)
    tags.add("sum")
    return True


def _are_added_up(mentions: Sequence[Mention], tags: set[str]) -> bool:
    """`capacity of all venues together`, `costs of the trips in total`: what is said last."""
    if not mentions or mentions[-1].right[-1:] != ("sum",) or not tags.isdisjoint(_FIGURES):
        return False
    what = mentions[0]
    named = [link.target for link in what.links]
    figures = (isinstance(t, Field) and t.meaning is Meaning.MEASURE for t in named)
    if what.left or not named or not all(figures):
        return False
    what.left = ("sum",)
    return True


def _is_a_quantity(mention: Mention) -> bool:
    named = [link.target for link in mention.links if link.quality == "exact"]
    return bool(named) and all(
        isinstance(item, Field) and item.meaning is Meaning.MEASURE and item.stems[-1:] in _STOCKS
        for item in named
    )


_STOCKS = frozenset(
    (stem,)
    for stem in words.stems(
        "stock inventory population capacity nights seats budget headcount attendance passengers"
        " visitors votes"
    )
)
"""What all of a kind have together."""


def _counted(
    tokens: Sequence[Token], mentions: Sequence[Mention], tags: set[str]
) -> Mention | None:
    if not mentions or not tags.isdisjoint(_FIGURES):
        return None
    each = next((m for m in mentions if not cues.EACH.isdisjoint(m.left)), None)
    if each is None:
        in_all = _counted_in_all(tokens, mentions, tags)
        return in_all or _counted_by_time(tokens, mentions)
    if not _opens(tokens, mentions, each) or not _are_kinds(each):
        return None
    ahead = mentions[: each.position]
    found = [mention for mention in ahead if _are_rows(mention)]
    found = found or [mention for mention in ahead[:1] if _are_of_a_kind(mention)]
    if len(found) != 1 or found[0].left not in ((), ("sum",)):
        return None
    return found[0] if all(map(_narrows, (m for m in ahead if m is not found[0]))) else None


def _turn_around(mentions: Sequence[Mention]) -> None:
    """`which genre is most common` asks for the most common genre."""
    first = mentions[0] if mentions else None
    if first is None or first.left or first.right[:1] != ("is",):
        return
    if first.right[1:2] in (("common",), ("rare",)):
        first.left, first.right = first.right[1:2], first.right[2:]
        if first.after is not None:
            first.after.left = first.right


def _pass_on(mentions: Sequence[Mention]) -> None:
    """`number of monthly bookings`: the bookings are counted, not the months."""
    for unit, rows in pairwise(mentions):
        follows = _is_adverb(unit) and rows.start == unit.end
        if follows and unit.left == ("count",) and not rows.left and _are_rows(rows):
            rows.left, unit.left = unit.left, ()
            unit.right = rows.left


def _pass_over(mentions: Sequence[Mention]) -> None:
    """`by number of failed checks`, `the most serious events`, `share of remote checks`: it is the
    rows that are counted, those of that kind.
    """
    for kind, rows in pairwise(mentions):
        adjoins = rows.start == kind.end and not rows.left and _are_rows(rows)
        ranking = frozenset(kind.left) - {"with", "not"} in _RANKING
        shared = frozenset(kind.left) - {"not"} == {"share"} and _says_which(kind)
        if shared or (adjoins and ranking and (_says_which(kind) or _are_of(kind, rows))):
            rows.left = tuple(tag for tag in kind.left if tag != "not")
            kind.left = ("not",) if "not" in kind.left else ()
            kind.right = rows.left


_RANKING = (frozenset(("by", "count")), frozenset(("most",)), frozenset(("least",)))


def _are_of(kind: Mention, rows: Mention) -> bool:
    """Whether the rows hold what is named before them."""
    tables = {link.target for link in rows.links}
    held = [link.target for link in kind.links]
    return bool(held) and all(isinstance(h, Stored) and h.field.entity in tables for h in held)


def _counted_in_all(
    tokens: Sequence[Token], mentions: Sequence[Mention], tags: set[str]
) -> Mention | None:
    """`total overdue loans`."""
    found = [mention for mention in mentions if _are_rows(mention)]
    if "sum" not in tags or len(found) != 1 or _is_sold(found[0]):
        return None
    rows, rest = found[0], [mention for mention in mentions if mention is not found[0]]
    lead = {token.lower for token in tokens[: mentions[0].start]}
    together = all(one.end == two.start for one, two in pairwise(mentions[: rows.position + 1]))
    told = "total" in lead and lead <= _SHOWN and mentions[0].left == ("sum",) and together
    return rows if told and rows.left in ((), ("sum",)) and all(map(_narrows, rest)) else None


def _is_sold(mention: Mention) -> bool:
    """`total sales` may be their revenue."""
    return any(isinstance(link.target, Field) for link in mention.links)


def _counted_by_time(tokens: Sequence[Token], mentions: Sequence[Mention]) -> Mention | None:
    """`monthly bookings`, `cancelled bookings monthly`."""
    if len(mentions) == 1:
        return None
    if _is_adverb(mentions[0]):
        rows, rest = mentions[1], mentions[2:]
        told = not mentions[0].start and _are_rows(rows) and rows.start == mentions[0].end
        return rows if told and all(map(_narrows, rest)) else None
    unit = next((mention for mention in mentions if _is_adverb(mention)), None)
    before = [m for m in mentions[: unit.position] if m.kind is not Kind.PERIOD] if unit else []
    rows = before[-1] if before else mentions[0]
    lead = {token.lower for token in tokens[: mentions[0].start]}
    if unit is None or unit.left or not _are_rows(rows) or rows.left or not lead <= _SHOWN:
        return None
    rest = [mention for mention in mentions if mention not in (unit, rows)]
    return rows if all(map(_narrows, rest)) else None


def _opens(tokens: Sequence[Token], mentions: Sequence[Mention], each: Mention) -> bool:
    """Whether nothing is asked: no "which", no "list"."""
    if any(token.lower in _BESIDE for token in tokens):
        return False
    lead = {token.lower for token in tokens[: mentions[0].start]} - _NEW
    return lead <= (_SHOWN if each.unit else _ARTICLES)


def _is_adverb(mention: Mention) -> bool:
    """`monthly`, and not `month`."""
    plain = (mention.unit, f"{mention.unit}s")
    return mention.kind is Kind.UNIT and mention.text.lower() not in plain


def is_number_or_list(lattice: Lattice) -> bool:
    """`annual reviews` may be so many for each year, or reviews of that kind."""
    heading = next((m for m in lattice.mentions if m.is_heading), None)
    return heading is not None and heading.before is not None and _is_adverb(heading.before)


def _are_rows(mention: Mention) -> bool:
    """A table by its own name, and nothing else that is called so."""
    best = mention.links[0].quality if mention.links else ""
    meant = [link for link in mention.links if link.quality == best]
    called = words.stems(mention.text)
    return bool(meant) and all(is_called(link, called) for link in meant)


def _are_of_a_kind(mention: Mention) -> bool:
    """`no-shows`: rows that hold a stored value."""
    return bool(mention.links) and all(isinstance(k.target, Stored) for k in mention.links)


def _narrows(mention: Mention) -> bool:
    """What says of which rows: `cancelled`, `in 2026`, `older than 30`, `without an email`."""
    if mention.kind in (Kind.PERIOD, Kind.HAPPENING) or _are_of_a_kind(mention):
        return True
    if _says_which(mention) and not mention.left:
        return True
    if mention.adjective is not None:
        return mention.adjective.degree == "comparative"
    before = mention.before
    if mention.kind is Kind.NUMBER:
        return before is not None and before.adjective is not None
    lacked = mention.left[-1:] == ("without",) and bool(mention.links)
    return lacked and all(isinstance(link.target, Field) for link in mention.links)


def _says_which(mention: Mention) -> bool:
    """`abnormal samples`: a yes or no right before its table."""
    after = mention.after
    if not mention.links or after is None or after.start != mention.end:
        return False
    tables = {link.target for link in after.links}
    targets = [link.target for link in mention.links]
    return all(isinstance(t, Field) and t.flags and t.entity in tables for t in targets)


def _are_kinds(each: Mention) -> bool:
    """`by status` makes groups; `by date` or `by name` may be an order."""
    if each.kind is Kind.UNIT or "by" not in each.left:
        return True
    targets = [link.target for link in each.links]
    if not targets or any(isinstance(target, Stored) for target in targets):
        return False
    return all(
        isinstance(t, Entity) or _is_category(t) for t in targets if not isinstance(t, Stored)
    )


def _is_category(item: Field) -> bool:
    return item.meaning is Meaning.CATEGORY and not item.tells_rows_apart


def amount_of(entity: Entity) -> Field | None:
    """What its rows are an amount of, where they are nothing else: the one of a payment."""
    found = [f for f in entity.fields if f.is_numeric and _is_an_amount(f)]
    return found[0] if len(found) == 1 else None


def _is_an_amount(item: Field) -> bool:
    """`amount`, `fee_amount`, `amount_usd`."""
    *_, last = ("", *(stem for stem in item.stems if stem not in _CURRENCIES))
    return last in _OF_AMOUNTS


def is_count_or_total(lattice: Lattice, plan: Plan) -> bool:
    """Whether the heading may as well mean the total of what its rows are amounts of, or of what
    goes by the same word: sales are so many, and so much revenue.
    """
    headings = [mention for mention in lattice.mentions if mention.is_heading]
    named = {link.target for mention in headings for link in mention.links}
    amounts = {item.entity for item in named if isinstance(item, Field) and item.is_numeric}
    counted = {
        link.target.field.entity if isinstance(link.target, Stored) else link.target
        for mention in takewhile(lambda m: cues.EACH.isdisjoint(m.left), lattice.mentions)
        if mention.is_heading
        for link in mention.links
    }
    total = any(token.lower == "total" for token in lattice.tokens)
    return any(
        term.entity in counted
        and term.aggregate
        and (term.entity in amounts or _are_amounts(term.entity, total))
        for term in plan.select
    )


def _are_amounts(entity: Entity, total: bool) -> bool:
    """Payments; invoices are pieces of paper first, unless somebody says the total."""
    papers = not total and not _PAPERS.isdisjoint(entity.stems[-1:])
    return not papers and amount_of(entity) is not None


_PAPERS = frozenset(words.stems("invoice bill order claim receipt quote contract"))


def leaves_something_out(lattice: Lattice, plan: Plan, actions: Sequence[Action]) -> bool:
    """`bookings by status and hotel`, where a number is told for each status alone; `Vienna
    bookings`, where it is of all.
    """
    heading = next((m for m in lattice.mentions if m.is_heading), None)
    if heading is None:
        return False
    if any(a.role == "skip" and a.mention.position < heading.position for a in actions):
        return True
    units = {term.unit for term in plan.group if term.unit}
    said: list[Mention] = []
    for mention in lattice.mentions[heading.position + 1 :]:
        goes_on = mention.left and set(mention.left) <= _AND and mention.before in said
        if not cues.EACH.isdisjoint(mention.left) or goes_on:
            said.append(mention)
    return any(m.unit not in units and not has_lines_for(m, plan) for m in said)


def is_list_in_order(lattice: Lattice, plan: Plan) -> bool:
    """Whether `films by year`, which may ask for a number of each, is a list in that order."""
    if plan.limit is not None or plan.group or plan.window is not None or not lattice.mentions:
        return False
    lead = {token.lower for token in lattice.tokens[: lattice.mentions[0].start]}
    if not lead <= _ARTICLES or not lattice.tags.isdisjoint(_FIGURES | _ORDERS):
        return False
    kinds = {field for field in sorted_by(plan) if _makes_groups(field)}
    by = (mention for mention in lattice.mentions[1:] if mention.left == ("by",))
    return any(link.target in kinds for mention in by for link in mention.links)


_ORDERS = frozenset(("order", "asc", "desc"))


def _makes_groups(item: Field) -> bool:
    return item.meaning is Meaning.YEAR or _is_category(item)


_AND = frozenset(("and", "comma", "each", "by"))
