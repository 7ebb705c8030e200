"""A plan in words, so that the asker sees how the question was understood."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forerun.catalog import words
from forerun.parsing.outward import leaves_some_out
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Compare,
    Condition,
    During,
    Having,
    OfForemost,
    Part,
    Plan,
    Semi,
    Term,
)
from forerun.parsing.schema import Edge, Entity, Field, Meaning

_AGGREGATES = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}
_TIMES = {"min": "earliest", "max": "latest"}
OPERATORS = {
    "=": "is", "!=": "is not", ">": "is more than", "<": "is less than", ">=": "is at least",
    "<=": "is at most", "like": "matches", "not like": "does not match", "in": "is one of",
    "not in": "is none of", "between": "is between", "null": "is missing", "not null": "is known",
}  # fmt: skip


def reading(plan: Plan) -> str:
    """One phrase: what is shown, per what, of which rows, in what order."""
    of_two = plan.setop is not None and bool(plan.setop.select)
    wording = Wording(plan, alone=len(plan.tree.entities) == 1 and not of_two)
    parts = [", ".join(wording.shown)]
    if wording.groups:
        some = " that has any" if leaves_some_out(plan) else wording.none_too
        parts.append("for each " + " and ".join(wording.groups) + some)
    if conditions := (*wording.conditions, *wording.partners, *wording.having):
        parts.append("where " + " and ".join(conditions))
    if wording.joined:
        parts.append("joined " + ", ".join(wording.joined))
    if wording.order:
        parts.append("by " + ", ".join(wording.order))
    parts.extend(wording.sets)
    parts.extend(wording.limit)
    return ("different " if plan.distinct else "") + "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Wording:
    """The nodes of a plan in words, each as a list, in the order in which they are read."""

    plan: Plan
    alone: bool
    """Only one table is in play: columns need not say whose they are."""

    @property
    def shown(self) -> tuple[str, ...]:
        plan = self.plan
        if plan.count_groups:
            return (f"number of {table_words(_counted(plan))}",)
        if plan.all_columns:
            return (f"all columns of {table_words(plan.select[0].entity)}",)
        shown = [t for t in plan.select if t not in plan.group or not self.is_measured]
        return tuple(map(self._made, shown or plan.select))

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is shown, also what rows are grouped by."""
        whole = self.plan.count_groups or self.plan.all_columns
        return self.shown if whole else tuple(map(self._made, self.plan.select))

    @property
    def is_measured(self) -> bool:
        """True where figures are computed, not only rows listed."""
        return any(term.aggregate for term in self.plan.select)

    @property
    def groups(self) -> tuple[str, ...]:
        plan = self.plan
        if plan.count_groups or not self.is_measured or self._is_average:
            return ()
        keys = [term for term in plan.group if term in plan.select] or plan.group
        return tuple(map(self._term, keys))

    @property
    def none_too(self) -> str:
        """What is said of groups that have nothing to be counted, where they are shown."""
        return ", those that have none too" if self.plan.outward else ""

    @property
    def _is_average(self) -> bool:
        """One figure over all groups."""
        return self.plan.window is not None and self.plan.window.kind == "average"

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(" or ".join(map(condition_words, either)) for either in self.plan.where)

    @property
    def partners(self) -> tuple[str, ...]:
        return tuple(map(_semi_words, self.plan.semis))

    @property
    def having(self) -> tuple[str, ...]:
        return tuple(having_words(having, alone=self.alone) for having in self.plan.having)

    @property
    def sets(self) -> tuple[str, ...]:
        """What the rows on the other side of a set are."""
        setop = self.plan.setop
        if setop is None:
            return ()
        if setop.select:
            return (f"and {', '.join(map(term_words, setop.select))}",)
        held = [" or ".join(map(condition_words, either)) for either in setop.where]
        side = " and ".join((*held, *map(having_words, setop.having)))
        tables = (table_words(e) for e in setop.tree.entities if e not in self.plan.tree.entities)
        return (f"{_SETS[setop.kind]} with {side or ', '.join(tables)}",)

    @property
    def joined(self) -> tuple[str, ...]:
        """Tables of which nothing is shown, and which key of several leads to a table."""
        plan = self.plan
        shown = {term.entity for term in plan.select}
        tables = (f"with {table_words(e)}" for e in plan.tree.entities if e not in shown)
        keys = (f"by {key_words(edge)}" for edge in plan.tree.edges if is_one_of_several(edge))
        return (*tables, *keys)

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(
            f"{self._term(order.term)} ({'highest' if order.descending else 'lowest'} first)"
            for order in self.plan.order
        )

    @property
    def limit(self) -> tuple[str, ...]:
        if self.plan.limit is None:
            return ()
        first = "the first one" if self.plan.limit == 1 else f"the first {self.plan.limit}"
        window = self.plan.window
        within = self._keys(window.partition) if window is not None and window.partition else ""
        return (f"{first} of each {within}" if within else first,)

    def _made(self, term: Term) -> str:
        """What is shown in place of a measure that a window is about."""
        window, name = self.plan.window, self._term(term)
        if window is None or window.kind == "top" or term != window.measure:
            return name
        before = window.over.unit if window.over and window.over.unit else "row"
        moved = _OVER[window.moving]
        made = _MADE[window.kind].format(name, before, window.frame, moved)
        if self._is_average:
            made += f" for each {self._keys(self.plan.group)}"
            return f"{made}, those that have none too" if window.whole else made
        if window.partition:
            made += f" within each {self._keys(window.partition)}"
        return f"{name}, {made}" if window.beside else made

    def _keys(self, keys: tuple[Term, ...]) -> str:
        """The names of rows; their keys only where they have no name."""
        named = {key.entity for key in keys if key.field not in key.entity.primary}
        telling = (k for k in keys if k.entity not in named or k.field not in k.entity.primary)
        return " and ".join(map(self._term, telling))

    def _term(self, term: Term) -> str:
        return term_words(term, alone=self.alone)


def _counted(plan: Plan) -> Entity:
    """What the groups are: by a key that spares a join, the table that it refers to."""
    key = plan.group[0]
    is_own = key.field in key.entity.primary or not plan.spared
    return key.entity if is_own else plan.spared[0]


_SETS = {"intersect": "and also", "except": "but none", "union": "and those"}
_OVER = {"avg": "average", "sum": "total", "max": "highest", "min": "lowest"}
_MADE = {
    "share": "{} in percent of all",
    "running": "{} added up so far",
    "rolling": "{3} of {0} over the latest {2} {1}s listed",
    "average": "{3} {0}",
    "change": "change of {} to the {} listed before",
    "growth": "change of {} to the {} listed before, in percent",
}


def term_words(term: Term, *, alone: bool = False) -> str:
    """`average price of products`; without the table where it is `alone`."""
    if term.per is not None:
        return f"{_some_words(term, alone)} divided by {_some_words(term.per, alone)}"
    if term.part is not None:
        return f"percentage of the {_some_words(term, alone)}"
    if term.aggregate == "count" and (term.field is None or term.field in term.entity.primary):
        return f"number of {table_words(term.entity)}"
    if term.field is None:
        return table_words(term.entity)
    name = field_words(term.field, alone=alone)
    if term.unit:
        return f"{term.unit} of {name}"
    if term.field.metric is not None:
        return name
    if term.aggregate == "count":
        return f"number of {'different ' if term.distinct else ''}{name}"
    if term.aggregate == "sum" and (name.startswith("total") or _is_called_total(term.field)):
        return f"sum of {name}"
    if term.aggregate in _TIMES and term.field.meaning is Meaning.DATE:
        return f"{_TIMES[term.aggregate]} {name}"
    return f"{_AGGREGATES[term.aggregate]} {name}" if term.aggregate else name


def _is_called_total(item: Field) -> bool:
    """Whether `total price` is another column of the same table."""
    total = ("total", *words.split_identifier(item.name))
    return any(tuple(words.split_identifier(f.name)) == total for f in item.entity.fields)


def _some_words(term: Term, alone: bool) -> str:
    """`number of orders where …`."""
    whole = term_words(replace(term, part=None, per=None), alone=alone)
    return f"{whole} {_part_words(term.part)}" if term.part is not None else whole


def field_words(item: Field, *, alone: bool = False) -> str:
    """`name of customers`, or just `name` where that is clear or says so itself."""
    name = " ".join(words.split_identifier(item.name)) or item.name
    table = table_words(item.entity)
    if item.elapsed is not None and isinstance(item.elapsed.end, Field):
        begin, end = (field_words(f, alone=True) for f in (item.elapsed.begin, item.elapsed.end))
        name = f"{item.name} from {begin} to {end}"
    elif item.elapsed is not None:
        name = f"age in years on {item.elapsed.end}"
    if name.startswith(table) or (alone and name not in _SAYING_NOTHING):
        return name
    return f"{name} of {table}"


_SAYING_NOTHING = frozenset(("id", "key", "code", "number", "uuid"))
"""Names of columns that do not even say what they number."""


def table_words(entity: Entity) -> str:
    """The table's name as words."""
    name = entity.alias or entity.table.name
    return " ".join(words.split_identifier(name)) or name


def key_words(edge: Edge) -> str:
    """The columns that refer to the other table."""
    return " and ".join(field_words(mine) for mine, _ in edge.pairs)


def is_one_of_several(edge: Edge) -> bool:
    """True where another key joins the same two tables: home team and away team."""
    there = [key.table.lower() for key in edge.many.table.foreign_keys].count(edge.one.key.lower())
    back = [key.table.lower() for key in edge.one.table.foreign_keys].count(edge.many.key.lower())
    return there + (back if edge.many is not edge.one else 0) > 1


def having_words(having: Having, *, alone: bool = False) -> str:
    """`number of orders is between 2 and 4`, `… is more than its average over all groups`."""
    if having.value is None:
        whole = "over all rows" if having.term.aggregate == "avg" else "over all groups"
        words = term_words(having.term, alone=alone)
        return f"{words} {OPERATORS[having.op]} its average {whole}"
    ends = (having.value,) if having.upper is None else (having.value, having.upper)
    bounds = " and ".join(map(str, ends))
    return f"{term_words(having.term, alone=alone)} {OPERATORS[having.op]} {bounds}"


def condition_words(condition: Condition, *, alone: bool = False) -> str:
    """`region of markets is North`; without the table where it is `alone`."""
    name = field_words(condition.field, alone=alone)
    if isinstance(condition, During):
        return f"{name} {condition.period.words}"
    if isinstance(condition, BesideColumn):
        return f"{name} {OPERATORS[condition.op]} {field_words(condition.other)}"
    if isinstance(condition, BesideAggregate):
        beside = f"{name} {OPERATORS[condition.op]} its {_AGGREGATES[condition.aggregate]}"
        inner = condition.among.where if condition.among else ()
        some = " and ".join(" or ".join(map(condition_words, either)) for either in inner)
        return f"{beside} where {some}" if some else beside
    if isinstance(condition, OfForemost):
        end = "highest" if condition.order.descending else "lowest"
        first = term_words(condition.order.term)
        return f"{name} {OPERATORS[condition.op]} the one with the {end} {first}"
    joiner = " and " if condition.op == "between" else ", "
    values = joiner.join(str(_told(value, condition)) for value in condition.values)
    return f"{name} {OPERATORS[condition.op]} {values}".strip()


def _told(value: object, condition: Compare) -> object:
    """Yes and no in the place of what is stored for them."""
    flags = condition.field.flags
    return ("no", "yes")[flags.index(value)] if flags and value in flags else value


def _part_words(part: Part) -> str:
    if part.semi is not None:
        return _semi_words(part.semi)
    return "where " + " or ".join(map(condition_words, part.either))


def _semi_words(semi: Semi) -> str:
    verb = "without" if semi.negated else "with"
    names = ", ".join(table_words(entity) for entity in semi.tree.entities)
    key = f" by {key_words(semi.edge)}" if is_one_of_several(semi.edge) else ""
    inner = " and ".join(" or ".join(map(condition_words, either)) for either in semi.where)
    return f"{verb} {names}{key}" + (f" where {inner}" if inner else "")
