"""The end of a sketch: what is shown, grouped and ordered by when nobody said so."""

from __future__ import annotations

from forerun.catalog import words
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Order, Term
from forerun.parsing.sketching import Impossible, Sketch


def finish(sketch: Sketch, lattice: Lattice) -> Sketch:
    """Fill in the defaults. Raises `Impossible` where they contradict what was said."""
    if not sketch.select and not sketch.group:
        _show_first_table(sketch)
    if sketch.group:
        _show_keys(sketch)
    else:
        _infer_groups(sketch)
    if not sketch.order:
        _order_by_default(sketch, lattice)
    if sketch.limit is not None and not sketch.order:
        raise Impossible
    return sketch


def _show_first_table(sketch: Sketch) -> None:
    """Nothing was asked for by name: show the rows of the first table spoken of."""
    if not sketch.tables:
        raise Impossible
    first = next(iter(sketch.tables))
    sketch.shown.append(first)
    sketch.nothing_asked = True
    for item in first.display:
        sketch.show(Term(item, first))


def _order_by_default(sketch: Sketch, lattice: Lattice) -> None:
    """Time runs forward; `in alphabetical order` alone means the first column shown, and `highest
    first` the figure of each group, as does `stores by number of orders`.
    """
    sketch.order += [Order(term, descending=False) for term in sketch.group if term.unit]
    figures = [term for term in sketch.select if term.aggregate]
    if sketch.group and len(figures) == 1 and _is_by_number(sketch, lattice):
        sketch.order.append(Order(figures[0], "asc" not in lattice.tags))
    if sketch.order or not lattice.tags & {"asc", "desc"}:
        return
    by_figure = sketch.group and len(figures) == 1 and not lattice.stems & _OF_LETTERS
    plain = [term for term in sketch.select if not term.aggregate]
    first = figures if by_figure else plain[:1]
    sketch.order += [Order(term, "desc" in lattice.tags) for term in first]


def _is_by_number(sketch: Sketch, lattice: Lattice) -> bool:
    if sketch.order or sketch.limit is not None:
        return False
    return any(mention.left == ("by", "count") for mention in lattice.mentions)


_OF_LETTERS = frozenset(words.stems("alphabetical alphabetically alphabetic lexicographical"))


def _infer_groups(sketch: Sketch) -> None:
    """Plain columns beside aggregates are what the aggregates are per."""
    aggregated = [term for term in sketch.select if term.aggregate]
    plain = [term for term in sketch.select if not term.aggregate]
    measured = [order.term for order in sketch.order if order.term.aggregate]
    measured += [having.term for having in sketch.having]
    if sketch.having and not plain and len(aggregated) == 1 and not sketch.order:
        _count_groups(sketch, aggregated[0])
    elif plain and (aggregated or measured):
        _aggregates_last(sketch)
        keys = [key for term in plain for key in group_keys(term)]
        sketch.group = list(dict.fromkeys(keys))
    elif not plain and (measured or sketch.order):
        if sketch.limit != 1 or sketch.having or len(sketch.order) != 1:
            raise Impossible
        sketch.of_the_foremost = True


def _aggregates_last(sketch: Sketch) -> None:
    sketch.select.sort(key=lambda term: term.aggregate is not None)


def _show_keys(sketch: Sketch) -> None:
    """Group keys are shown, first; of a table what is shown of it, not its key."""
    if not (any(term.aggregate for term in sketch.select) or sketch.order or sketch.having):
        raise Impossible  # groups of what?
    plain = [term for term in sketch.select if not term.aggregate]
    told = {term.entity for term in plain}
    for term in sketch.group:
        if _is_shown(term, sketch) and (not _names_row(term) or term.entity not in told):
            sketch.show(term)
    _aggregates_last(sketch)
    keyed = {term.entity for term in sketch.group if term.field in term.entity.primary}
    sketch.group += [t for t in plain if t not in sketch.group and t.entity not in keyed]


def _is_shown(term: Term, sketch: Sketch) -> bool:
    """A key is shown only where nothing better of its table is."""
    if term.unit or term.field not in term.entity.primary or term.field in term.entity.display:
        return True
    return not any(other.entity is term.entity and other != term for other in sketch.group)


def _names_row(term: Term) -> bool:
    if term.unit:
        return False
    return term.field in term.entity.primary or term.field in term.entity.display


def group_keys(term: Term) -> list[Term]:
    """Rows of the same name are different rows: group by the key beside the name."""
    entity = term.entity
    if term.field in entity.display and term.field not in entity.primary:
        return [*(Term(f, entity) for f in entity.primary), term]
    return [term]


def _count_groups(sketch: Sketch, counted: Term) -> None:
    """`How many authors have more than two books?`"""
    if counted.aggregate != "count" or not counted.entity.primary:
        raise Impossible
    sketch.count_groups = True
    sketch.group = [Term(f, counted.entity) for f in counted.entity.primary]
