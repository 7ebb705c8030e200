"""The parts that numbers, texts, dates and words without a name of their own may play."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing import cues, foremost, overdue, unsaid
from forerun.parsing.actions import Action
from forerun.parsing.dates import MONTHS
from forerun.parsing.dating import is_spoken_of, when
from forerun.parsing.elapsed import is_a_way_too, is_of_birth
from forerun.parsing.happenings import kind_of
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention, goes_on_for_each
from forerun.parsing.schema import Elapsed, Entity, Field, Meaning, Stored
from forerun.parsing.spells import Period

_MAX_OCCURRENCES = 6


def literal_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """Roles that come of what a mention is, not of what it names."""
    if mention.number is not None:
        yield from _number_roles(mention) if mention.op not in ("first", "last") else ()
        yield from foremost.ranked(mention, lattice, index)
        yield from unsaid.beyond(mention, index)
    if mention.kind is Kind.TEXT:
        yield from _text_roles(mention)
    if mention.kind is Kind.PERIOD:
        yield from _period_roles(mention, lattice, index)
    yield from _unit_roles(mention, lattice, index)
    if mention.kind is Kind.ADJECTIVE and mention.links:
        yield from _largest_roles(mention)
    elif mention.kind is Kind.ADJECTIVE and mention.adjective:
        lately = tuple(_lately_roles(mention, lattice))
        yield from lately or _adjective_roles(mention, lattice, index)
        yield from () if lately else _latest_roles(mention, lattice, index)
    if mention.kind is Kind.HAPPENING:
        yield from _happened_roles(mention)
    if mention.kind is Kind.OCCURRENCE:
        yield from _occurrence_roles(mention, lattice, index)
    if mention.kind is Kind.AVERAGE:
        kinds = ("any", "all") if mention.aggregate == "any" else (mention.aggregate,)
        for kind in kinds:  # "older than any" is said of both
            yield Action("beside", mention, op=comparator(mention), aggregates=(kind,))


def _happened_roles(mention: Mention) -> Iterator[Action]:
    """It happened where its date is known, where its flag says yes, or where the status says so."""
    if mention.op in _BY_TWO_DAYS:
        due, done = (link.target for link in mention.links)
        if isinstance(due, Field) and isinstance(done, Field):
            yield Action("overdue", mention, field=due, other=done, op=mention.op)
        return
    denied = mention.op == "null"
    for link in mention.links:
        item = link.target
        if isinstance(item, Stored):
            op = "!=" if denied else "="
            yield Action("equal", mention, field=item.field, value=item.value, op=op)
        elif isinstance(item, Field) and item.flags:
            yield Action("flag", mention, field=item, value=item.flags[not denied])
        elif isinstance(item, Field):
            yield Action("lacks", mention, field=item, op=mention.op)


_BY_TWO_DAYS = (overdue.OVERDUE, overdue.LATE, overdue.ON_TIME)


def _period_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    period = _open_ended(mention)
    for item in when(mention, lattice, index):
        if not (_has_no_year(mention) and kind_of(item) == "lives"):
            yield Action("period", mention, field=item, value=period)
            if mention.later is not None:
                yield Action("period", mention, field=item, value=mention.later)


def _unit_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """`per month`, `per plan and month`, `monthly`."""
    if mention.unit and (
        set(mention.left) & cues.EACH
        or goes_on_for_each(mention)
        or _is_asked_for(mention, lattice)
        or mention.text.lower() not in (mention.unit, mention.unit + "s")
    ):
        for item in when(mention, lattice, index):
            if item.meaning is Meaning.DATE:
                asked = item.column.nullable and _is_asked_for(mention, lattice)
                only_some = asked or is_spoken_of(item, mention, lattice, index)
                known = "not null" if only_some else "="
                yield Action("bucket", mention, field=item, unit=mention.unit, op=known)


def _is_asked_for(mention: Mention, lattice: Lattice) -> bool:
    """`which month had the highest revenue?`"""
    asked = mention.start > 0 and lattice.tokens[mention.start - 1].lower in ("which", "what")
    return asked and not lattice.tags.isdisjoint(_FOREMOST)


_FOREMOST = frozenset(("most", "least", "high", "low"))


def _has_no_year(mention: Mention) -> bool:
    """`born in March`, of whatever year."""
    return mention.text.lower().split()[-1] in MONTHS


def _open_ended(mention: Mention) -> Period | None:
    """`in 2019 or later`."""
    period, after = mention.period, mention.right[:1]
    if period is not None and after == (">=",) and period.start is not None:
        return Period(period.start, None, period.grain)
    if period is not None and after == ("<=",) and period.end is not None:
        return Period(None, period.end, period.grain)
    return period


def _occurrence_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """Rows of a table that is named, or of one whose rows belong to it."""
    named = sorted(_spoken_of(lattice), key=lambda entity: entity.key)
    many = [edge.many for one in named for edge in index.edges_of(one) if edge.one is one]
    for entity in list(dict.fromkeys((*named, *many)))[:_MAX_OCCURRENCES]:
        quality = "named" if entity in lattice.entities else "near"
        if mention.own_cue == "tally":
            yield Action("rows", mention, entity=entity, quality=quality)
        else:
            often = mention.own_cue == "often"
            yield Action("frequent", mention, entity=entity, descending=often, quality=quality)


def _spoken_of(lattice: Lattice) -> set[Entity]:
    columns = (
        link.target.entity
        for mention in lattice.mentions
        for link in mention.links
        if isinstance(link.target, Field) and link.quality in ("exact", "stripped", "qualified")
    )
    return {*lattice.entities, *columns}


def _text_roles(mention: Mention) -> Iterator[Action]:
    op = _shape(mention) or "="
    negated = "not " if set(mention.left) & cues.NEGATIVE else ""
    yield Action("literal", mention, value=mention.text, op=negated + op)
    if op == "=":
        yield Action("literal", mention, value=mention.text, op=f"{negated}contains")


def _shape(mention: Mention) -> str | None:
    return next((tag for tag in ("starts", "ends", "contains") if tag in mention.left), None)


def _number_roles(mention: Mention) -> Iterator[Action]:
    compared = {*mention.left, *mention.right[:1]} & {*cues.COMPARATORS, "between"}
    if shape := _shape(mention):
        yield Action("literal", mention, value=mention.text, op=shape)
    if mention.period is not None and not compared:
        yield _year_compared(mention, mention.period)
        return
    op = comparator(mention)
    yield Action("compare", mention, value=(mention.number,), op=op)
    if isinstance(mention.number, int) and not _is_a_grade(mention):
        if mention.number >= 0 and not (op == "=" and {"first", "last"} & set(mention.left)):
            yield Action("having", mention, value=mention.number, op=op)
        if 0 < mention.number <= 1000:
            yield Action("limit", mention, value=mention.number)


def _is_a_grade(mention: Mention) -> bool:
    """`grade 4 events`: the value of the column right before it, not a number of events."""
    before, after = mention.before, mention.after
    if before is None or before.end != mention.start or after is None or mention.left:
        return False
    fields = [link.target for link in before.links if link.quality in _WHOLE]
    ranked = all(isinstance(f, Field) and f.meaning is not Meaning.KEY for f in fields)
    plainly = set(before.left) <= {"with", "count", "that", "for"}
    return bool(fields) and ranked and after.start == mention.end and plainly


_WHOLE = ("exact", "stripped", "qualified")


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


def compared_around(mention: Mention) -> str | None:
    """`a higher price than 20`: the comparison is said before the column."""
    before = mention.before
    if before is None or "than" not in mention.left:
        return None
    said = next((tag for tag in before.left if tag in _AROUND), None)
    return _AROUND[said] if said else None


_AROUND = {"above": ">", "beneath": "<"}


def comparator(mention: Mention) -> str:
    """The comparison that the cues around a number ask for."""
    if mention.op in cues.COMPARATORS and mention.before and mention.before.kind is Kind.THING:
        return mention.op
    for tag in (*mention.left, *mention.right[:1]):
        if tag == "between" or tag in cues.COMPARATORS:
            return ("!=" if tag == "=" else tag) if "not" in mention.left else tag
    before = mention.before
    if (around := compared_around(mention)) is not None:
        return around
    if before is not None and before.kind is Kind.ADJECTIVE and before.adjective:
        return "<=" if before.op == "not" else ">"  # turned around by its own direction
    if before is not None and not mention.left and mention.kind is Kind.NUMBER:
        said = next((tag for tag in before.left if tag in cues.COMPARATORS), None)
        if said is not None:
            return said  # under age 30
    text = mention.text.lower().split()[:1]
    if mention.kind is Kind.AVERAGE and text:
        return "<" if text[0] in ("below", "under") else ">"
    return "!=" if "not" in mention.left else "="


def _adjective_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    if mention.adjective is None:
        return
    on_average = mention.adjective.degree == "plain" and _is_on_average(mention, lattice)
    shown = ("avg",) if on_average else ()
    for rank, (hint, up) in enumerate(mention.adjective.hints):
        for link in index.names.get((hint,), ()):
            item = link.target
            if not isinstance(item, Field) or item.meaning is Meaning.KEY or item.metric:
                continue
            if item.elapsed is not None and _is_not_meant(mention.adjective, item.elapsed):
                continue
            if item.meaning is Meaning.DATE and not _is_said_of_days(mention.adjective, item):
                continue
            quality = f"hint{min(rank, 1)}-{link.quality}"
            roles = {"superlative": ("top",), "plain": ("show", "subject")}
            if mention.right == ("to",):  # from youngest to oldest
                roles = {"superlative": ("order",)}
            for role in roles.get(mention.adjective.degree, ("subject",)):
                figures = shown if role == "show" else ()
                yield Action(
                    role, mention, field=item, aggregates=figures, descending=up, quality=quality
                )


def _is_said_of_days(adjective: cues.Adjective, item: Field) -> bool:
    """The longest tour is not the latest, nor is the oldest member who joined first, where it is
    known when they were born.
    """
    (first, _), *_ = adjective.hints
    if first not in (_AGE, _DATE):
        return False
    days = [other for other in item.entity.fields if other.meaning is Meaning.DATE]
    born = [other for other in days if is_of_birth(other)]
    return first == _DATE or not born or item in born


_AGE = "age"


def _largest_roles(mention: Mention) -> Iterator[Action]:
    """`the largest order`: by the amount that it was found to mean."""
    for link in mention.links:
        if isinstance(link.target, Field) and mention.adjective is not None:
            (_, most), *_ = mention.adjective.hints
            quality = f"hint0-{link.quality}"
            yield Action("top", mention, field=link.target, descending=most, quality=quality)


def _is_on_average(mention: Mention, lattice: Lattice) -> bool:
    """`how long is a stay on average`, `how old is the average guest`."""
    after = mention.after
    of_rows = after is not None and any(isinstance(k.target, Entity) for k in after.links)
    beside = after is not None and of_rows and after.left[-1:] == ("avg",)
    for_each = any(
        m.left[:1] == ("avg",) and not cues.EACH.isdisjoint(m.left) for m in lattice.mentions
    )
    return beside or for_each or lattice.mentions[-1].right[-1:] == ("avg",)


def _is_not_meant(adjective: cues.Adjective, elapsed: Elapsed) -> bool:
    """Of the same age, the oldest was still born first; a long trip may be so in kilometres."""
    if isinstance(elapsed.end, Field):
        return is_a_way_too(elapsed.begin.entity)
    return adjective.degree == "superlative"


def _lately_roles(mention: Mention, lattice: Lattice) -> Iterator[Action]:
    """`the most recently paid invoice`: by when it was paid, whatever date it has besides."""
    adjective = mention.adjective
    if adjective is None or adjective.degree != "superlative" or not adjective.word.endswith("ly"):
        return
    (hint, up), *_ = adjective.hints
    for said in lattice.mentions:
        is_beside = said.start == mention.end or said.end == mention.start
        if hint == _DATE and said.kind is Kind.HAPPENING and said.op == "not null" and is_beside:
            for item in (link.target for link in said.links):
                if isinstance(item, Field) and item.meaning is Meaning.DATE:
                    yield Action("top", mention, field=item, descending=up, quality="hint0-exact")


def _latest_roles(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """`the latest order`: by when orders happen, whatever that date is called."""
    adjective = mention.adjective
    if adjective is None or adjective.degree != "superlative":
        return
    (hint, up), *_ = adjective.hints
    for entity in sorted(lattice.entities, key=lambda entity: entity.key):
        item = index.usual_time(entity)
        if hint == _DATE and item is not None and _DATE not in item.stems:
            yield Action("top", mention, field=item, descending=up, quality="hint0-exact")


_DATE = "date"
