"""Run an accepted statement under its limits, ask the planner about it, compare results.

A database that refuses a statement is an outcome that repair can act on, so it comes back as
a `Verdict`. A database that cannot be reached raises `Unavailable`.
"""

from forerun.running.agreeing import AT_ONCE, grouped, run_rivals
from forerun.running.asking import explain, run
from forerun.running.bounding import bounded, look_ahead
from forerun.running.comparing import EXACT, Tolerance, comparable, identical, same_cell, same_rows

__all__ = [
    "AT_ONCE",
    "EXACT",
    "Tolerance",
    "bounded",
    "comparable",
    "explain",
    "grouped",
    "identical",
    "look_ahead",
    "run",
    "run_rivals",
    "same_cell",
    "same_rows",
]
