"""Schedules: the order in which the stages run. Each one is an Answerer."""

from forerun.orchestrators.direct import Direct
from forerun.orchestrators.sequential import Sequential
from forerun.orchestrators.tracking import Tracked

__all__ = ["Direct", "Sequential", "Tracked"]
