"""What SQL would compute and nobody means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from forerun.domain import Kind as ColumnKind
from forerun.parsing import typical
from forerun.parsing.mentions import Kind, Lattice, Mention, is_for_each
from forerun.parsing.plans import Compare, Condition, During, Plan, Semi, Term
from forerun.parsing.schema import Field, Meaning


def senseless(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Names of what is wrong, and words for it."""
    yield from _unmeetable(plan)
    if any(map(_adds_references_up, plan.select)):
        yield "references-added-up", "What tells which other row is meant adds up to nothing."
    cut = any(term.unit for term in plan.group)
    if cut and plan.window is None and any(map(_is_to_date, lattice.mentions)):
        yield "to-date", "Figures to date by period may be added up or not."
    if lattice.tags.isdisjoint(("max", "min")) and _takes_the_last_of_the_alphabet(plan, lattice):
        yield "largest-text", "The largest text is only the last of the alphabet."
    if any(_is_of_one_row(having.term, plan) for having in plan.having):
        yield "average-of-one", "An average of one row is no average."
    if any(_demanded(semi, plan) for semi in plan.semis if semi.negated):
        yield "with-and-without", "No row has a partner and has none."
    typical_one = plan.window is not None and plan.window.kind == typical.KIND
    if typical_one and sum(map(is_for_each, lattice.mentions)) > 1:
        yield "unmet-each", "It is asked for each of two things; this reading shows neither."


def _unmeetable(plan: Plan) -> Iterator[tuple[str, str]]:
    """Conditions that no row meets."""
    alone = [clause[0] for clause in plan.where if len(clause) == 1]
    for one, other in combinations((c for c in alone if isinstance(c, During)), 2):
        if one.field is other.field and not one.period.overlaps(other.period):
            yield "no-such-day", "No day lies in both periods."
    if any(_are_two_values(one, other) for one, other in combinations(alone, 2)):
        yield "no-such-row", "No row has two values in one column."
    if any(map(_is_never_missing, plan.conditions)):
        yield "never-missing", "Every row has a value there."


def _are_two_values(one: Condition, other: Condition) -> bool:
    """`salary of Ann and Bob together`: nobody is called both."""
    if not isinstance(one, Compare) or not isinstance(other, Compare):
        return False
    told = one.field is other.field and one.op == other.op == "="
    return told and one.values != other.values


def _adds_references_up(term: Term) -> bool:
    """`projects together with their lead`, whose number is no figure."""
    item = term.field
    if item is None or item.meaning is not Meaning.KEY or term.aggregate not in ("sum", "avg"):
        return False
    return item not in item.entity.primary


def _is_never_missing(condition: Condition) -> bool:
    missing = isinstance(condition, Compare) and condition.op == "null"
    return missing and not condition.field.column.nullable


def _is_of_one_row(term: Term, plan: Plan) -> bool:
    """Whether groups by a key average what each of their rows has one of, joined to nothing."""
    keyed = any(key.field in term.entity.primary for key in plan.group)
    return term.aggregate == "avg" and keyed and not plan.tree.edges


def _demanded(absent: Semi, plan: Plan) -> bool:
    """Whether the partners that there must not be are joined, or looked up elsewhere."""
    if absent.where or absent.tree.edges:
        return False  # no such partner, but others
    there = [semi.edge for semi in plan.semis if not semi.negated and semi.outer is absent.outer]
    return absent.edge in plan.tree.edges or absent.edge in there


def _is_to_date(mention: Mention) -> bool:
    """`year to date`, which beside "by month" is either each month's figure or all up to then."""
    words = mention.text.lower().split()
    told = words[-2:] == ["to", "date"] or words[-1] in ("ytd", "qtd", "mtd")
    return mention.kind is Kind.PERIOD and told


def _takes_the_last_of_the_alphabet(plan: Plan, lattice: Lattice) -> bool:
    """`the highest job title`, shown, or its employee."""
    extremes = [term for term in plan.select if term.aggregate in ("max", "min")]
    if plan.limit is not None and lattice.tags & {"high", "low"}:
        extremes += [order.term for order in plan.order if not order.term.aggregate]
    return any(term.field is not None and _is_plain_text(term.field) for term in extremes)


def _is_plain_text(item: Field) -> bool:
    text = item.column.kind is ColumnKind.TEXT and not item.is_numeric
    return text and item.meaning is not Meaning.DATE
