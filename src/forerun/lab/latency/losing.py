"""Where a strategy loses time against the leanest peer: by what befell its questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from forerun.lab.latency.measuring import Befell, Measured

Pair = tuple[Measured, Measured]
"""One question on the strategy and on the peer."""


@dataclass(frozen=True, slots=True)
class Part:
    """Questions that the same befell. Times are medians of the shares of the peer's, of a question
    each; None where there was none."""

    befell: Befell
    share: float
    """Of the questions that the peer answers."""
    alone: float | None
    follow_ups: float | None
    first_rows: float | None
    later_s: float
    """What they add to the mean by which the strategy's answers come later."""


def parts_of(pairs: Sequence[Pair]) -> tuple[Part, ...]:
    """Of the questions that the peer answers; together they come to all of them."""
    return tuple(_part(befell, pairs) for befell in Befell)


def _part(befell: Befell, pairs: Sequence[Pair]) -> Part:
    own = [pair for pair in pairs if pair[0].befell is befell]
    with_rows = [(o, p) for o, p in own if o.first_rows_s is not None and p.first_rows_s]
    return Part(
        befell,
        len(own) / len(pairs),
        _median([pair for pair in own if not pair[0].follow_up], lambda each: each.seconds),
        _median([pair for pair in own if pair[0].follow_up], lambda each: each.seconds),
        _median(with_rows, lambda each: each.first_rows_s or 0.0),
        fmean([o.seconds - p.seconds if o.befell is befell else 0.0 for o, p in pairs]),
    )


def _median(pairs: Sequence[Pair], seconds: Callable[[Measured], float]) -> float | None:
    return median([seconds(o) / seconds(p) for o, p in pairs]) if pairs else None
