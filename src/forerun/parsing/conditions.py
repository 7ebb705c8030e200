"""Conditions as they build up from left to right: columns and what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forerun.domain import Kind as ColumnKind
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.mentions import Kind, Mention
from forerun.parsing.overdue import LATE, OVERDUE
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Compare,
    Condition,
    During,
    Having,
    Term,
    says_no,
)
from forerun.parsing.schema import Field, Meaning
from forerun.parsing.sketching import Impossible, Sketch
from forerun.parsing.spells import Period

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_SHAPES = {"starts": "{}%", "ends": "%{}", "contains": "%{}%"}


@dataclass(slots=True)
class _Comparison:
    """`more than 5`, still without a column."""

    op: str
    values: tuple[float | int, ...]
    aggregate: str = ""
    """Compared with the average, highest or lowest of the column itself."""
    turned: bool = False
    """`shorter than 3 nights`, where the column is said apart: less is more."""


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
        self.quoted: Action | None = None
        """A text that was said before its column."""
        self.sought: Action | None = None
        """The one of these that has its column, but may be looked for in another as well."""
        self.rated: Term | None = None
        """A count of each, to be compared with the average of all: "more orders than"."""
        self.alternative = False
        """True after `or` before a table: "… or placed an order with status open"."""

    @property
    def waiting(self) -> bool:
        """True while something was said that is not yet part of a condition."""
        parts = (self.subject, self.comparison, self.between, self.quoted, self.rated)
        return any(part is not None for part in parts)

    def name(self, action: Action) -> None:
        """A column that is about to be compared, or was just compared with."""
        if self.subject is not None:
            raise Impossible
        self.subject = self.last_subject = action
        if self.comparison is not None:
            self._join(action, self.comparison)
        elif self.quoted is not None:
            self.sought, self.quoted = self.quoted, None
            self.text(self.sought)
        elif self.sought is not None and _alternative(action):
            self._there_too(self.sought, action)

    def _there_too(self, sought: Action, subject: Action) -> None:
        """`an "e" either in their first name or in their last name`."""
        last = self.sketch.last_condition
        item, told = subject.column, last.op if isinstance(last, Compare) else ""
        if told not in ("=", "like") or item.is_numeric or last is None:
            raise Impossible
        if not _may_be_text(item, str(sought.value)):
            raise Impossible
        self.subject = None
        self._add(replace(last, field=item), either=True)

    def turn_to(self, action: Action) -> None:
        """A table whose rows are spoken of from here on."""
        self.alternative = _alternative(action)
        if self.alternative and action.entity is not None:
            self.sketch.instead.append(action.entity)

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
            self.comparison = _Comparison(action.op, values, turned=_is_turned(action.mention))
        if self.subject is not None:
            self._join(self.subject, self.comparison)
        elif self.last_subject is not None and set(action.mention.left) & {"or", "and"}:
            self._join(self.last_subject, self.comparison, either="or" in action.mention.left)

    def beside_aggregate(self, action: Action) -> None:
        self.comparison = _Comparison(action.op, (), action.aggregates[0])
        if self.rated is not None:
            self._rate(self.rated, self.comparison)
        elif self.subject is not None:
            self._join(self.subject, self.comparison)

    def rate(self, counted: Term) -> None:
        """`an above average number of orders`, or the orders of "more orders than average"."""
        if self.rated is not None:
            raise Impossible
        self.rated = counted
        if self.comparison is not None:
            self._rate(counted, self.comparison)

    def _rate(self, term: Term, comparison: _Comparison) -> None:
        """What a group has, beside the average of the groups."""
        if comparison.aggregate != "avg":
            raise Impossible
        self.rated = self.comparison = None
        self.sketch.having.append(Having(term, comparison.op, None))

    def beside_column(self, action: Action) -> None:
        """`whose budget is smaller than the amount invested`."""
        subject, self.subject = self.subject, None
        if subject is None or subject.column is action.column or subject.aggregates:
            raise Impossible
        if subject.column.is_numeric != action.column.is_numeric:
            raise Impossible
        op = _negated(action.op, subject)
        self._add(BesideColumn(subject.column, op, action.column), _alternative(subject))

    def flag(self, action: Action) -> None:
        """`not approved`: the column says yes or no, or leaves one of them out."""
        item = action.column
        told = Compare(item, "=", (action.value,))
        no_value = says_no(told) and item.leaves_no_out
        self._add(Compare(item, "null", ()) if no_value else told, _alternative(action))

    def lacks(self, action: Action) -> None:
        """`without a weight`: there is no value, or there is one."""
        self._add(Compare(action.column, action.op, ()), _alternative(action))

    def happened(self, item: Field) -> None:
        """`died per year`: those that have not died are of no year."""
        clauses = [either[0] for either in self.sketch.where if len(either) == 1]
        if not any(isinstance(c, During) and c.field is item for c in clauses):
            self._add(Compare(item, "not null", ()))

    def beyond(self, action: Action) -> None:
        """`orders over 500`: the column was not said."""
        self._add(_compared(action.column, action.op, action.numbers))

    def overdue(self, action: Action) -> None:
        """Due before today and not yet done, done later than due, or by then."""
        due, done, period = action.column, action.other, action.mention.period
        if done is None or period is None:
            raise Impossible
        if action.op == OVERDUE:
            self._add(During(due, period))
            self._add(Compare(done, "null", ()))
        else:
            self._add(BesideColumn(done, ">" if action.op == LATE else "<=", due))

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
        by_adjective = subject.mention.kind is Kind.ADJECTIVE
        if not subject.descending if by_adjective else comparison.turned:
            op = _TURNED.get(op, op)
        op = _negated(op, subject)
        either = either or _alternative(subject)
        if comparison.aggregate and item.metric:
            raise Impossible  # the average of a figure over which rows?
        if comparison.aggregate and subject.aggregates in _OF_GROUPS:
            term = Term(item, item.entity, subject.aggregates[0])
            self._rate(term, _Comparison(op, (), comparison.aggregate))
        elif comparison.aggregate:
            of_days = comparison.aggregate == "avg" and item.meaning is Meaning.DATE
            if not _is_ordered(item) or of_days:
                raise Impossible  # no dialect has an average day that all agree on
            self._add(BesideAggregate(item, op, _extreme(comparison.aggregate, op)), either)
        elif subject.aggregates:
            if subject.aggregates in _OF_GROUPS and not item.is_numeric:
                raise Impossible  # days do not add up
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
        subject = self.subject
        self._close_subject(item)
        op = action.op if subject is None or action.op != "=" else _negated("=", subject)
        before, last = self.last_value, self.sketch.last_condition
        self.last_value = action
        same = before is not None and before.field is item and before.op == action.op
        same = same or (before is not None and _is_denied_too(before, action, last))
        if same and isinstance(last, Compare) and last.field is item:
            if action.value in last.values:
                return
            many = "not in" if last.op in ("!=", "not in") else "in"
            self.sketch.where[-1][-1] = Compare(item, many, (*last.values, action.value))
            return
        either = before is not None and "or" in action.mention.left
        either = either or (subject is not None and _alternative(subject))
        if op == "!=" and action.or_missing:
            self._add(Compare(item, "null", ()), either)
            either = True
        self._add(Compare(item, op, (action.value,)), either)

    def _close_subject(self, item: Field) -> None:
        """`whose country is France`; a value of the neighbouring column is suspicious."""
        if self.subject is None:
            return
        if self.subject.column is not item:
            own = self.subject.column.entity is item.entity
            if not own and self.subject.column.meaning is not Meaning.KEY:
                raise Impossible
            if self.subject.column.flags is not None:
                raise Impossible  # electric red cars: that is electric or not, and never red
            self.sketch.mismatched += own  # whose port is in Germany: it is said of the port
        self.subject = None

    def text(self, action: Action) -> None:
        """A quoted string of which no stored value is known needs its column named."""
        alternative = "or" in action.mention.left
        subject = self.subject or (self.last_subject if alternative else None)
        if subject is None and self.quoted is None:
            self.quoted = action
            return
        if subject is None:
            raise Impossible
        if subject.column.is_numeric:
            self._digits(action, subject, alternative)
            return
        if not _may_be_text(subject.column, str(action.value)):
            raise Impossible
        op = action.op
        if op == "=" and self.subject is None:
            op = self.last_shape  # contains "a" or "b"
        self.last_shape = op
        negated, shape = op.startswith("not "), _SHAPES.get(op.removeprefix("not "))
        said = str(action.value)
        text = shape.format(said) if shape else _in_case(subject.column, said)
        kind = "like" if shape else "="
        negated = negated or bool(set(subject.mention.left) & cues.NEGATIVE)
        kind = {"like": "not like", "=": "!="}[kind] if negated else kind
        either = self.subject is None or _alternative(subject)
        self._add(Compare(subject.column, kind, (text,)), either)
        self.subject = None

    def _digits(self, action: Action, subject: Action, either: bool) -> None:
        """`with advisor "1121"`: a number in quotation marks."""
        text = str(action.value)
        if action.op not in ("=", "not =") or not text.isdecimal():
            raise Impossible
        op = "!=" if action.op == "not =" else _negated("=", subject)
        self._add(Compare(subject.column, op, (int(text),)), either or _alternative(subject))
        self.subject = None

    def period(self, action: Action) -> None:
        """A date range on a date column."""
        item, period = action.column, action.value
        if self.subject is not None and self.subject.column is not item:
            raise Impossible
        self.subject = None
        if not isinstance(period, Period):
            raise Impossible
        if item.meaning is Meaning.YEAR and period.grain != "year":
            raise Impossible
        last = self.sketch.last_condition
        either = "or" in action.mention.left and last is not None
        self._add(During(item, period), either)

    def _add(self, condition: Condition, either: bool = False) -> None:
        either, self.alternative = either or self.alternative, False
        if either and self.sketch.where:
            self.sketch.where[-1].append(condition)
        elif [condition] not in self.sketch.where:  # what is said twice holds once
            self.sketch.where.append([condition])


def known_and_missing(where: Sequence[Sequence[Condition]]) -> bool:
    """`overdue and returned`: no row has a value and has none."""
    alone = [either[0] for either in where if len(either) == 1]
    told = [c for c in alone if isinstance(c, Compare)]
    missing = {c.field for c in told if c.op == "null"}
    return any(c.op == "not null" and c.field in missing for c in told)


def _is_denied_too(before: Action, action: Action, last: Condition | None) -> bool:
    """`not from Norway or Italy`: from neither."""
    denied = isinstance(last, Compare) and last.op in ("!=", "not in")
    said = set(action.mention.left)
    goes_on = bool(said) and said <= {"or", "comma"} and before.mention is action.mention.before
    return denied and goes_on and before.field is action.field


def _is_turned(mention: Mention) -> bool:
    before = mention.before
    adjective = before.adjective if before is not None else None
    return adjective is not None and not adjective.hints[0][1]


def _extreme(kind: str, op: str) -> str:
    """More than all is more than the highest, more than any of them more than the lowest."""
    if kind not in ("all", "any"):
        return kind
    return "max" if (kind == "all") == op.startswith(">") else "min"


_OF_GROUPS = (("sum",), ("avg",))
"""What is compared of groups; the "max" of "a max speed above average" is part of a name."""


def _is_ordered(item: Field) -> bool:
    """Figures and times; no brand is above the average brand."""
    return item.is_numeric or item.meaning in (Meaning.DATE, Meaning.YEAR)


def _alternative(action: Action) -> bool:
    return "or" in action.mention.left


def _negated(op: str, subject: Action) -> str:
    """`not in the country Peru`: what is said of the column holds for its comparison."""
    return "!=" if op == "=" and set(subject.mention.left) & cues.NEGATIVE else op


def _compared(item: Field, op: str, values: tuple[float | int, ...]) -> Compare:
    if op == "between" and len(values) != 2:
        raise Impossible
    if item.flags is not None and not set(map(str, values)) <= set(map(str, item.flags)):
        raise Impossible  # a year is no yes and no no
    ordered = item.is_numeric or item.meaning in (Meaning.YEAR, Meaning.KEY)
    is_day = item.meaning is Meaning.DATE or item.column.kind.is_temporal
    if is_day or (not ordered and op not in ("=", "!=")):
        raise Impossible
    if not ordered and not _holds_digits(item):
        raise Impossible  # a region is no number
    return Compare(item, op, values)


_TEXTS = (ColumnKind.TEXT, ColumnKind.OTHER)


def _may_be_text(item: Field, text: str) -> bool:
    """A day in quotation marks is compared with dates, a mere "March" is not."""
    if item.meaning is Meaning.DATE or item.column.kind.is_temporal:
        return any(letter.isdigit() for letter in text)
    return item.column.kind in _TEXTS


def _in_case(item: Field, text: str) -> str:
    """The text in capitals where all that is known of the column is stored so."""
    stored = [value for value in item.column.samples if isinstance(value, str)]
    telling = [value for value in stored if value.lower() != value.upper()]
    return text.upper() if len(telling) > 1 and all(map(str.isupper, telling)) else text


def _holds_digits(item: Field) -> bool:
    samples = item.column.samples
    return not samples or any(any(c.isdigit() for c in str(value)) for value in samples)
