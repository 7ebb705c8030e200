"""Conditions as they build up from left to right: columns and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.parsing.actions import Action
from forerun.parsing.mentions import Kind
from forerun.parsing.plans import BesideAverage, Compare, Condition, During, Having, Term
from forerun.parsing.schema import Field, Meaning
from forerun.parsing.sketching import Impossible, Sketch

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_SHAPES = {"starts": "{}%", "ends": "%{}", "contains": "%{}%"}


@dataclass(slots=True)
class _Comparison:
    """`more than 5`, still without a column."""

    op: str
    values: tuple[float | int, ...]
    average: bool = False


class Conditions:
    """A column named (`subject`) and a comparison said (`comparison`) wait for each other."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.subject: Action | None = None
        self.last_subject: Action | None = None
        self.comparison: _Comparison | None = None
        self.between: Action | None = None
        """The column of a `between` of which only the lower end was said."""
        self.last_value: Action | None = None
        self.last_shape = "="

    @property
    def waiting(self) -> bool:
        """True while something was said that is not yet part of a condition."""
        return any(part is not None for part in (self.subject, self.comparison, self.between))

    def name(self, action: Action) -> None:
        """A column that is about to be compared, or was just compared with."""
        if self.subject is not None:
            raise Impossible
        self.subject = self.last_subject = action
        if self.comparison is not None:
            self._join(action, self.comparison)

    def compare(self, action: Action) -> None:
        """A number with its comparator."""
        values = action.numbers
        if self.between is not None:
            self._end_between(self.between, values)
            return
        if self.comparison is not None:
            if self.comparison.op != "between" or len(self.comparison.values) > 1:
                raise Impossible
            values = (*self.comparison.values, *values)
            self.comparison = _Comparison("between", values)
        else:
            self.comparison = _Comparison(action.op, values)
        if self.subject is not None:
            self._join(self.subject, self.comparison)
        elif self.last_subject is not None and set(action.mention.left) & {"or", "and"}:
            self._join(self.last_subject, self.comparison, either="or" in action.mention.left)

    def beside_average(self, action: Action) -> None:
        self.comparison = _Comparison(action.op, (), average=True)
        if self.subject is not None:
            self._join(self.subject, self.comparison)

    def _join(self, subject: Action, comparison: _Comparison, either: bool = False) -> None:
        """Bring the waiting comparison and its column together."""
        self.subject = None
        item, op = subject.column, comparison.op
        if op == "between" and subject.aggregates:
            raise Impossible
        if op == "between" and len(comparison.values) == 1:
            self.between = subject
            return
        self.comparison = None
        if subject.mention.kind is Kind.ADJECTIVE and not subject.descending:
            op = _TURNED.get(op, op)
        if comparison.average and item.metric:
            raise Impossible  # the average of a figure over which rows?
        if comparison.average:
            self._add(BesideAverage(item, op), either)
        elif subject.aggregates:
            term = Term(item, item.entity, subject.aggregates[0])
            self.sketch.having.append(Having(term, op, comparison.values[0]))
        else:
            self._add(_compared(item, op, comparison.values), either)

    def _end_between(self, subject: Action, values: tuple[float | int, ...]) -> None:
        lower = self.comparison.values if self.comparison else ()
        self.between = self.comparison = None
        self._add(_compared(subject.column, "between", (*lower, *values)))

    def equal(self, action: Action) -> None:
        """A stored value. Values of one column said one after another are alternatives."""
        item = action.column
        self._close_subject(item)
        before, last = self.last_value, self.sketch.last_condition
        self.last_value = action
        same = before is not None and before.field is item and before.op == action.op
        if same and isinstance(last, Compare) and last.field is item:
            op = "in" if action.op == "=" else "not in"
            self.sketch.where[-1][-1] = Compare(item, op, (*last.values, action.value))
            return
        either = before is not None and "or" in action.mention.left
        self._add(Compare(item, action.op, (action.value,)), either)

    def _close_subject(self, item: Field) -> None:
        """`whose country is France`; a value of the neighbouring column is suspicious."""
        if self.subject is None:
            return
        if self.subject.column is not item:
            self.sketch.mismatched += 1
            if self.subject.column.entity is not item.entity:
                raise Impossible
        self.subject = None

    def text(self, action: Action) -> None:
        """A quoted string of which no stored value is known needs its column named."""
        alternative = "or" in action.mention.left
        subject = self.subject or (self.last_subject if alternative else None)
        if subject is None or subject.column.is_numeric:
            raise Impossible
        op = action.op
        if op == "=" and self.subject is None:
            op = self.last_shape  # contains "a" or "b"
        self.last_shape = op
        negated, shape = op.startswith("not "), _SHAPES.get(op.removeprefix("not "))
        text = shape.format(action.value) if shape else str(action.value)
        kind = "like" if shape else "="
        kind = {"like": "not like", "=": "!="}[kind] if negated else kind
        self._add(Compare(subject.column, kind, (text,)), either=self.subject is None)
        self.subject = None

    def period(self, action: Action) -> None:
        """A date range on a date column."""
        item, period = action.column, action.mention.period
        if self.subject is not None and self.subject.column is not item:
            raise Impossible
        self.subject = None
        if period is None or (item.meaning is Meaning.YEAR and period.grain != "year"):
            raise Impossible
        last = self.sketch.last_condition
        either = "or" in action.mention.left and isinstance(last, During)
        self._add(During(item, period), either)

    def _add(self, condition: Condition, either: bool = False) -> None:
        if either and self.sketch.where:
            self.sketch.where[-1].append(condition)
        else:
            self.sketch.where.append([condition])


def _compared(item: Field, op: str, values: tuple[float | int, ...]) -> Compare:
    if op == "between" and len(values) != 2:
        raise Impossible
    ordered = item.is_numeric or item.meaning in (Meaning.YEAR, Meaning.KEY)
    if item.meaning is Meaning.DATE or (not ordered and op not in ("=", "!=")):
        raise Impossible
    if not ordered and not _holds_digits(item):
        raise Impossible  # a region is no number
    return Compare(item, op, values)


def _holds_digits(item: Field) -> bool:
    samples = item.column.samples
    return not samples or any(any(c.isdigit() for c in str(value)) for value in samples)
