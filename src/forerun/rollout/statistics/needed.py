"""How many more units it would take, were everything to stay as it looks now.

An outlook, not a promise: the present estimate errs, most of all while there is little of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import ceil, log, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.effects import Effect
from forerun.rollout.statistics.exact import Counting, foreseen

GROWTH = 1.05
MOST = 1_000.0
"""More than so many times what there is, and it is not foreseen at all."""
STEPS = int(log(MOST) / log(GROWTH))


def needed(effect: Effect, boundary: Boundary, bound: float) -> int | None:
    """About how many more per arm until the interval leaves `bound` (on the working scale) out.

    Counted in the smaller arm; the other grows in step. None where that is not in sight.
    """
    lacking = boundary.minimum - effect.smaller
    if not effect.is_measured or not effect.smaller:
        return lacking if lacking > 0 else None
    distance = abs(effect.shift - bound)

    def decided(times: float) -> bool:
        return boundary.reach(round(effect.units * times)) * effect.error / sqrt(times) < distance

    return _more(effect.smaller, decided, lacking)


def needed_exactly(
    control: NDArray[np.float64],
    candidate: NDArray[np.float64],
    counting: Counting,
    bound: float,
) -> int | None:
    """The same for the exact interval; sorted logs of seconds, shapes (n,) and (m,)."""
    if not control.size or not candidate.size:
        return None

    def decided(times: float) -> bool:
        low, high = foreseen(control, candidate, counting, times)
        return not low <= bound <= high

    return _more(min(control.size, candidate.size), decided, 0)


def _more(n: int, decided: Callable[[float], bool], lacking: int) -> int | None:
    """Units on top of `n` at the first of growing multiples that decides."""
    step = bisect_left(range(1, STEPS + 1), x=True, key=lambda power: decided(GROWTH**power))
    if step == STEPS:
        return None
    return about(max(n * (GROWTH ** (step + 1) - 1), lacking))


def about(count: float) -> int:
    """Rounded up to two figures: more would pretend to know."""
    unit: int = 10 ** max(int(log10(max(count, 1))) - 1, 0)
    return ceil(count / unit) * unit
