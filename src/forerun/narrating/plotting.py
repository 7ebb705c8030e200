"""One function a kind of chart: which marks, which channels, which rows, in which order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from forerun.domain import Value
from forerun.narrating.fields import (
    Field,
    Part,
    Shape,
    is_number,
    moment,
    period_rank,
    plain_text,
    vocabulary,
    words_of,
)
from forerun.narrating.figures import granularity, say

MAX_POINTS = 500
MAX_BARS = 30
MAX_SERIES = 8
_MOST_GROUPED = 12
_FEWEST_SCATTERED = 5
_FEWEST_BINNED = 20
_MOST_BINS = 20

Channel: TypeAlias = dict[str, Any]
Point: TypeAlias = dict[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Plot:
    """A mark, what its channels show, the points in drawing order, and what was left out."""

    mark: dict[str, Any]
    channels: dict[str, Channel]
    points: list[Point]
    notes: tuple[str, ...] = ()
    by_row: bool = False
    """True when each label takes one line of the page, so that height follows their number."""


def line(shape: Shape, dimension: Field) -> Plot:
    """One line over time for each comparable measure."""
    points, drawn = _measured(shape, [dimension])
    points = _in_time(points, dimension)
    notes: tuple[str, ...] = ()
    most = MAX_POINTS // (len(drawn) if drawn else 1)
    if len(points) > most:
        notes = (f"the last {most:,} of {len(points):,} points",)
        points = points[-most:]
    channels = {"x": _across(dimension, points)}
    if len(drawn) == 1:
        channels["y"] = _measure(drawn[0], grounded=False)
        return Plot(_stroke(points), channels, points, notes)
    stroke = _stroke(points)
    points = _long(points, [dimension], drawn)
    return Plot(stroke, {**channels, "y": _FIGURE, "color": _SERIES}, points, notes)


def lines(shape: Shape, time: Field, series: Field) -> Plot:
    """One line over time for each of the largest series."""
    points, drawn = _measured(shape, [time, series])
    points, notes = _largest(points, series, drawn[0], MAX_SERIES)
    points = _in_time(points, time)
    if len(points) > MAX_POINTS:
        notes = (*notes, f"the last {MAX_POINTS:,} of {len(points):,} points")
        points = points[-MAX_POINTS:]
    channels = {
        "x": _across(time, points),
        "y": _measure(drawn[0], grounded=False),
        "color": _category(series, legend=True),
    }
    return Plot(_stroke(points), channels, points, notes)


def bars(shape: Shape, dimension: Field) -> Plot:
    """One bar a label, largest first unless the rows came in an order of their own."""
    points, drawn = _measured(shape, [dimension])
    measure = drawn[0]
    ordered = _by_size(points, measure)
    notes: tuple[str, ...] = ()
    if len(ordered) > MAX_BARS:
        which = "first" if ordered == points else "largest"
        notes = (f"the {which} {MAX_BARS} of {len(ordered):,}",)
        ordered = ordered[:MAX_BARS]
    label = _category(dimension, legend=False)
    if len(drawn) == 1 or len(ordered) > _MOST_GROUPED:
        channels = {"y": label, "x": _measure(measure)}
        return Plot({"type": "bar"}, channels, ordered, notes, by_row=True)
    long = _long(ordered, [dimension], drawn)
    offset = {"field": _SERIES["field"], "sort": None}
    channels = {"y": label, "x": _FIGURE, "yOffset": offset, "color": _SERIES}
    return Plot({"type": "bar"}, channels, long, notes, by_row=True)


def stacked(shape: Shape, outer: Field, inner: Field) -> Plot:
    """One bar for each value of `outer`, made of its values of `inner`."""
    points, drawn = _measured(shape, [outer, inner])
    points, notes = _largest(points, outer, drawn[0], MAX_BARS)
    points = _in_time(points, outer) if outer.part is Part.PERIOD else points
    channels = {
        "y": _category(outer, legend=False),
        "x": _measure(drawn[0]),
        "color": _category(inner, legend=True),
    }
    return Plot({"type": "bar"}, channels, points, notes, by_row=True)


def grouped(shape: Shape, outer: Field, inner: Field) -> Plot:
    """The bars of `inner` side by side for each value of `outer`."""
    plot = stacked(shape, outer, inner)
    offset = {"field": inner.key, "sort": None}
    return replace(plot, channels={**plot.channels, "yOffset": offset})


def heatmap(shape: Shape, outer: Field, inner: Field) -> Plot:
    """A shade for each pair of labels."""
    points, drawn = _measured(shape, [outer, inner])
    points, notes = _largest(points, outer, drawn[0], MAX_BARS)
    points, more = _largest(points, inner, drawn[0], MAX_POINTS // MAX_BARS)
    channels = {
        "y": _category(outer, legend=False),
        "x": {**_category(inner, legend=False), "sort": _places(points, inner)},
        "color": _shade(drawn[0]),
    }
    return Plot({"type": "rect"}, channels, points, notes + more, by_row=True)


def scatter(shape: Shape) -> Plot | None:
    """A point a row, one measure against another."""
    across, up = shape.measures[:2]
    points = [
        point
        for point in _points(shape)
        if point[across.key] is not None and point[up.key] is not None
    ]
    if len(points) < _FEWEST_SCATTERED:
        return None
    channels = {
        "x": _measure(across, grounded=False),
        "y": _measure(up, grounded=False),
    }
    group = next((f for f in shape.fields if _colours(f)), None)
    if group is not None:
        channels["color"] = _category(group, legend=True)
    notes: tuple[str, ...] = ()
    if len(points) > MAX_POINTS:
        notes = (f"{MAX_POINTS:,} of {len(points):,} rows, evenly picked",)
        points = [points[i * len(points) // MAX_POINTS] for i in range(MAX_POINTS)]
    return Plot({"type": "point", "filled": True, "opacity": 0.7}, channels, points, notes)


def histogram(measure: Field) -> Plot | None:
    """How many rows have a value in each of at most twenty equal ranges."""
    numbers = [float(number) for number in measure.numbers]
    if len(numbers) < _FEWEST_BINNED or len(set(numbers)) < _FEWEST_BINNED // 2:
        return None
    low, high = min(numbers), max(numbers)
    step = _round_step((high - low) / _MOST_BINS)
    if not math.isfinite(step) or step <= 0:
        return None
    first = math.floor(low / step)
    counts = [0] * (math.floor(high / step) - first + 1)
    for number in numbers:
        counts[math.floor(number / step) - first] += 1
    points: list[Point] = [
        {"from": (first + i) * step, "to": (first + i + 1) * step, "rows": count}
        for i, count in enumerate(counts)
    ]
    channels: dict[str, Channel] = {
        "x": {"field": "from", "type": "quantitative", "bin": {"binned": True, "step": step},
              "title": measure.title},
        "x2": {"field": "to"},
        "y": {"field": "rows", "type": "quantitative", "title": "number of rows"},
    }  # fmt: skip
    return Plot({"type": "bar"}, channels, points)


def _stroke(points: Sequence[Point]) -> dict[str, Any]:
    """A line, with a dot at each point while they can be told apart."""
    return {"type": "line", "point": len(points) <= 120}


_SERIES: Channel = {"field": "_series", "type": "nominal", "title": None, "sort": None}
_FIGURE: Channel = {"field": "_figure", "type": "quantitative", "title": None}


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if rough <= 0 or not math.isfinite(rough):
        return 0.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999999)


def _measured(shape: Shape, dimensions: Sequence[Field]) -> tuple[list[Point], list[Field]]:
    """The points that have a first measure, and the measures that one scale can show."""
    drawn = _comparable(shape.measures) if len(dimensions) == 1 else [shape.measures[0]]
    points = [point for point in _points(shape) if point[drawn[0].key] is not None]
    return points, drawn


def _comparable(measures: Sequence[Field]) -> list[Field]:
    """The first measure with those of its order of magnitude; more than four are too many."""
    sizes = [max((abs(float(n)) for n in m.numbers), default=0.0) for m in measures]
    like = {
        measure.title: measure
        for measure, size in zip(reversed(measures), reversed(sizes), strict=True)
        if size and sizes[0] / 20 <= size <= sizes[0] * 20
    }
    shown = [measure for measure in measures if like.get(measure.title) is measure]
    return shown if measures[0] in shown and len(shown) <= 4 else [measures[0]]


def _points(shape: Shape) -> list[Point]:
    shown = [field for field in shape.fields if field.part is not Part.OTHER]
    columns = [[_plain(value, field) for value in field.values] for field in shown]
    keys = [field.key for field in shown]
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(value: Value, field: Field) -> str | float | None:
    """A value as JSON that JavaScript reads rightly: wall-clock times, numbers it can hold."""
    if field.part is Part.MEASURE:
        if not is_number(value):
            return None
        return value if isinstance(value, int) and abs(value) < 2**53 else float(value)
    if field.part is Part.TIME:
        at = moment(value)
        return at.isoformat(timespec="seconds") if at is not None else None
    if value is None:
        return "(none)"
    return plain_text(value, 200) or "(blank)" if isinstance(value, str) else say(value, field)


def _long(
    points: Iterable[Point], dimensions: Sequence[Field], measures: Sequence[Field]
) -> list[Point]:
    """A point for each measure of each point."""
    return [
        {
            **{dimension.key: point[dimension.key] for dimension in dimensions},
            "_series": measure.title,
            "_figure": point[measure.key],
        }
        for point in points
        for measure in measures
    ]


def _in_time(points: list[Point], field: Field) -> list[Point]:
    known = [point for point in points if point[field.key] is not None]
    return sorted(known, key=lambda point: _rank(str(point[field.key])))


def _rank(text: str) -> tuple[int, float, str]:
    """Numbers by size, months and weekdays by name, all else by its letters."""
    named = period_rank(text)
    if named is not None:
        return (0, named, "")
    return (0, float(text), "") if text.isdecimal() else (1, 0, text)


def _places(points: list[Point], field: Field) -> list[str]:
    return sorted({str(point[field.key]) for point in points}, key=_rank)


def _by_size(points: list[Point], measure: Field) -> list[Point]:
    sizes = [float(point[measure.key] or 0) for point in points]
    if sizes == sorted(sizes) or sizes == sorted(sizes, reverse=True):
        return points
    return sorted(points, key=lambda point: -float(point[measure.key] or 0))


def _largest(
    points: list[Point], field: Field, measure: Field, most: int
) -> tuple[list[Point], tuple[str, ...]]:
    """The points of the `most` values of `field` with the largest sums, in that order."""
    sums: dict[str, float] = {}
    for point in points:
        label = str(point[field.key])
        sums[label] = sums.get(label, 0.0) + abs(float(point[measure.key] or 0))
    ranked = sorted(sums, key=lambda label: -sums[label])
    places = {label: place for place, label in enumerate(ranked[:most])}
    kept = [point for point in points if str(point[field.key]) in places]
    notes = (f"the largest {most} of {len(ranked):,}: {field.title}",) if len(ranked) > most else ()
    return sorted(kept, key=lambda point: places[str(point[field.key])]), notes


def _colours(field: Field) -> bool:
    different = len(set(map(str, field.values)))
    return field.part is Part.LABEL and 2 <= different <= min(MAX_SERIES, len(field.values) // 2)


def _across(field: Field, points: Sequence[Point]) -> Channel:
    """The channel of a time or period, left to right."""
    axis: dict[str, Any]
    if field.part is not Part.TIME:
        places = list(dict.fromkeys(str(point[field.key]) for point in points))
        axis = {"labelAngle": 0} if len("".join(places)) <= 60 else {}
        channel = {"field": field.key, "type": "ordinal", "title": field.title, "sort": places}
        return {**channel, "axis": axis}
    axis = {}
    step = granularity(field.values)
    if step != "time":
        axis["format"] = {"year": "%Y", "month": "%b %Y", "day": "%d %b %Y"}[step]
        axis["labelOverlap"] = True
        if len({point[field.key] for point in points}) <= 12:
            axis["tickCount"] = {"interval": step, "step": 1}
    channel = {"field": field.key, "type": "temporal", "title": field.title}
    return {**channel, "axis": axis} if axis else channel


def _category(field: Field, *, legend: bool) -> Channel:
    """Labels in the order of the points."""
    channel: Channel = {"field": field.key, "type": "nominal", "title": field.title, "sort": None}
    return channel if legend else {**channel, "axis": {"labelLimit": 220}}


def _shade(field: Field) -> Channel:
    """A number as a colour: what would be its axis is its legend."""
    channel = _measure(field)
    legend = channel.pop("axis", None)
    channel["scale"] = {"scheme": "blues"}
    return {**channel, "legend": legend} if legend else channel


_SHARES = vocabulary("share rate ratio percent percentage pct fraction")


def _measure(field: Field, *, grounded: bool = True) -> Channel:
    """The channel of a number; not `grounded`: the scale need not begin at zero."""
    channel: Channel = {"field": field.key, "type": "quantitative", "title": field.title}
    numbers = [float(number) for number in field.numbers]
    number_format = _number_format(field, numbers)
    if number_format:
        channel["axis"] = {"format": number_format}
    if not grounded and numbers and min(numbers) > max(numbers) / 2 > 0:
        channel["scale"] = {"zero": False}
    return channel


def _number_format(field: Field, numbers: Sequence[float]) -> str | None:
    if _SHARES.intersection(words_of(field.name)) and all(0 <= n <= 1 for n in numbers):
        return ".0%"
    largest = max((abs(n) for n in numbers), default=0.0)
    return "~s" if 100_000 <= largest < 1_000_000_000 else None
