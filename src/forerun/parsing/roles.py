"""The parts a mention may play in a plan. Every option carries the features that speak for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import counting, cues, headings, lexicon, totals
from forerun.parsing.actions import Action, describe
from forerun.parsing.comparing import is_counted_beside, is_rated, may_be_compared, near_number
from forerun.parsing.coordination import is_named_beside, is_one_of_both
from forerun.parsing.dating import are_done_then, is_a_state, is_done_then, is_said_of_a_date
from forerun.parsing.foremost import of_the_first, ranks_one
from forerun.parsing.index import Index
from forerun.parsing.lacking import (
    is_denied_deed,
    is_had_at_all,
    is_had_without_another,
    is_what_is_had,
    is_what_lacks,
    missing,
)
from forerun.parsing.literals import compared_around, literal_roles
from forerun.parsing.mentions import Kind, Lattice, Mention, asks_for_values, leaves_some_out
from forerun.parsing.schema import Entity, Field, Link, Meaning, Stored

_MAX_NAMED = 3
_SUPERLATIVE = frozenset(("most", "least", "high", "low", "first", "last", "common", "rare"))
_UPWARD = frozenset(("most", "high", "first", "common", "max"))
_ORDERED = frozenset(("order", "by", "desc", "asc"))
_DIRECTIONS = frozenset(("asc", "desc"))
_PATTERNS = frozenset(("starts", "ends", "contains"))


_UNNAMED = (Kind.HAPPENING, Kind.ADJECTIVE)
"""What is linked to columns that it does not name."""


def options(mention: Mention, lattice: Lattice, index: Index) -> list[Action]:
    """Every role `mention` may play, with its features. Leaving it out is always one."""
    found: list[Action] = []
    for link in _meant(mention) if mention.kind not in _UNNAMED else ():
        found.extend(_named_roles(mention, link, lattice, index))
    found.extend(literal_roles(mention, lattice, index))
    found.extend(_names_of_rows(mention, lattice))
    if is_one_of_both(mention):
        found = [action for action in found if action.role != "show"]
    found.append(Action("skip", mention, quality=_best_quality(mention)))
    for action in found:
        describe(action, lattice)
        action.features.extend(index.lessons.of_action(action, lattice))
    return found


def _named_roles(mention: Mention, link: Link, lattice: Lattice, index: Index) -> Iterator[Action]:
    """What the mention may do as the name of what it is linked to."""
    target = link.target
    if is_a_state(mention, target, lattice) or _goes_by_its_column(link, mention):
        return
    if is_named_beside(mention, link):
        return
    if isinstance(target, Stored) and (
        set(mention.left) & _PATTERNS or is_said_of_a_date(mention, lattice, index)
    ):
        return
    for action in _roles_of(mention, link, lattice):
        if not _means_nothing(action, link):
            action.quality = action.quality or link.quality
            yield action


def _roles_of(mention: Mention, link: Link, lattice: Lattice) -> Iterator[Action]:
    target = link.target
    if isinstance(target, Stored):
        return _value_roles(mention, target, lattice)
    if isinstance(target, Entity):
        return _entity_roles(mention, target)
    if link.quality == "qualified" and are_done_then(mention, target):
        return _entity_roles(mention, target.entity)
    if target.metric is not None:
        return _measure_roles(mention, target)
    if is_had_at_all(mention, target, lattice):
        return iter((Action("lacks", mention, field=target, op="not null"),))
    return _field_roles(mention, target, asks_for_values(lattice))


def _names_of_rows(mention: Mention, lattice: Lattice) -> Iterator[Action]:
    """`the names of the albums`, whatever the column is called."""
    stems = {token.stem for token in lattice.tokens[mention.start : mention.end]}
    if stems != {"name"}:
        return
    beside = {
        link.target
        for neighbour in (mention.after, mention.before)
        for link in (neighbour.links if neighbour is not None else ())
    }
    full = mention.start > 0 and lattice.tokens[mention.start - 1].lower == "full"
    for entity in sorted(lattice.entities, key=lambda e: e.key)[:_MAX_NAMED]:
        if entity.named("name") is None:
            near = "of-rows" if entity in beside else "of-others"
            whole = "full-" if full and len(entity.display) > 1 else ""
            yield Action("show", mention, entity=entity, quality=f"{whole}{near}")


def _meant(mention: Mention) -> tuple[Link, ...]:
    """What the words may mean: where they are a metric's name, no column of the same name.

    The average of a metric is another figure, so that it can only be asked of a column.
    """
    metrics = [link for link in mention.links if _is_metric(link)]
    named = any(link.quality == "exact" for link in metrics)
    if "avg" in mention.left:
        others = (link for link in mention.links if link not in metrics)
        return tuple(link for link in others if not named or link.quality == "exact")
    if not named:
        return mention.links
    columns = {link.target for link in mention.links if isinstance(link.target, Field)}
    return tuple(link for link in mention.links if link in metrics or link.target not in columns)


def _goes_by_its_column(link: Link, mention: Mention) -> bool:
    """`the highest revenue`, where it is a column, is not that of the number of sales, nor is its
    share.
    """
    if not isinstance(link.target, Entity) or link.quality != "synonym":
        return False
    if not set(mention.left) & (_SUPERLATIVE | {"share"}):
        return False
    exact = (other.target for other in mention.links if other.quality == "exact")
    return any(isinstance(item, Field) and item.entity is link.target for item in exact)


def _means_nothing(action: Action, link: Link) -> bool:
    """`products without sales`: no sale is without its revenue, which sales may mean too; nor is
    their number that of their revenues.
    """
    item = link.target
    if not isinstance(item, Field) or link.quality != "synonym":
        return False
    never = action.role == "lacks" and not item.column.nullable
    return never or (action.role == "count" and item.is_additive)


def _is_metric(link: Link) -> bool:
    return isinstance(link.target, Field) and link.target.metric is not None


def _best_quality(mention: Mention) -> str:
    order = ("exact", "qualified", "stripped", "value", "value-stem", "tail", "part",
             lexicon.SAME, lexicon.NEAR)  # fmt: skip
    qualities = {link.quality for link in mention.links}
    return next((quality for quality in order if quality in qualities), mention.kind.value)


_COUNT = words.stems("count")


def _counted_rows(mention: Mention, entity: Entity) -> Iterator[Action]:
    """The number of rows, or the sum of those that a row stands for."""
    yield Action("count", mention, entity=entity)
    amount = headings.amount_of(entity) if mention.is_heading else None
    if amount is not None:
        yield Action("show", mention, field=amount, aggregates=_WHOLE, quality="amount")
    own = set(entity.stems)
    for item in entity.fields:
        if item.is_numeric and item.stems[-1:] == _COUNT and set(item.stems[:-1]) <= own:
            yield Action("show", mention, field=item, aggregates=_WHOLE, quality="counted")
    if "distinct" in mention.left:
        for item in entity.display[:1]:
            yield Action("count", mention, field=item)


def _entity_roles(mention: Mention, entity: Entity) -> Iterator[Action]:
    left = set(mention.left)
    if left & {"count", "share"}:  # a share of orders is one of their number
        yield from _counted_rows(mention, entity)
    elif not is_had_without_another(mention):
        yield Action("show", mention, entity=entity)
    yield Action("from", mention, entity=entity)
    if left & cues.EACH:
        yield Action("group", mention, entity=entity)
    if left & _SUPERLATIVE and not left & {"high", "low"} and not _is_one_kind(mention):
        yield Action("top", mention, entity=entity, aggregates=("count",), descending=_up(left))
    if left & {"count", "share", "high", "low"} and left & (_SUPERLATIVE | _ORDERED):
        role = "order" if left & _ORDERED else "top"
        down = _descends(mention) if role == "order" else _up(left)
        yield Action(role, mention, entity=entity, aggregates=("count",), descending=down)
    if left & {"common", "rare"}:
        yield Action("mode", mention, entity=entity, descending="common" in left)
    if left & cues.NEGATIVE:
        yield Action("absent", mention, entity=entity)
    if near_number(mention) or is_rated(mention) or is_counted_beside(mention):
        yield Action("counted", mention, entity=entity)
    if len(entity.primary) == 1 and entity.primary[0].is_numeric and _is_numbered(mention):
        yield Action("subject", mention, field=entity.primary[0], quality="numbered")


def _is_one_kind(mention: Mention) -> bool:
    """`guests with the most common plan` have that one, and not the most plans."""
    left = set(mention.left)
    return "with" in left and bool(left & {"common", "rare"}) and not mention.is_plural


def _is_numbered(mention: Mention) -> bool:
    """`department 80`: the row with that key."""
    after = mention.after
    if after is None or after.op:
        return False  # which product sells best
    return after.kind is Kind.NUMBER and after.start == mention.end


def _field_roles(mention: Mention, item: Field, of_values: bool) -> Iterator[Action]:
    left = set(mention.left)
    aggregates = _aggregates(mention)
    if is_what_lacks(mention, item) or is_what_is_had(mention, item):
        op = "not null" if is_what_is_had(mention, item) else "null"
        yield Action("lacks", mention, field=item, op=op)
        return
    yield from counting.values_told(mention, item, of_values)
    if not _says_which(mention, item) and not is_done_then(mention):
        yield from _shown(mention, item, aggregates)
    if left & cues.EACH:
        yield Action("group", mention, field=item)
    if (up := ranks_one(mention)) is not None:
        yield Action("top", mention, field=item, aggregates=aggregates[:1], descending=up)
    elif left & _ORDERED or mention.clause in ("order", "by"):
        down = _descends(mention)
        yield Action("order", mention, field=item, aggregates=aggregates[:1], descending=down)
        if item.meaning is Meaning.MEASURE and not aggregates:
            yield Action("order", mention, field=item, aggregates=("sum",), descending=down)
    if item.is_numeric and left & cues.EACH and of_the_first(mention):
        whole = aggregates[:1] or _WHOLE
        yield Action("top", mention, field=item, aggregates=whole, descending=True)
    yield from _extremes(mention, item, aggregates)
    yield from _compared(mention, item, aggregates)
    if near_number(mention) and ("distinct" in left or not item.is_numeric):
        yield Action("counted", mention, field=item)
    if mention.unit and item.meaning is not Meaning.KEY and left & cues.EACH:
        yield Action("group", mention, field=item)


def _says_which(mention: Mention, item: Field) -> bool:
    """`registered nurses`: a yes or no right before its table says which of the rows."""
    after = mention.after
    if item.flags is None or after is None or after.start != mention.end:
        return False
    return any(link.target is item.entity for link in after.links)


def _aggregates(mention: Mention) -> tuple[str, ...]:
    """Those that were said; an average total is the average of totals."""
    said = mention.left
    if ("avg", "sum") in pairwise(said):
        said = tuple(tag for tag in said if tag != "avg")
    return tuple(dict.fromkeys(tag for tag in said if tag in cues.AGGREGATES))


def _compared(mention: Mention, item: Field, aggregates: tuple[str, ...]) -> Iterator[Action]:
    left = set(mention.left)
    if may_be_compared(mention) and not leaves_some_out(mention):
        yield Action("subject", mention, field=item, aggregates=aggregates[:1])
        if item.is_additive and not aggregates:
            yield Action("subject", mention, field=item, aggregates=_WHOLE, implied=True)
    compared = next((tag for tag in mention.left if tag in cues.COMPARATORS), None)
    compared = compared or compared_around(mention)
    if (lack := missing(mention, item)) is not None:
        yield Action("lacks", mention, field=item, op=lack)
    if (compared or "not" in left) and mention.before is not None:
        yield Action("against", mention, field=item, op=compared or "!=")


_WHOLE = ("sum",)
"""The aggregate of a metric, whose own expression stands for it."""


def _measure_roles(mention: Mention, item: Field) -> Iterator[Action]:
    left = set(mention.left)
    if left & {"sum", "count"}:
        yield Action("show", mention, field=item, aggregates=_WHOLE)
    elif not left & (cues.EACH | {"max", "min"}):
        yield Action("show", mention, field=item, aggregates=_WHOLE, implied=True)
    if left & _ORDERED or mention.clause in ("order", "by"):
        down = _descends(mention)
        yield Action("order", mention, field=item, aggregates=_WHOLE, descending=down)
    if left & (_SUPERLATIVE | {"max", "min"}) - {"common", "rare"}:
        yield Action("top", mention, field=item, aggregates=_WHOLE, descending=_up(left))
    if may_be_compared(mention):
        yield Action("subject", mention, field=item, aggregates=_WHOLE)


def _shown(mention: Mention, item: Field, aggregates: tuple[str, ...]) -> Iterator[Action]:
    left = set(mention.left)
    several = tuple(dict.fromkeys(_AGGREGATE[t] for t in mention.left if t in _AGGREGATE))
    if len(several) > 1 and several != aggregates and ("avg", "sum") not in pairwise(mention.left):
        yield Action("show", mention, field=item, aggregates=several)
    if aggregates:
        yield Action("show", mention, field=item, aggregates=aggregates)
        if item.is_additive and totals.is_of_a_period(mention) and aggregates != _WHOLE:
            yield Action("show", mention, field=item, aggregates=_WHOLE, implied=True)
    else:
        yield Action("show", mention, field=item)
        if item.is_additive and not left & (cues.EACH | {"count"}):
            yield Action("show", mention, field=item, aggregates=("sum",), implied=True)
        if mention.before is not None and mention.left in (("and",), ("comma",), ("comma", "and")):
            yield Action("show", mention, field=item, inherit=True)
    if left & {"high", "low"} and not aggregates:
        best = tuple(b for cue, b in (("high", "max"), ("low", "min")) if cue in left)
        yield Action("show", mention, field=item, aggregates=best)
    if mention.left[-1:] == ("sum",) and not item.is_additive and item.is_numeric:
        yield Action("show", mention, field=item)  # how much does it weigh
    if "count" in left and item.is_numeric:
        yield Action("show", mention, field=item)
        if "sum" in left or item.meaning is Meaning.MEASURE:
            yield Action("show", mention, field=item, aggregates=("sum",))


_AGGREGATE = {
    "avg": "avg", "sum": "sum", "max": "max", "min": "min", "high": "max", "low": "min",
    "most": "max", "least": "min",
}  # fmt: skip
"""What `the average, highest and lowest price` asks for."""


def _extremes(mention: Mention, item: Field, aggregates: tuple[str, ...]) -> Iterator[Action]:
    left = set(mention.left)
    before = mention.before
    if before is not None and before.kind is Kind.NUMBER and "first" in before.left:
        left |= set(before.left)  # the top 3 amounts
    often = left & {"common", "rare"} or (left & {"most", "least"} and not _is_figure(item))
    if often or (left & {"high", "low"} and _is_kind(item)):
        up = _up(left)
        yield Action("mode", mention, field=item, descending=up)
    extreme = left & (_SUPERLATIVE | {"max", "min"})
    if extreme and not extreme <= {"common", "rare"}:
        rest = tuple(a for a in aggregates if a not in ("max", "min"))[:1]
        up = _up(left)
        yield Action("top", mention, field=item, aggregates=rest, descending=up)
        if item.is_numeric and not rest:
            yield Action("top", mention, field=item, aggregates=("sum",), descending=up)


def _is_figure(item: Field) -> bool:
    """The most attended match has the highest attendance, not one that many have."""
    return item.meaning is Meaning.MEASURE


def _is_kind(item: Field) -> bool:
    """The largest major is the one with the most students."""
    return item.meaning is Meaning.CATEGORY and not item.is_numeric


def _up(left: set[str]) -> bool:
    return bool(left & _UPWARD) and not left & {"least", "rare", "low", "last", "min"}


def _descends(mention: Mention) -> bool:
    """`descending` said before or right after the column."""
    right = mention.right[:2] if mention.right else ()
    left = mention.left[1:] if _is_of_the_one_before(mention) else mention.left
    if "desc" in left or "desc" in right:
        return True
    if "asc" in left or "asc" in right:
        return False
    here: Mention | None = mention
    while here is not None:  # "top 5 products by revenue" means the highest revenue
        if set(here.left) & {"first", "high", "most"}:
            return True
        here = here.before
    return False


def _is_of_the_one_before(mention: Mention) -> bool:
    """`by price descending, name ascending`: what follows a column at once is said of it."""
    before = mention.before
    if before is None or before.clause not in ("order", "by"):
        return False
    return bool(set(mention.left[:1]) & _DIRECTIONS) and not set(before.left) & _DIRECTIONS


def _value_roles(mention: Mention, stored: Stored, lattice: Lattice) -> Iterator[Action]:
    negated = bool(set(mention.left) & {"not", "without"})
    op = "!=" if negated else "="
    own = stored.field.entity in lattice.entities and stored.field.column.nullable
    none = own and is_denied_deed(mention, lattice)
    yield Action("equal", mention, field=stored.field, value=stored.value, op=op, or_missing=none)
    if {"count", "share"} & set(mention.left):  # "how many restaurants": rows of that kind
        yield Action("tally", mention, field=stored.field, value=stored.value, op=op)
