"""The candidate against the control in one metric, before anything is claimed of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf, isfinite, log

LARGEST = 700.0
"""Of a log that is still a number without it."""


class Scale(StrEnum):
    """How the arms are compared."""

    RATIO = "ratio"
    """Candidate over control; worked with as a difference of logs, 1 is no difference."""
    DIFFERENCE = "difference"
    """Candidate minus control; 0 is no difference."""

    def shown(self, shift: float) -> float:
        """A shift on the working scale as a reader sees it."""
        if self is Scale.DIFFERENCE:
            return shift
        return inf if shift > LARGEST else exp(shift)

    def worked(self, shown: float) -> float:
        """The way back."""
        return log(shown) if self is Scale.RATIO else shown


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate that is normal in the limit, with the error that it has now."""

    metric: str
    scale: Scale
    control: float
    """The control's own value: seconds of a time, a share of a rate. NaN without data."""
    candidate: float
    shift: float
    """Candidate minus control on the working scale: of logs where `scale` is a ratio."""
    error: float
    """Standard error of the shift; infinite while there is too little to estimate it."""
    n_control: int
    n_candidate: int
    units: int
    """Independent units that the estimate is made of: both arms', or as many as there are pairs."""
    fault: str | None = None
    """Why nothing can be measured, in a sentence; such an effect proves nothing."""

    @property
    def is_measured(self) -> bool:
        return self.fault is None and isfinite(self.shift) and isfinite(self.error)

    @property
    def smaller(self) -> int:
        """Units of the smaller arm."""
        return min(self.n_control, self.n_candidate)
