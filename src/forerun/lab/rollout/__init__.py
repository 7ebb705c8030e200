"""The whole life of an experiment, replayed in minutes against simulated models."""

from forerun.lab.rollout.reporting import to_json
from forerun.lab.rollout.running import Report, Sizes, simulate

__all__ = ["Report", "Sizes", "simulate", "to_json"]
