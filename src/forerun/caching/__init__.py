"""Caches that are right first, then fast: answers, drafts and catalogs, each from two levels.

Nothing here knows SQL: what tables a query read and whether it is volatile come with the Answer,
and what two questions have in common (`Understanding`) is handed in by `app`.
"""

from forerun.caching.answers import KeptAnswers
from forerun.caching.catalogs import CatalogCache
from forerun.caching.freshness import Policy
from forerun.caching.keys import Circumstances, Keys
from forerun.caching.layers import Layers
from forerun.caching.making import Meaning
from forerun.caching.memory import Memory
from forerun.caching.single_flight import SingleFlight
from forerun.caching.tally import Tally

__all__ = [
    "CatalogCache",
    "Circumstances",
    "KeptAnswers",
    "Keys",
    "Layers",
    "Meaning",
    "Memory",
    "Policy",
    "SingleFlight",
    "Tally",
]
