"""From one role a mention to a sketch of a plan; what does not add up is no plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forerun.parsing import cues, unsaid
from forerun.parsing.actions import Action
from forerun.parsing.conditions import Conditions, known_and_missing
from forerun.parsing.grouping import finish
from forerun.parsing.lacking import is_with_and_without
from forerun.parsing.mentions import Lattice
from forerun.parsing.neither import is_neither
from forerun.parsing.plans import Having, Order, Term
from forerun.parsing.schema import Entity
from forerun.parsing.sketching import Impossible, Sketch

_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">=", "between"))


def assemble(actions: tuple[Action, ...], lattice: Lattice) -> Sketch:
    """Play every action in its role. Raises `Impossible`."""
    return finish(play(actions), lattice)


def play(actions: tuple[Action, ...]) -> Sketch:
    """What was said and no more, which a follow-up adds to what was said before."""
    if any(map(_is_said_twice, actions, actions[1:])):
        raise Impossible
    assembly = _Assembly()
    for action in actions:
        if action.role == "skip":
            if is_neither(action.mention) or is_with_and_without(action.mention):
                raise Impossible
            continue
        assembly.play(action)
        if action.table is not None and action.table not in assembly.sketch.absent:
            assembly.sketch.tables.setdefault(action.table)
    assembly.count_times(actions)
    if assembly.waiting or known_and_missing(assembly.sketch.where):
        raise Impossible
    return assembly.sketch


def _is_said_twice(action: Action, following: Action) -> bool:
    """`average rating`, once a stored "Average" and once what to make of the rating."""
    cue = action.mention.own_cue
    stored = action.role in ("equal", "tally") and cue in cues.AGGREGATES
    return stored and cue in following.aggregates


class _Assembly:
    """What was said so far, from left to right."""

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.conditions = Conditions(self.sketch)
        self.count: tuple[str, tuple[int, ...]] | None = None
        """`more than 3`, before it is known of what."""
        self.last_aggregates: tuple[str, ...] = ()

    def play(self, action: Action) -> None:
        if action.role in _OF_CONDITIONS:
            _OF_CONDITIONS[action.role](self.conditions, action)
        else:
            _ROLES[action.role](self, action)

    @property
    def waiting(self) -> bool:
        return self.conditions.waiting or self.count is not None

    # --- what is shown

    def _show(self, action: Action) -> None:
        if action.entity:
            self.sketch.shown.append(action.entity)
            for item in action.entity.display:
                self.sketch.show(Term(item, item.entity))
            return
        if action.aggregates and "whose" in action.mention.left:
            raise Impossible  # whose average is so much: a condition
        aggregates = self.last_aggregates if action.inherit else action.aggregates
        if action.inherit and not aggregates:
            raise Impossible
        self.last_aggregates = aggregates
        for aggregate in aggregates or (None,):
            self.sketch.show(_measured(action, aggregate))

    def _count(self, action: Action) -> None:
        self.sketch.show(_counted(action))

    def _tally(self, action: Action) -> None:
        self.sketch.show(Term(None, action.column.entity, "count"))
        if action.column.flags and action.op == "=":
            self.conditions.flag(action)
        else:
            self.conditions.equal(action)

    # --- groups and order

    def _group(self, action: Action) -> None:
        self._group_by(action, _keys(action))

    def _group_by(self, action: Action, keys: list[Term]) -> None:
        self.sketch.group += [term for term in keys if term not in self.sketch.group]
        if "each" in action.mention.left:
            self.sketch.per += keys

    def _bucket(self, action: Action) -> None:
        self._group_by(action, [Term(action.column, action.column.entity, unit=action.unit)])
        if action.op == "not null":
            self.conditions.happened(action.column)

    def _order(self, action: Action) -> None:
        aggregate = action.aggregates[0] if action.aggregates else None
        self._order_by(_measured(action, aggregate), action.descending)

    def _order_by(self, term: Term, descending: bool) -> None:
        if all(order.term != term for order in self.sketch.order):
            self.sketch.order.append(Order(term, descending))

    def _top(self, action: Action) -> None:
        self._order(action)
        if self.sketch.limit is None:
            self.sketch.limit = 1

    def _mode(self, action: Action) -> None:
        """`the most common colour`: the colour with the most rows."""
        keys = _keys(action)
        for term in [Term(f, f.entity) for f in action.entity.display] if action.entity else keys:
            self.sketch.show(term)
        self._group(action)
        self.sketch.order.append(Order(Term(None, keys[0].entity, "count"), action.descending))
        if self.sketch.limit is None:
            self.sketch.limit = 1

    def _limit(self, action: Action) -> None:
        if self.sketch.limit not in (None, 1) or not isinstance(action.value, int):
            raise Impossible
        self.sketch.limit = action.value
        if action.entity is not None:
            self._order_by(Term(None, action.entity, "count"), action.descending)
        elif action.field is not None:
            aggregate = action.aggregates[0] if action.aggregates else None
            self._order_by(_measured(action, aggregate), action.descending)

    # --- conditions on groups and on what is not there

    def _having(self, action: Action) -> None:
        if not isinstance(action.value, int) or _is_measured(action):
            raise Impossible
        if "or" in action.mention.left and self.sketch.having:
            self.sketch.either_group = True
        if (rated := self.conditions.rated) is not None:
            self.conditions.rated = None
            self._compare_groups(rated, action.op, action.value)
            return
        if self.count is not None and self.count[0] == "between" and len(self.count[1]) == 1:
            self.count = ("between", (*self.count[1], action.value))
            return
        if self.count is not None or action.op not in _COMPARISONS:
            raise Impossible
        self.count = (action.op, (action.value,))

    def _compare_groups(self, term: Term, op: str, value: int) -> None:
        """`a number of tracks greater than 10`, the number said last."""
        if self.count is not None or op not in cues.COMPARATORS:
            raise Impossible
        self.count = (op, (value,))
        self._count_groups_by(term)

    def _counted(self, action: Action) -> None:
        if self.count is None:
            self.conditions.rate(_counted(action))
        else:
            self._count_groups_by(_counted(action))

    def _count_groups_by(self, term: Term) -> None:
        if self.count is None:
            raise Impossible
        op, values = self.count
        if (op == "between") != (len(values) == 2):
            raise Impossible
        self.count = None
        self.sketch.having.append(Having(term, op, values[0], *values[1:]))

    def count_times(self, actions: tuple[Action, ...]) -> None:
        """`who called more than once`: rows of the table spoken of last."""
        if self.count is None or not _speaks_of_times(actions) or not self.sketch.tables:
            return
        self._count_groups_by(Term(None, list(self.sketch.tables)[-1], "count"))

    def _absent(self, action: Action) -> None:
        if action.entity and action.entity not in self.sketch.absent:
            self.sketch.absent.append(action.entity)


_ROLES: Mapping[str, Callable[[_Assembly, Action], None]] = {
    "show": _Assembly._show,
    "count": _Assembly._count,
    "tally": _Assembly._tally,
    "rows": _Assembly._count,
    "frequent": _Assembly._top,
    "group": _Assembly._group,
    "bucket": _Assembly._bucket,
    "order": _Assembly._order,
    "top": _Assembly._top,
    "mode": _Assembly._mode,
    "limit": _Assembly._limit,
    "having": _Assembly._having,
    "counted": _Assembly._counted,
    "absent": _Assembly._absent,
}
_OF_CONDITIONS: Mapping[str, Callable[[Conditions, Action], None]] = {
    "from": Conditions.turn_to,
    "subject": Conditions.name,
    "compare": Conditions.compare,
    "beside": Conditions.beside_aggregate,
    "against": Conditions.beside_column,
    "flag": Conditions.flag,
    "lacks": Conditions.lacks,
    "equal": Conditions.equal,
    "literal": Conditions.text,
    "period": Conditions.period,
    "overdue": Conditions.overdue,
    unsaid.ROLE: Conditions.beyond,
}


def _is_measured(action: Action) -> bool:
    """`shorter than 3 days`: so long, not so many."""
    mention = action.mention
    said = mention.before.adjective if mention.before is not None else None
    return said is not None and said.degree == "comparative" and mention.left == ("than",)


def _speaks_of_times(actions: tuple[Action, ...]) -> bool:
    last = next((a.mention for a in reversed(actions) if a.role == "having"), None)
    return last is not None and (last.text.lower() in ("once", "twice") or last.is_times)


def _counted(action: Action) -> Term:
    if action.entity:
        return Term(None, action.entity, "count")
    return Term(action.column, action.column.entity, "count", distinct=True)


def _measured(action: Action, aggregate: str | None) -> Term:
    if action.entity:
        return Term(None, action.entity, "count")
    if aggregate in ("sum", "avg") and not action.column.is_numeric:
        raise Impossible
    return Term(action.column, action.column.entity, aggregate)


def _keys(action: Action) -> list[Term]:
    """What stands for one row of a table: its key and what is shown of it."""
    if action.field:
        return [Term(action.field, action.field.entity)]
    entity: Entity | None = action.entity
    if entity is None:
        raise Impossible
    return [Term(f, entity) for f in dict.fromkeys((*entity.primary, *entity.display))]
