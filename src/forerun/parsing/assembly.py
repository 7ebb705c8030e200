"""From one role a mention to a plan; what does not add up is no plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from forerun.parsing.index import Entity, Field, Meaning
from forerun.parsing.lattice import Kind, Lattice
from forerun.parsing.plans import (
    BesideAverage,
    Compare,
    Condition,
    During,
    Having,
    Order,
    Term,
)  # fmt: skip
from forerun.parsing.roles import Action

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


class Impossible(Exception):
    """The roles contradict each other, or leave something hanging."""


@dataclass(slots=True)
class Sketch:
    """A plan before its joins are known."""

    select: list[Term] = field(default_factory=list)
    where: list[list[Condition]] = field(default_factory=list)
    group: list[Term] = field(default_factory=list)
    having: list[Having] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    absent: list[Entity] = field(default_factory=list)
    tables: dict[Entity, None] = field(default_factory=dict)
    shown: list[Entity] = field(default_factory=list)
    """Tables whose rows were asked for as such."""
    count_groups: bool = False
    mismatched: int = 0
    """Values that followed the name of another column."""


def assemble(actions: tuple[Action, ...], lattice: Lattice) -> Sketch:
    """Raises `Impossible`."""
    assembly = _Assembly(lattice)
    for action in actions:
        if action.role != "skip":
            getattr(assembly, f"_{action.role}")(action)
            if action.table is not None and action.table not in assembly.sketch.absent:
                assembly.sketch.tables.setdefault(action.table)
    return assembly.finish()


@dataclass(slots=True)
class _Pending:
    op: str
    values: list[float | int]
    average: bool = False


class _Assembly:
    """Walks the actions from left to right; `subject` and `pending` wait for each other."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self.sketch = Sketch()
        self.subject: Action | None = None
        self.last_subject: Action | None = None
        self.pending: _Pending | None = None
        self.pending_count: tuple[str, int] | None = None
        self.open_between: tuple[list[Condition], int] | None = None
        self.last_aggregates: tuple[str, ...] = ()
        self.last_value: Action | None = None

    # --- what is asked for

    def _show(self, action: Action) -> None:
        sketch = self.sketch
        if action.entity:
            sketch.shown.append(action.entity)
            for item in action.entity.display:
                self._select(Term(item, item.entity))
            return
        assert action.field is not None
        aggregates = action.aggregates
        if action.inherit:
            if not self.last_aggregates:
                raise Impossible
            aggregates = self.last_aggregates
        self.last_aggregates = aggregates
        for aggregate in aggregates or (None,):
            if aggregate in ("sum", "avg") and not action.field.is_numeric:
                raise Impossible
            self._select(Term(action.field, action.field.entity, aggregate))

    def _select(self, term: Term) -> None:
        if term not in self.sketch.select:
            self.sketch.select.append(term)

    def _count(self, action: Action) -> None:
        if action.entity:
            self._select(Term(None, action.entity, "count"))
        elif action.field:
            self._select(Term(action.field, action.field.entity, "count", distinct=True))

    def _from(self, action: Action) -> None:
        del action

    def _group(self, action: Action) -> None:
        terms = self._keys(action)
        self.sketch.group.extend(term for term in terms if term not in self.sketch.group)

    def _keys(self, action: Action) -> list[Term]:
        """What stands for one row of a table: its key and what is shown of it."""
        if action.field:
            return [Term(action.field, action.field.entity)]
        assert action.entity is not None
        entity = action.entity
        return [Term(f, entity) for f in dict.fromkeys((*entity.primary, *entity.display))]

    def _bucket(self, action: Action) -> None:
        assert action.field is not None
        self.sketch.group.append(Term(action.field, action.field.entity, unit=action.unit))

    # --- order

    def _order(self, action: Action) -> None:
        for aggregate in action.aggregates[:1] or (None,):
            term = self._measured(action, aggregate)
            if all(order.term != term for order in self.sketch.order):
                self.sketch.order.append(Order(term, action.descending))

    def _top(self, action: Action) -> None:
        self._order(action)
        if self.sketch.limit is None:
            self.sketch.limit = 1

    def _mode(self, action: Action) -> None:
        keys = self._keys(action)
        shown = keys if action.field else [Term(f, f.entity) for f in action.entity.display]  # type: ignore[union-attr]
        for term in shown:
            self._select(term)
        self.sketch.group.extend(term for term in keys if term not in self.sketch.group)
        entity = keys[0].entity
        self.sketch.order.append(Order(Term(None, entity, "count"), action.descending))
        if self.sketch.limit is None:
            self.sketch.limit = 1

    def _measured(self, action: Action, aggregate: str | None) -> Term:
        if action.entity:
            return Term(None, action.entity, "count")
        assert action.field is not None
        if aggregate in ("sum", "avg") and not action.field.is_numeric:
            raise Impossible
        return Term(action.field, action.field.entity, aggregate)

    def _limit(self, action: Action) -> None:
        if self.sketch.limit not in (None, 1):
            raise Impossible
        assert isinstance(action.value, int)
        self.sketch.limit = action.value

    # --- conditions

    def _subject(self, action: Action) -> None:
        if self.subject is not None:
            raise Impossible
        self.subject = self.last_subject = action
        if self.pending is not None:
            self._close()

    def _compare(self, action: Action) -> None:
        values = action.value
        assert isinstance(values, tuple)
        if self.open_between is not None:
            self._end_between(values[0])
            return
        if self.pending is not None:
            if self.pending.op != "between" or len(self.pending.values) > 1:
                raise Impossible
            self.pending.values.append(values[0])
        else:
            self.pending = _Pending(action.op, list(values))
        if self.subject is not None:
            self._close()
        elif self.last_subject is not None and set(action.mention.left) & {"or", "and"}:
            self.subject = self.last_subject
            self._close(either="or" in action.mention.left)

    def _beside(self, action: Action) -> None:
        self.pending = _Pending(action.op, [], average=True)
        if self.subject is not None:
            self._close()

    def _close(self, either: bool = False) -> None:
        """Bring the waiting comparison and its column together."""
        subject, pending = self.subject, self.pending
        assert subject is not None
        assert subject.field is not None
        assert pending is not None
        if pending.op == "between" and len(pending.values) == 1 and not subject.aggregates:
            conditions: list[Condition] = []
            self.open_between = (conditions, 0)
            self.sketch.where.append(conditions)
            self.subject, self.last_subject = None, subject
            return
        self.subject = self.pending = None
        op = pending.op
        if subject.mention.kind is Kind.ADJECTIVE and not subject.descending:
            op = _TURNED.get(op, op)
        if pending.average:
            self.sketch.where.append([BesideAverage(subject.field, op)])
        elif subject.aggregates:
            term = Term(subject.field, subject.field.entity, subject.aggregates[0])
            self.sketch.having.append(Having(term, op, pending.values[0]))
        else:
            self._compared(subject.field, op, tuple(pending.values), either)

    def _compared(
        self, item: Field, op: str, values: tuple[float | int, ...], either: bool
    ) -> None:
        if op == "between" and len(values) != 2:
            raise Impossible
        if not item.is_numeric and item.meaning not in (Meaning.YEAR, Meaning.KEY, Meaning.DATE):
            if op != "=" and op != "!=":
                raise Impossible
        if item.meaning is Meaning.DATE:
            raise Impossible
        condition = Compare(item, op, values)
        if either and self.sketch.where:
            self.sketch.where[-1].append(condition)
        else:
            self.sketch.where.append([condition])

    def _end_between(self, value: float | int) -> None:
        assert self.open_between is not None
        assert self.pending is not None
        assert self.last_subject is not None
        assert self.last_subject.field is not None
        conditions, _ = self.open_between
        self.sketch.where.remove(conditions)
        values = (*self.pending.values, value)
        self.open_between = self.pending = None
        self._compared(self.last_subject.field, "between", values, either=False)

    def _equal(self, action: Action) -> None:
        item = action.field
        assert item is not None
        if self.subject is not None:
            if self.subject.field is not item:
                self.sketch.mismatched += 1
                if self.subject.field is None or self.subject.field.entity is not item.entity:
                    raise Impossible
            self.subject = None
        before = self.last_value
        if before is not None and before.field is item and before.op == action.op:
            conditions = self.sketch.where[-1]
            last = conditions[-1] if conditions else None
            if isinstance(last, Compare) and last.field is item:
                values = (*last.values, action.value)
                conditions[-1] = Compare(item, "in" if action.op == "=" else "not in", values)
                return
        condition = Compare(item, action.op, (action.value,))
        if before is not None and "or" in action.mention.left and self.sketch.where:
            self.sketch.where[-1].append(condition)
        else:
            self.sketch.where.append([condition])
        self.last_value = action

    def _tally(self, action: Action) -> None:
        assert action.field is not None
        self._select(Term(None, action.field.entity, "count"))
        self._equal(action)

    def _literal(self, action: Action) -> None:
        """A quoted string of which no stored value is known needs its column named."""
        subject = self.subject or (self.last_subject if "or" in action.mention.left else None)
        if subject is None or subject.field is None or subject.field.is_numeric:
            raise Impossible
        text, op = str(action.value), action.op
        negated = op.startswith("not ")
        pattern = {"starts": f"{text}%", "ends": f"%{text}", "contains": f"%{text}%"}
        shape = pattern.get(op.removeprefix("not "))
        if shape:
            condition = Compare(subject.field, "not like" if negated else "like", (shape,))
        else:
            condition = Compare(subject.field, "!=" if negated else "=", (text,))
        if self.subject is None and self.sketch.where:
            self.sketch.where[-1].append(condition)
        else:
            self.sketch.where.append([condition])
        self.subject = None

    def _period(self, action: Action) -> None:
        assert action.field is not None
        assert action.mention.period is not None
        if self.subject is not None:
            if self.subject.field is not action.field:
                raise Impossible
            self.subject = None
        if action.field.meaning is Meaning.YEAR and action.mention.period.grain != "year":
            raise Impossible
        condition = During(action.field, action.mention.period)
        last = self.sketch.where[-1] if self.sketch.where else []
        if "or" in action.mention.left and last and isinstance(last[-1], During):
            last.append(condition)
        else:
            self.sketch.where.append([condition])

    def _absent(self, action: Action) -> None:
        assert action.entity is not None
        self.sketch.absent.append(action.entity)

    # --- conditions on groups

    def _having(self, action: Action) -> None:
        if self.pending_count is not None or not isinstance(action.value, int):
            raise Impossible
        self.pending_count = (action.op, action.value)

    def _counted(self, action: Action) -> None:
        op, value = self.pending_count or (">=", 1)
        if self.pending_count is None:
            raise Impossible
        self.pending_count = None
        if action.entity:
            term = Term(None, action.entity, "count")
        else:
            assert action.field is not None
            term = Term(action.field, action.field.entity, "count", distinct=True)
        self.sketch.having.append(Having(term, op, value))

    # --- the end

    def finish(self) -> Sketch:
        sketch = self.sketch
        waiting = (self.subject, self.pending, self.pending_count, self.open_between)
        if any(item is not None for item in waiting):
            raise Impossible
        if not sketch.select and not sketch.group:
            self._default_select()
        self._infer_groups()
        if not sketch.order:
            cuts = [term for term in sketch.group if term.unit]
            sketch.order.extend(Order(term, descending=False) for term in cuts)
        if not sketch.order and self.lattice.tags & {"asc", "desc"}:
            self._default_order()
        if sketch.limit is not None and not sketch.order:
            raise Impossible
        return sketch

    def _default_select(self) -> None:
        """Nothing was asked for by name: show the rows of the first table spoken of."""
        if not self.sketch.tables:
            raise Impossible
        first = next(iter(self.sketch.tables))
        self.sketch.shown.append(first)
        for item in first.display:
            self._select(Term(item, first))

    def _default_order(self) -> None:
        """`in alphabetical order` alone means the first column shown."""
        plain = [term for term in self.sketch.select if not term.aggregate]
        if plain:
            self.sketch.order.append(Order(plain[0], "desc" in self.lattice.tags))

    def _infer_groups(self) -> None:
        """Plain columns beside aggregates are what the aggregates are per."""
        sketch = self.sketch
        aggregated = [t for t in sketch.select if t.aggregate]
        plain = [t for t in sketch.select if not t.aggregate]
        measured = [o.term for o in sketch.order if o.term.aggregate]
        measured += [h.term for h in sketch.having]
        if sketch.group:
            self._select_keys()
            return
        if sketch.having and not plain and len(aggregated) == 1 and not sketch.order:
            self._count_groups(aggregated[0])
            return
        if not aggregated and not measured:
            return
        if not plain:
            if measured or sketch.order:
                raise Impossible
            return
        sketch.select.sort(key=lambda term: term.aggregate is not None)
        sketch.group = list(dict.fromkeys(key for t in plain for key in self._group_keys(t)))

    def _select_keys(self) -> None:
        """Group keys are shown, first; of a table what is shown of it, not its key."""
        sketch = self.sketch
        if not any(t.aggregate for t in sketch.select) and not sketch.order and not sketch.having:
            raise Impossible  # groups of what?
        shown = [
            t for t in sketch.group
            if t.field not in t.entity.primary or t.field in t.entity.display
            or not any(u.entity is t.entity and u is not t for u in sketch.group)
        ]  # fmt: skip
        plain = [t for t in sketch.select if not t.aggregate]
        if not plain:
            sketch.select = shown + sketch.select
        else:
            seen = {term.entity for term in plain}
            sketch.select += [
                t for t in shown if t not in plain and (t.unit or t.entity not in seen)
            ]
            sketch.select.sort(key=lambda term: term.aggregate is not None)
            keys = {t.entity for t in sketch.group if t.field in t.entity.primary}
            for term in plain:
                if term not in sketch.group and term.entity not in keys:
                    sketch.group.append(term)

    def _group_keys(self, term: Term) -> list[Term]:
        entity = term.entity
        named = term.field in entity.display or term.field in entity.primary
        if named and entity.primary and term.field not in entity.primary:
            return [*(Term(f, entity) for f in entity.primary), term]
        return [term]

    def _count_groups(self, counted: Term) -> None:
        sketch = self.sketch
        if counted.aggregate != "count" or not counted.entity.primary:
            raise Impossible
        sketch.count_groups = True
        sketch.group = [Term(f, counted.entity) for f in counted.entity.primary]
