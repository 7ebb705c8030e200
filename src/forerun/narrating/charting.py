"""The chart of a result, chosen from its shape alone: a Vega-Lite document, data and no code.

Names and values of the database go into it as data: columns are renamed where Vega-Lite would
read a path into a name, and nothing is ever put where an expression is read.
"""

from __future__ import annotations

import textwrap
from typing import Any

from forerun.domain import ChartSpec, Rows
from forerun.narrating import plotting
from forerun.narrating.fields import Field, Part, Shape, plain_text, read
from forerun.narrating.plotting import MAX_BARS, MAX_SERIES, Plot
from forerun.narrating.summarising import adds_up

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_MAX_COLUMNS = 8
_MOST_CELLS = 40
"""Two dimensions of more values than this on both sides are a carpet, not a chart."""


def chart(question: str, rows: Rows) -> ChartSpec | None:
    """A Vega-Lite v6 document of at most 500 points, or None where no chart would help.

    Deterministic. None for fewer than two rows, more than eight columns, nothing to measure,
    and records that are not one value for each label.
    """
    if len(rows) < 2 or len(rows.columns) > _MAX_COLUMNS:
        return None
    shape = read(rows, question)
    if not shape.measures or not shape.measures[0].numbers:
        return None
    plot = _plot(question, shape)
    if plot is None or len(plot.points) < 2:
        return None
    notes = plot.notes
    if rows.truncated:
        notes = (*notes, f"only the first {len(rows):,} rows were fetched")
    return _document(question, plot, notes)


def _plot(question: str, shape: Shape) -> Plot | None:
    match shape.dimensions:
        case [dimension]:
            return _by_one(shape, dimension)
        case [first, second]:
            return _by_two(question, shape, first, second)
    if len(shape.measures) == 2:
        return plotting.scatter(shape)
    if len(shape.measures) == 1:
        return plotting.histogram(shape.measures[0])
    return None


def _by_one(shape: Shape, dimension: Field) -> Plot | None:
    if _is_course(dimension):
        return plotting.line(shape, dimension)
    if len(shape.measures) == 2 and len(dimension.values) > MAX_BARS:
        return plotting.scatter(shape)
    return plotting.bars(shape, dimension)


def _by_two(question: str, shape: Shape, first: Field, second: Field) -> Plot | None:
    finer, coarser = sorted((first, second), key=_different, reverse=True)
    courses = [field for field in (finer, coarser) if _is_course(field)]
    if courses:
        time = courses[0]
        return plotting.lines(shape, time, coarser if time is finer else finer)
    measure = shape.measures[0]
    if _different(coarser) > _MOST_CELLS:
        return None
    if (
        adds_up(question, measure)
        and min(measure.numbers) >= 0
        and _different(coarser) <= MAX_SERIES
    ):
        return plotting.stacked(shape, finer, coarser)
    if _different(coarser) <= 4 and _different(finer) <= 12:
        return plotting.grouped(shape, finer, coarser)
    return plotting.heatmap(shape, finer, coarser)


def _is_course(field: Field) -> bool:
    """Two points make no course: bars compare them better."""
    return field.part in (Part.TIME, Part.PERIOD) and _different(field) > 2


def _different(field: Field) -> int:
    return len(set(field.values))


def _document(question: str, plot: Plot, notes: tuple[str, ...]) -> dict[str, Any]:
    title: dict[str, Any] = {
        "text": textwrap.wrap(plain_text(question, 160), 70) or "Result",
        "anchor": "start",
    }
    if notes:
        title["subtitle"] = "; ".join(notes)
    return {
        "$schema": SCHEMA,
        "title": title,
        "width": 560,
        "height": {"step": 22} if plot.by_row else 320,
        "data": {"values": plot.points},
        "mark": {**plot.mark, "tooltip": True},
        "encoding": {**plot.channels, "tooltip": _tooltip(plot)},
    }


def _tooltip(plot: Plot) -> list[dict[str, Any]]:
    """What a mark stands for, channel by channel, then the columns that no channel shows."""
    shown: dict[str, dict[str, Any]] = {}
    for channel in plot.channels.values():
        kind = channel.get("type", "nominal")
        entry = {"field": channel["field"], "type": kind, "title": channel.get("title")}
        if kind == "temporal":
            entry["format"] = channel.get("axis", {}).get("format", "%Y-%m-%d %H:%M")
        if kind == "quantitative":
            entry["format"] = ",.2~f"
        entry["title"] = entry["title"] or channel["field"]
        shown.setdefault(channel["field"], entry)
    for key in plot.points[0]:
        shown.setdefault(key, {"field": key, "type": "nominal"})
    return list(shown.values())
