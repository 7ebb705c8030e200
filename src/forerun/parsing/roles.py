"""The parts a mention may play in a plan. Every option carries the features that speak for it."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing import cues
from forerun.parsing.actions import Action, describe
from forerun.parsing.dates import Period
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Meaning, Stored

_MAX_PERIOD_FIELDS = 5
_SUPERLATIVE = frozenset(("most", "least", "high", "low", "first", "last", "common", "rare"))
_UPWARD = frozenset(("most", "high", "first", "common", "max"))
_EACH = frozenset(("each", "by"))
_ORDERED = frozenset(("order", "by", "desc", "asc"))
_PATTERNS = frozenset(("starts", "ends", "contains"))
_NEGATIVE = frozenset(("not", "without"))


def options(mention: Mention, lattice: Lattice, index: Index) -> list[Action]:
    """Every role `mention` may play, with its features. Leaving it out is always one."""
    found: list[Action] = []
    for link in mention.links:
        target = link.target
        if isinstance(target, Stored):
            if set(mention.left) & _PATTERNS:
                continue
            some: Iterator[Action] = _value_roles(mention, target)
        elif isinstance(target, Entity):
            some = _entity_roles(mention, target)
        else:
            some = _field_roles(mention, target)
        for action in some:
            action.quality = link.quality
            found.append(action)
    found.extend(_literal_roles(mention, lattice, index))
    found.append(Action("skip", mention, quality=_best_quality(mention)))
    for action in found:
        describe(action, lattice)
    return found


def _best_quality(mention: Mention) -> str:
    order = ("exact", "qualified", "stripped", "value", "value-stem", "tail", "part")
    qualities = {link.quality for link in mention.links}
    return next((quality for quality in order if quality in qualities), mention.kind.value)


def _entity_roles(mention: Mention, entity: Entity) -> Iterator[Action]:
    left = set(mention.left)
    if "count" in left:
        yield Action("count", mention, entity=entity)
        if "distinct" in left:
            for item in entity.display[:1]:
                yield Action("count", mention, field=item)
    else:
        yield Action("show", mention, entity=entity)
    yield Action("from", mention, entity=entity)
    if left & _EACH:
        yield Action("group", mention, entity=entity)
    if left & _SUPERLATIVE and not left & {"high", "low"}:
        yield Action("top", mention, entity=entity, aggregates=("count",), descending=_up(left))
    if left & {"count", "high", "low"} and left & (_SUPERLATIVE | _ORDERED):
        role = "order" if left & _ORDERED else "top"
        down = _descends(mention) if role == "order" else _up(left)
        yield Action(role, mention, entity=entity, aggregates=("count",), descending=down)
    if left & {"common", "rare"}:
        yield Action("mode", mention, entity=entity, descending="common" in left)
    if left & _NEGATIVE:
        yield Action("absent", mention, entity=entity)
    if _near_number(mention):
        yield Action("counted", mention, entity=entity)


def _field_roles(mention: Mention, item: Field) -> Iterator[Action]:
    left = set(mention.left)
    aggregates = tuple(dict.fromkeys(tag for tag in mention.left if tag in cues.AGGREGATES))
    yield from _shown(mention, item, aggregates)
    if left & _EACH:
        yield Action("group", mention, field=item)
    if left & _ORDERED or mention.clause in ("order", "by"):
        down = _descends(mention)
        yield Action("order", mention, field=item, aggregates=aggregates[:1], descending=down)
        if item.meaning is Meaning.MEASURE and not aggregates:
            yield Action("order", mention, field=item, aggregates=("sum",), descending=down)
    yield from _extremes(mention, item, aggregates)
    if _may_be_compared(mention):
        yield Action("subject", mention, field=item, aggregates=aggregates[:1])
    if _near_number(mention) and ("distinct" in left or not item.is_numeric):
        yield Action("counted", mention, field=item)
    if mention.unit and item.meaning is not Meaning.KEY and left & _EACH:
        yield Action("group", mention, field=item)


def _shown(mention: Mention, item: Field, aggregates: tuple[str, ...]) -> Iterator[Action]:
    left = set(mention.left)
    if "count" in left:
        yield Action("count", mention, field=item)
    if aggregates:
        yield Action("show", mention, field=item, aggregates=aggregates)
    else:
        yield Action("show", mention, field=item)
        if item.is_additive and not left & (_EACH | {"count"}):
            yield Action("show", mention, field=item, aggregates=("sum",), implied=True)
        if mention.before is not None and mention.left in (("and",), ("comma",), ("comma", "and")):
            yield Action("show", mention, field=item, inherit=True)
    if left & {"high", "low"} and not aggregates:
        best = tuple(b for cue, b in (("high", "max"), ("low", "min")) if cue in left)
        yield Action("show", mention, field=item, aggregates=best)
    if "count" in left and item.is_numeric:
        yield Action("show", mention, field=item)
        if "sum" in left or item.meaning is Meaning.MEASURE:
            yield Action("show", mention, field=item, aggregates=("sum",))


def _extremes(mention: Mention, item: Field, aggregates: tuple[str, ...]) -> Iterator[Action]:
    left = set(mention.left)
    if left & {"common", "rare", "most", "least"}:
        up = _up(left)
        yield Action("mode", mention, field=item, descending=up)
    extreme = left & (_SUPERLATIVE | {"max", "min"})
    if extreme and not extreme <= {"common", "rare"}:
        rest = tuple(a for a in aggregates if a not in ("max", "min"))[:1]
        up = _up(left)
        yield Action("top", mention, field=item, aggregates=rest, descending=up)
        if item.is_numeric and not rest:
            yield Action("top", mention, field=item, aggregates=("sum",), descending=up)


def _up(left: set[str]) -> bool:
    return bool(left & _UPWARD) and not left & {"least", "rare", "low", "last", "min"}


def _descends(mention: Mention) -> bool:
    """`descending` said before or right after the column."""
    right = mention.right[:2] if mention.right else ()
    if "desc" in mention.left or "desc" in right:
        return True
    if "asc" in mention.left or "asc" in right:
        return False
    here: Mention | None = mention
    while here is not None:  # "top 5 products by revenue" means the highest revenue
        if set(here.left) & {"first", "high", "most"}:
            return True
        here = here.before
    return False


_COMPARABLE = frozenset((Kind.NUMBER, Kind.TEXT, Kind.PERIOD, Kind.AVERAGE))


def _may_be_compared(mention: Mention) -> bool:
    """Something to compare with stands just before or within the next two mentions."""
    after = mention.after
    near = (mention.before, after, after.after if after else None)
    return any(
        other is not None
        and (
            other.kind in _COMPARABLE
            or other.number is not None
            or any(isinstance(link.target, Stored) for link in other.links)
        )
        for other in near
    )


def _near_number(mention: Mention) -> bool:
    before = mention.before
    return (before is not None and before.kind is Kind.NUMBER) or bool(
        mention.left and mention.left[-1] in (">=",)
    )


def _value_roles(mention: Mention, stored: Stored) -> Iterator[Action]:
    negated = bool(set(mention.left) & {"not", "without"})
    op = "!=" if negated else "="
    yield Action("equal", mention, field=stored.field, value=stored.value, op=op)
    if "count" in mention.left:  # "how many restaurants": rows of that kind
        yield Action("tally", mention, field=stored.field, value=stored.value, op=op)


def _literal_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    if mention.number is not None:
        yield from _number_roles(mention)
    if mention.kind is Kind.TEXT:
        op = next((tag for tag in ("starts", "ends", "contains") if tag in mention.left), "=")
        negated = bool(set(mention.left) & _NEGATIVE)
        yield Action("literal", mention, value=mention.text, op=("not " if negated else "") + op)
    if mention.kind is Kind.PERIOD:
        for item in _when(lattice, index):
            yield Action("period", mention, field=item)
    if mention.unit and (
        set(mention.left) & _EACH or mention.text.lower() not in (mention.unit, mention.unit + "s")
    ):
        for item in _when(lattice, index):
            if item.meaning is Meaning.DATE:
                yield Action("bucket", mention, field=item, unit=mention.unit)
    if mention.kind is Kind.ADJECTIVE and mention.adjective:
        yield from _adjective_roles(mention, index)
    if mention.kind is Kind.AVERAGE:
        yield Action("beside", mention, op=comparator(mention))


def _is_adverb(mention: Mention) -> bool:
    """`monthly` groups by itself, `month` needs its `per`."""
    return mention.text.lower().rstrip("s") != mention.unit


def _number_roles(mention: Mention) -> Iterator[Action]:
    compared = set(mention.left) & {*cues.COMPARATORS, "between"}
    if mention.period is not None and not compared:
        yield _year_compared(mention, mention.period)
        return
    op = comparator(mention)
    yield Action("compare", mention, value=(mention.number,), op=op)
    if isinstance(mention.number, int):
        if mention.number >= 0:
            yield Action("having", mention, value=mention.number, op=op)
        if 0 < mention.number <= 1000:
            yield Action("limit", mention, value=mention.number)


def _year_compared(mention: Mention, period: Period) -> Action:
    """A range of years read as plain numbers, for columns such as `founded`."""
    first = period.start.year if period.start else None
    last = period.end.year if period.end else None
    opener = mention.text.lower().split()[0]
    if first is not None and last is not None:
        if last - first == 1:
            return Action("compare", mention, value=(first,))
        return Action("compare", mention, value=(first, last - 1), op="between")
    if first is not None:
        after = opener == "after"
        return Action("compare", mention, value=(first - after,), op=">" if after else ">=")
    before = opener == "before"
    return Action(
        "compare", mention, value=((last or 0) - (not before),), op="<" if before else "<="
    )


def comparator(mention: Mention) -> str:
    """The comparison that the cues around a number ask for."""
    for tag in (*mention.left, *mention.right[:1]):
        if tag == "between" or tag in cues.COMPARATORS:
            return ("!=" if tag == "=" else tag) if "not" in mention.left else tag
    before = mention.before
    if before is not None and set(mention.left) <= {"of", "is"} and before.kind is Kind.THING:
        said = [tag for tag in before.left if tag in cues.COMPARATORS]  # "over age 30"
        if said:
            return said[-1]
    if before is not None and before.kind is Kind.ADJECTIVE and before.adjective:
        return ">"  # turned around by the adjective's own direction
    text = mention.text.lower().split()[:1]
    if mention.kind is Kind.AVERAGE and text:
        return "<" if text[0] in ("below", "under") else ">"
    return "!=" if "not" in mention.left else "="


def _when(lattice: Lattice, index: Index) -> list[Field]:
    """Date columns near what the question names: named tables first, then their neighbours."""
    named = lattice.entities | {
        link.target.entity
        for mention in lattice.mentions
        for link in mention.links
        if isinstance(link.target, Field) and link.quality != "part"
    }
    near = {e for n in named for edge in index.edges_of(n) for e in (edge.one, edge.many)}
    days = {f for edge in index.edges for f, _ in edge.pairs if f.meaning is Meaning.DATE}
    calendars = {edge.one for edge in index.edges for f, _ in edge.pairs if f in days}

    def distance(item: Field) -> int:
        if item.entity in lattice.entities:
            return 0
        return 1 if item.entity in named else 2 if item.entity in near else 3

    # what refers to a calendar's day holds that day itself
    own = [item for item in index.date_fields if item.entity not in calendars]
    return sorted(own or index.date_fields, key=distance)[:_MAX_PERIOD_FIELDS]


def _adjective_roles(mention: Mention, index: Index) -> Iterator[Action]:
    if mention.adjective is None:
        return
    for rank, (hint, up) in enumerate(mention.adjective.hints):
        for link in index.names.get((hint,), ()):
            item = link.target
            if not isinstance(item, Field) or item.meaning is Meaning.KEY:
                continue
            quality = f"hint{min(rank, 1)}-{link.quality}"
            roles = {"superlative": ("top",), "plain": ("show", "subject")}
            if mention.right == ("to",):  # from youngest to oldest
                roles = {"superlative": ("order",)}
            for role in roles.get(mention.adjective.degree, ("subject",)):
                yield Action(role, mention, field=item, descending=up, quality=quality)
