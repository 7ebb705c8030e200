"""What orchestration itself costs, beside a bare task group and a graph framework, in one run."""

from forerun.lab.overhead.measuring import measure_overhead
from forerun.lab.overhead.report import Overhead, to_json

__all__ = ["Overhead", "measure_overhead", "to_json"]
