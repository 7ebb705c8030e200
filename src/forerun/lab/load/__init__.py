"""What a service takes of its own with hundreds of askers at once, and what it leaves behind."""

from forerun.lab.load.driving import run_load
from forerun.lab.load.planning import Load
from forerun.lab.load.reporting import Report, to_json

__all__ = ["Load", "Report", "run_load", "to_json"]
