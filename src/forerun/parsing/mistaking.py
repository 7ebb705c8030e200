"""Readings that take one thing for another: a state for a deed, so many of something for what is
made for so many, one that is not for none that is, a rate for a group, one row for an average.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from forerun.catalog import words
from forerun.catalog.words import stem
from forerun.domain import Kind as ColumnKind
from forerun.parsing import cues
from forerun.parsing.alone import has_one_row_each
from forerun.parsing.happenings import happenings, kind_of
from forerun.parsing.inflection import is_past, is_verb
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Compare, Condition, During, Plan, Term, fields_of, says_no
from forerun.parsing.predicating import Predicate, predicate_at
from forerun.parsing.schema import Entity, Field, Meaning, Stored
from forerun.parsing.twofold import is_one_of
from forerun.parsing.yielding import says_how_things_are

Mistake: TypeAlias = tuple[str, str]
"""A name for it, and the words in which an asker is told."""


def mistakes(lattice: Lattice, plan: Plan) -> Iterator[Mistake]:
    """Everything that the plan takes for something else."""
    said = any(_is_asked_after(mention, lattice, plan) for mention in lattice.mentions)
    if said or any(_is_a_deed(condition, lattice, plan) for condition in plan.conditions):
        yield "state-for-deed", "The question asks what was done; this reading how things are now."
    if plan.having and any(map(_is_for_so_many, lattice.mentions)):
        yield "made-for-so-many", "This reading counts what the question says that each is for."
    never = any(token.lower == "never" for token in lattice.tokens)
    if ("not" in lattice.tags and _counts_whose_any_is_not(plan)) or (never and _lists_some(plan)):
        yield "one-that-is-not", "One that is not says nothing of whether another is."
    if any(_is_deed_of_some(term, lattice, plan) for term in plan.select):
        yield "deed-of-some", "Not all of these may be what the question says was done."
    if plan.group and any(_is_none_of_many(m, plan) for m in lattice.mentions):
        yield (
            "none-of-many",
            "The question asks for none that is so; this reading leaves those out.",
        )
    if plan.limit is not None and any(o.term.field and o.term.field.flags for o in plan.order):
        yield "ranked-by-yes", "A yes or no has no highest."
    if any(_is_state_since(mention, plan) for mention in lattice.mentions):
        yield (
            "state-at-a-time",
            "When that came about is not known; this reading takes another day.",
        )
    if _averages_one_row_each(plan):
        yield "average-of-one", "There is one row each, of which an average tells nothing."
    single = any(
        _is_a_rate(term, lattice) or _is_called_in_part(term, lattice) for term in plan.group
    )
    if single and any(map(_is_a_figure, plan.select)):
        yield "rate-for-group", "This reading has a line for each single quantity there is."
    yield from _misheard(lattice, plan)
    yield from _of_another_row(lattice, plan)


def _misheard(lattice: Lattice, plan: Plan) -> Iterator[Mistake]:
    """Two lists for pairs, one of two limits for either, and some rows for a number."""
    if _is_one_list(plan) and any(token.lower in _OF_THE_FIRST for token in lattice.tokens):
        yield "list-for-pairs", "The question asks what goes with what; this reading has one list."
    if any(map(_is_no_year, plan.conditions)):
        yield "age-for-year", "An age is no year; this reading compares a year with it."
    if any(_is_figure_of_rows(mention, plan) for mention in lattice.mentions):
        yield "rows-for-figure", "The question asks for a figure; this reading counts rows."
    if any(_throws_together(condition, lattice) for condition in plan.conditions):
        yield "thrown-together", "This reading takes two for either that the question tells apart."
    if any(map(_is_said_in_vain, plan.where)):
        yield "one-limit-idle", "Of the two limits in this reading one is enough for the other."
    if any(_is_never_at_a_time(condition, lattice, plan) for condition in plan.conditions):
        yield (
            "never-at-a-time",
            "The question asks what was not done then; this reading what never was.",
        )
    if any(map(_is_beside_some, lattice.mentions)):
        yield "number-for-some", "The question compares with rows; this reading with a number."


def _of_another_row(lattice: Lattice, plan: Plan) -> Iterator[Mistake]:
    """Its owner counted, and a number that only tells which row is meant."""
    if _counts_the_owner(plan, lattice):
        yield "owner-counted", "The question counts what that one has; this reading that one alone."
    if any(_is_said_of_the_row(c, m) for c in plan.conditions for m in lattice.mentions):
        yield "row-by-number", "The number tells which row is meant; this reading what is in it."
    if any(_takes_a_reference_for_a_number(c, lattice) for c in plan.conditions):
        yield "reference-compared", "What tells which other row is meant is no more and no less."


def _throws_together(condition: Condition, lattice: Lattice) -> bool:
    """`features that the large plan has and the small plan doesn't`, read as those of neither."""
    if not isinstance(condition, Compare) or condition.op not in ("in", "not in"):
        return False
    said = [mention for mention in lattice.mentions if is_one_of(mention, condition)]
    if len(said) < len(condition.values) or "neither" in (t.lower for t in lattice.tokens):
        return False
    return any(_JOINING.isdisjoint(mention.left) for mention in said[1:])


_JOINING = frozenset(("and", "or", "comma", "without", "not", "both"))


def _is_no_year(condition: Condition) -> bool:
    """`older than 60`, where only the year of birth is known."""
    if not isinstance(condition, Compare) or condition.field.meaning is not Meaning.YEAR:
        return False
    figures = (value for value in condition.values if isinstance(value, int | float))
    return any(0 < value < _FIRST_YEAR for value in figures)


_FIRST_YEAR = 1000


def _is_figure_of_rows(mention: Mention, plan: Plan) -> bool:
    """`the highest harvest`, `more than 50000 in charges`: not the most of them."""
    ranked = [order.term for order in plan.order if plan.limit is not None]
    held = [having.term for having in plan.having]
    before = mention.before
    highest = not {"high", "low"}.isdisjoint(mention.left[-1:])
    amount = before is not None and before.kind is Kind.NUMBER and before.text[-1:].isdigit()
    inside = mention.left == ("in",) and amount and before is not None and not before.is_times
    tables = {link.target for link in mention.links if isinstance(link.target, Entity)}
    counted = (ranked if highest else []) + (held if inside else [])
    return any(
        term.aggregate == "count" and term.field is None and term.entity in tables
        for term in counted
    )


def _is_one_list(plan: Plan) -> bool:
    """Rows of two tables, one below the other."""
    return plan.setop is not None and plan.setop.kind == "union" and bool(plan.setop.select)


_OF_THE_FIRST = frozenset(("they", "their", "its", "corresponding", "respective"))
"""`actors and the musicals that they are in`: each with its own."""


def _is_said_in_vain(clause: tuple[Condition, ...]) -> bool:
    """`longer than 3300 or higher than 100`, both of the length."""
    limits = [
        (c.field, c.op[0]) for c in clause if isinstance(c, Compare) and c.op[0] in ("<", ">")
    ]
    return len(set(limits)) < len(limits)


def _is_never_at_a_time(condition: Condition, lattice: Lattice, plan: Plan) -> bool:
    """`have not logged in since January`: the time is of that very date, and of no other one."""
    if not isinstance(condition, Compare) or condition.op != "null":
        return False
    item = condition.field
    timed = any(
        m.kind is Kind.PERIOD and m.before and _names(m.before, item) and m.before.end == m.start
        for m in lattice.mentions
    )
    return timed and any(
        isinstance(c, During) and c.field is not item and c.field.entity is item.entity
        for c in plan.conditions
    )


def _is_beside_some(mention: Mention) -> bool:
    """`a lower rating than at least one blues song`."""
    compared = not set(mention.left).isdisjoint(cues.COMPARATORS)
    return mention.kind is Kind.NUMBER and "than" in mention.left and compared


def _counts_the_owner(plan: Plan, lattice: Lattice) -> bool:
    """`the number of stores that the chain South has`, as the number of chains called South."""
    counted = {term.entity for term in plan.select if term.aggregate == "count"}
    if len(counted) != 1 or plan.group:
        return False
    said = [m for m in lattice.mentions if any(k.target in counted for k in m.links)]
    named = (c for c in plan.conditions if isinstance(c, Compare) and c.op in ("=", "like"))
    fixed = (condition.field for condition in named)
    return len(said) > 1 and any(f.entity in counted and f.tells_rows_apart for f in fixed)


def _is_said_of_the_row(condition: Condition, mention: Mention) -> bool:
    """`the address of customer 10` is that of customer 10, and no address called 10."""
    after, item = mention.after, condition.field
    if after is None or after.kind is not Kind.NUMBER or after.start != mention.end:
        return False
    *said, of, row = ["", "", *mention.text.lower().split()]
    told = said[-1] and of == "of" and stem(row) in item.entity.stems
    return bool(told) and any(link.target is item for link in mention.links)


def _takes_a_reference_for_a_number(condition: Condition, lattice: Lattice) -> bool:
    """`parties with two or more records`, as those whose party is at least number 2."""
    item = condition.field
    if item.meaning is not Meaning.KEY or item in item.entity.primary:
        return False
    told = not lattice.stems.isdisjoint(_NUMBERED.intersection(item.stems))
    return isinstance(condition, Compare) and condition.op in _LIMITS and not told


_NUMBERED = frozenset(words.stems("id code key number no nr"))
_LIMITS = (">", ">=", "<", "<=", "between")


def _is_none_of_many(mention: Mention, plan: Plan) -> bool:
    """`sites with 8 machines but no stopped ones`, not those with 8 that are not stopped."""
    if "without" not in mention.left:
        return False
    values = {
        (k.target.field, k.target.value) for k in mention.links if isinstance(k.target, Stored)
    }
    grouped = {term.entity for term in plan.group}
    return any(
        isinstance(c, Compare)
        and c.op == "!="
        and c.field.entity not in grouped
        and any(c.field is item and value in c.values for item, value in values)
        for c in plan.conditions
    )


def _averages_one_row_each(plan: Plan) -> bool:
    """`which type has the highest average premium`, read as the one premium that each has."""
    terms = (*plan.select, *(order.term for order in plan.order))
    averaged = {term.entity for term in terms if term.aggregate == "avg"}
    return plan.window is None and any(has_one_row_each(plan, entity) for entity in averaged)


def _is_deed_of_some(term: Term, lattice: Lattice, plan: Plan) -> bool:
    """`amount collected`: where some payments have no date of being paid, not that of all."""
    if term.aggregate not in ("sum", "avg") or not _is_followed_by_a_deed(term.field, lattice):
        return False
    days = [item for item in term.entity.fields if item.meaning is Meaning.DATE]
    spoken_of = {item for condition in plan.conditions for item in fields_of(condition)}
    spoken_of |= {key.field for key in plan.group if key.field is not None}
    some = [item for item in days if item.column.nullable and _tells_a_deed(item)]
    return 0 < len(some) < len(days) and spoken_of.isdisjoint(days)


def _is_followed_by_a_deed(item: Field | None, lattice: Lattice) -> bool:
    unknown = {word.word for word in lattice.unknown if is_verb(word.word)}
    ends = (m.end for m in lattice.mentions if any(link.target is item for link in m.links))
    return any(token.text in unknown for end in ends for token in lattice.tokens[end : end + 1])


def _tells_a_deed(item: Field) -> bool:
    return kind_of(item) not in ("lives", "planned", "upkeep", "ends")


def _is_state_since(mention: Mention, plan: Plan) -> bool:
    """`flats let since January`, where there is a day of being listed and none of being let."""
    after, before = mention.after, mention.before
    if after is None or after.kind is not Kind.PERIOD or after.start != mention.end:
        return False
    if before is None or not (is_past(mention.text) or says_how_things_are(mention.text)):
        return False
    links = [link.target for link in mention.links]
    states = {stored.field.entity for stored in links if isinstance(stored, Stored)}
    named = any(isinstance(target, Field) for target in links)
    return not named and any(
        isinstance(c, During)
        and c.field.entity in states
        and kind_of(c.field) in ("records", "other")
        for c in plan.conditions
    )


def _is_a_deed(condition: Condition, lattice: Lattice, plan: Plan) -> bool:
    """`riders who never rented`, read by way of their rentals as those of bikes that are rented
    now: the deed is the rental itself.
    """
    if not isinstance(condition, Compare):
        return False
    deeds = _deeds(condition, plan)
    if not deeds or condition.field.entity in deeds:
        return False
    stored = {str(value).lower() for value in condition.values}
    return any(
        " ".join(said.words) in stored and not _is_how_things_are(said, condition.field, lattice)
        for at in range(len(lattice.tokens))
        if (said := predicate_at(lattice.tokens, at)) is not None
    )


def _is_asked_after(mention: Mention, lattice: Lattice, plan: Plan) -> bool:
    """`how many tickets did they open` asks for no tickets that are open."""
    word = mention.text.lower()
    done = any(token.lower in ("did", "does", "do") for token in lattice.tokens[: mention.start])
    if not done or mention.end != len(lattice.tokens):
        return False
    is_verb = any((said,) in happenings().verbs for said in (f"{word}ed", f"{word}d"))
    values = {k.target.value for k in mention.links if isinstance(k.target, Stored)}
    taken = any(isinstance(c, Compare) and not values.isdisjoint(c.values) for c in plan.conditions)
    return is_verb and taken and lattice.tokens[mention.start - 1].lower not in _HAVING


_HAVING = frozenset(("have", "has", "still", "not", "are", "is"))


def _deeds(condition: Compare, plan: Plan) -> set[Entity]:
    """Tables of the plan that go by the verb of the condition: `rentals` of `rented`."""
    verbs = {stem(str(value)) for value in condition.values}
    looked_up = (entity for semi in plan.partners for entity in semi.tree.entities)
    tables = {*plan.tree.entities, *looked_up}
    return {e for e in tables for verb in verbs if len(e.stems) == 1 and _goes_by(e.stems[0], verb)}


def _goes_by(noun: str, verb: str) -> bool:
    return len(verb) >= _LONG_ENOUGH and noun.startswith(verb)


_LONG_ENOUGH = 4


def _is_how_things_are(said: Predicate, state: Field, lattice: Lattice) -> bool:
    """`are rented`, `rented bikes`."""
    behind = {token.stem for token in lattice.tokens[said.end : said.end + 1]}
    return said.lead in _BEING or not behind.isdisjoint(state.entity.stems)


_BEING = frozenset(("is", "are", "was", "were"))


def _is_for_so_many(mention: Mention) -> bool:
    """`rooms for 4 guests`: how many fit in, not how many have been there."""
    before = mention.before
    if mention.kind is not Kind.NUMBER or before is None:
        return False
    table = any(isinstance(link.target, Entity) for link in before.links)
    return table and mention.left[:1] == ("for",)


def _counts_whose_any_is_not(plan: Plan) -> bool:
    """Customers counted by holdings that are not primary: they may have one that is."""
    by_reference = (term for term in plan.select if term.aggregate == "count" and term.distinct)
    return any(
        term.field is not None
        and term.entity.primary != (term.field,)
        and term.field.meaning is Meaning.KEY
        and any(_denies(clause[0], term.entity) for clause in plan.where)
        for term in by_reference
    )


def _lists_some(plan: Plan) -> bool:
    """Goods of which one shipment is not hazardous, which others may be: they are not never so."""
    listed = not plan.group and plan.setop is None and not plan.all_columns
    kinds = {t.field for t in plan.select if not t.aggregate and t.field is not None}
    denied = (c for c in plan.where if len(c) == 1)
    return (
        listed
        and bool(kinds)
        and not any(item.tells_rows_apart or item in item.entity.display for item in kinds)
        and any(_denies(c[0], item.entity) for c in denied for item in kinds)
    )


def _denies(condition: Condition, entity: Entity) -> bool:
    if not isinstance(condition, Compare) or condition.field.entity is not entity:
        return False
    return condition.op in ("!=", "not in") or says_no(condition)


def _is_a_rate(term: Term, lattice: Lattice) -> bool:
    """`per km`, where every distance is another, and `per minute`, of which each row has so many
    minutes.
    """
    item = term.field
    if item is None or term.unit or term.aggregate or item.meaning is not Meaning.MEASURE:
        return False
    if item.column.kind in (ColumnKind.FLOAT, ColumnKind.DECIMAL):
        return True
    last = words.split_identifier(item.name)[-1:]
    return any(map(words.is_plural, last)) and any(
        _names(mention, item) and not mention.is_plural
        for mention in lattice.mentions
        if not cues.EACH.isdisjoint(mention.left)
    )


def _names(mention: Mention, item: Field) -> bool:
    return any(link.target is item for link in mention.links)


def _is_called_in_part(term: Term, lattice: Lattice) -> bool:
    """`revenue per case` is no revenue for each number of units per case."""
    if term.field is None or term.field.meaning is not Meaning.MEASURE:
        return False
    each = (mention for mention in lattice.mentions if not cues.EACH.isdisjoint(mention.left))
    named = [link for m in each for link in m.links if link.target is term.field]
    return bool(named) and all(link.quality in ("tail", "part") for link in named)


def _is_a_figure(term: Term) -> bool:
    return term.aggregate in ("avg", "sum")
