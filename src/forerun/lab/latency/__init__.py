"""How long each schedule takes on one simulated provider: the same draws for all of them."""

from forerun.lab.latency.reporting import Report, Row, to_json
from forerun.lab.latency.running import Sample, run_bench

__all__ = ["Report", "Row", "Sample", "run_bench", "to_json"]
