"""Schedules: the order in which the stages run. Each one is an Answerer."""

from forerun.orchestrators.direct import Direct
from forerun.orchestrators.hybrid import Hybrid, SequentialPath
from forerun.orchestrators.parallel import Parallel
from forerun.orchestrators.sequential import Sequential
from forerun.orchestrators.tracking import Tracked

__all__ = ["Direct", "Hybrid", "Parallel", "Sequential", "SequentialPath", "Tracked"]
