"""What a kept answer costs: `forerun bench cache`."""

from forerun.lab.caches.measuring import Where, measure_caches
from forerun.lab.caches.report import Caches, Spread, to_json

__all__ = ["Caches", "Spread", "Where", "measure_caches", "to_json"]
