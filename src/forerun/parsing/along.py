"""Along time: groups in the order of their date, and what a measure is beside those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.parsing import cues
from forerun.parsing.measures import adds_up, measure
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan, Term, Window
from forerun.parsing.schema import Meaning

CUES = frozenset(("running", "rolling", "change", "growth"))


def along_time(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`running total by month`, `3-month moving average`, `growth to the year before`."""
    figure, times = measure(plan), _times(plan)
    if figure is None or figure not in plan.select or not times or plan.limit is not None:
        return
    said = {mention.unit for mention in lattice.mentions if mention.own_cue in cues.WINDOWS}
    if said - {_unit(times[-1])}:
        return  # by month, but compared to the year before
    rest = tuple(term for term in plan.group if term != times[-1])
    kind, frame = _made(lattice)
    restarts = len(times) > 1
    if restarts and kind != "running":
        return  # the first month of a year has one before it too
    if kind in ("running", "rolling") and not adds_up(figure, plan):
        return
    if kind == "rolling" and frame is None:
        return
    for beside in _beside(lattice):
        window = Window(kind, figure, rest, times[-1], beside, *(frame or ()))
        yield replace(plan, window=window)


def _made(lattice: Lattice) -> tuple[str, tuple[int, str] | None]:
    """Of several cues the rarest counts; with over how many groups it moves, and how."""
    if "rolling" in lattice.tags:
        said = ((m.frame, m.aggregate) for m in lattice.mentions if m.frame is not None)
        return "rolling", next(said, None)
    if "running" in lattice.tags:
        return "running", None
    return ("growth" if lattice.tags & {"growth", "share"} else "change"), None


def _beside(lattice: Lattice) -> tuple[bool, ...]:
    """Whether the measure itself is asked for too: `revenue by month with the change`."""
    said = [m.left for m in lattice.mentions if m.own_cue in cues.WINDOWS]
    said += [mention.right for mention in lattice.mentions[-1:]]
    if any("with" in between or "and" in between for between in said):
        return (True,)
    return (False, True) if "with" in lattice.tags else (False,)


def _times(plan: Plan) -> list[Term]:
    """The time that groups follow each other by, after the larger unit in which they start anew:
    `by month for each year`. Of two different dates, neither.
    """
    times = [term for term in plan.group if _unit(term) is not None]
    if len({term.field for term in times}) != 1:
        return []
    return sorted(times, key=lambda term: -_SIZES.index(_unit(term) or "day"))


_SIZES = ("day", "week", "month", "quarter", "year")


def _unit(term: Term) -> str | None:
    if term.unit or term.field is None:
        return term.unit
    return {Meaning.DATE: "day", Meaning.YEAR: "year"}.get(term.field.meaning)
