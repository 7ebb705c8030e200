"""A provider of models that does not exist: real schedules, simulated seconds, tokens and luck.

One engine, in process (`SimulatedModel`, also on a virtual clock) and as a real HTTP server with
the OpenAI API (`forerun.testing.simulator.server`, which needs the extra `models`).
"""

from forerun.testing.simulator.case import Case
from forerun.testing.simulator.database import SimulatedDatabase
from forerun.testing.simulator.drafter import simulated_drafter
from forerun.testing.simulator.engine import Engine
from forerun.testing.simulator.errors import ErrorRates
from forerun.testing.simulator.jobs import Job
from forerun.testing.simulator.model import SimulatedModel
from forerun.testing.simulator.planned import Interval, Piece, Planned
from forerun.testing.simulator.profiles import PROFILES, Profile, Speed, Tokens

__all__ = [
    "PROFILES",
    "Case",
    "Engine",
    "ErrorRates",
    "Interval",
    "Job",
    "Piece",
    "Planned",
    "Profile",
    "SimulatedDatabase",
    "SimulatedModel",
    "Speed",
    "Tokens",
    "simulated_drafter",
]
