"""A summary from templates: true figures from the rows, in plain sentences, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forerun.domain import Rows, Value
from forerun.narrating.fields import (
    Field,
    Number,
    Part,
    Shape,
    is_number,
    period_rank,
    place_in_time,
    read,
    words_of,
)
from forerun.narrating.figures import granularity, mean, say, say_number, total

_LISTED = 5
"""A result of at most this many rows is told whole."""


def summarise(question: str, rows: Rows) -> str:
    """What the rows say. Every figure is a value of the rows or a count, sum or mean of them."""
    if not rows.rows or not rows.columns:
        return "No rows match."
    shape = read(rows, question)
    if len(rows) == 1:
        said = _one_row(shape)
    elif shape.dimensions and shape.measures:
        said = _measured(question, shape, rows.truncated)
    else:
        said = _records(shape)
    if rows.truncated:
        many = "row was" if len(rows) == 1 else f"{len(rows):,} rows were"
        said += f" Only the first {many} fetched; there are more."
    return said


def _one_row(shape: Shape) -> str:
    first = shape.fields[0]
    if len(shape.fields) == 1:
        if first.values[0] is None:
            return f"There is no {first.title}: no row has a value to give it."
        return f"{_start(_the(first))} {_is(first)} {say(first.values[0], first)}."
    told = [f"{field.title} {say(field.values[0], field)}" for field in shape.fields[:6]]
    more = " and further columns" if len(shape.fields) > len(told) else ""
    return f"One row: {', '.join(told)}{more}."


def _measured(question: str, shape: Shape, truncated: bool) -> str:
    measure = shape.measures[0]
    values = [value for value in measure.values if is_number(value)]
    if not values:
        return f"{len(measure.values):,} rows, none with a {measure.title}."
    ordered = len(shape.dimensions) == 1 and _is_in_time(shape.dimensions[0])
    if len(measure.values) <= 3 and not ordered:
        sentences = [_whole(shape, measure)]
    elif ordered:
        sentences = [_over_time(shape.dimensions[0], measure)]
    else:
        sentences = [_extremes(question, shape, measure)]
    if adds_up(question, measure) and not truncated and len(values) > 1:
        sentences.append(f"All together: {say_number(total(values))}.")
    sentences += [_range(other) for other in shape.measures[1:3] if other.numbers]
    return " ".join(sentences)


def _whole(shape: Shape, measure: Field) -> str:
    told = [
        f"{say(value, measure)} for {_label(shape, index)}"
        for index, value in enumerate(measure.values)
    ]
    return f"{_start(measure.title)}: {', '.join(told)}."


def _extremes(question: str, shape: Shape, measure: Field) -> str:
    numbers = measure.numbers
    top, bottom = max(numbers), min(numbers)
    if top == bottom:
        same = f"{_start(_the(measure))} {_is(measure)} {say(top, measure)}"
        return f"{same} in all {len(numbers):,} rows."
    ends = [("highest", top), ("lowest", bottom)]
    if _LOW.search(question):
        ends.reverse()
    told = " and ".join(f"{word} {_holders(shape, measure, value)}" for word, value in ends)
    return f"Across {len(measure.values):,} rows, {_the(measure)} {_is(measure)} {told}."


def _holders(shape: Shape, measure: Field, extreme: Number) -> str:
    holders = [index for index, value in enumerate(measure.values) if value == extreme]
    figure = say(extreme, measure)
    if len(holders) > 3:
        return f"in {len(holders):,} of them ({figure} each)"
    labels = join([_label(shape, index) for index in holders])
    return f"for {labels} ({figure}{' each' if len(holders) > 1 else ''})"


def _is_in_time(field: Field) -> bool:
    """Times, and periods that all say of which year they are."""
    if field.part is not Part.PERIOD:
        return field.part is Part.TIME
    return all(value is None or place_in_time(value) for value in field.values)


def _over_time(time: Field, measure: Field) -> str:
    points = sorted(
        ((place, at, value) for at, value in zip(time.values, measure.values, strict=True)
         if is_number(value) and (place := place_in_time(at)) is not None),
        key=lambda point: point[0],
    )  # fmt: skip
    if len(points) < 2:
        return _range(measure)
    (_, first_at, first), (_, last_at, last) = points[0], points[-1]
    course = _course(first, last)
    said = (
        f"From {say(first_at, time)} to {say(last_at, time)}, {_the(measure)} {course} "
        f"{say(first, measure)}" + (f" to {say(last, measure)}" if first != last else "")
    )
    top = max(points, key=lambda point: point[2])
    bottom = min(points, key=lambda point: point[2])
    if len(points) > 2 and top[2] != bottom[2]:
        it = "they were" if _is(measure) == "are" else "it was"
        said += f"; {it} highest {_when(time, measure, top)}"
        said += f" and lowest {_when(time, measure, bottom)}"
    return said + "."


def _when(time: Field, measure: Field, point: tuple[object, Value, Number]) -> str:
    """`in May 2024 (12)`, `among others` where other times have the same value."""
    _, at, value = point
    preposition = {"day": "on", "time": "at"}.get(granularity(time.values), "in")
    others = ", among others" if measure.values.count(value) > 1 else ""
    return f"{preposition} {say(at, time)}{others} ({say(value, measure)})"


def _course(first: Number, last: Number) -> str:
    if first == last:
        return "began and ended at"
    return "rose from" if last > first else "fell from"


def _records(shape: Shape) -> str:
    count = len(shape.fields[0].values)
    named = next((f for f in shape.fields if f.part in (Part.LABEL, Part.TIME)), None)
    if named is None:
        ranges = [_range(field) for field in shape.measures[:3] if field.numbers]
        return " ".join([f"{count:,} rows.", *ranges])
    labels = _first_labels(named)
    if len(labels) <= _LISTED:
        return f"{count:,} rows: {join(labels)}."
    return f"{count:,} rows, beginning with {join(labels[:3])}."


def _first_labels(named: Field) -> list[str]:
    """Different ones, in order, until there are too many to be listed: of a long result the others
    are never looked at."""
    labels: dict[str, None] = {}
    for value in named.values:
        labels[say(value, named)] = None
        if len(labels) > _LISTED:
            break
    return list(labels)


def _range(field: Field) -> str:
    numbers = field.numbers
    low, high = min(numbers), max(numbers)
    if low == high:
        return f"{_start(_the(field))} {_is(field)} {say(low, field)} throughout."
    run = "run" if _is(field) == "are" else "runs"
    return (
        f"{_start(_the(field))} {run} from {say(low, field)} to {say(high, field)}, "
        f"on average {say_number(mean(numbers))}."
    )


_LOW = re.compile(r"\b(lowest|least|fewest|smallest|worst|cheapest|minimum|bottom)\b", re.I)
_SUMS = frozenset(
    [
        "count",
        "sum",
        "total",
        "number",
        "quantity",
        "qty",
        "units",
        "revenue",
        "sales",
        "amount",
        "orders",
    ]
)
_NOT_SUMS = frozenset(
    [
        "avg",
        "average",
        "mean",
        "median",
        "min",
        "max",
        "lowest",
        "highest",
        "rate",
        "ratio",
        "share",
        "percent",
        "percentage",
        "pct",
        "price",
        "score",
        "rating",
        "rank",
        "age",
        "year",
        "distinct",
        "different",
        "cumulative",
        "running",
        "balance",
        "margin",
        "per",
        "temperature",
        "latitude",
        "longitude",
        "stddev",
        "variance",
        "growth",
        "change",
    ]
)
_ASKS_SUMS = re.compile(r"\b(how many|number of|count of|total|sum of)\b", re.I)


def adds_up(question: str, measure: Field) -> bool:
    """Whether the sum of a measure means something: counts and amounts do, averages do not."""
    words = set(words_of(measure.name)) | set(words_of(measure.title))
    if words & _NOT_SUMS:
        return False
    return bool(words & _SUMS) or _ASKS_SUMS.search(question) is not None


def _label(shape: Shape, index: int) -> str:
    names = [_say_dimension(field, field.values[index]) for field in shape.dimensions]
    return " / ".join(names)


def _say_dimension(field: Field, value: Value) -> str:
    if field.part in (Part.ID, Part.PERIOD) and period_rank(str(value)) is None:
        return f"{field.title} {say(value, field)}"
    return "(none)" if value is None else say(value, field)


def join(names: Sequence[str]) -> str:
    """a · a and b · a, b and c"""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is(field: Field) -> str:
    """Plural names take a plural verb, as far as their last letters tell."""
    title = field.title.lower()
    counted = title.startswith(("number of ", "total ", "average ", "lowest ", "highest "))
    plural = title.endswith("s") and not title.endswith(("ss", "us", "is")) and not counted
    return "are" if plural else "is"


def _the(field: Field) -> str:
    bare = _is(field) == "are" or field.title.lower().startswith("the ")
    return field.title if bare else f"the {field.title}"


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]
