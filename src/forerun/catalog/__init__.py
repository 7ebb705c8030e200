"""Reading what a database holds."""

from forerun.catalog.reading import CatalogReader, CatalogSource, Sampling
from forerun.catalog.restricted import RestrictedCatalog

__all__ = ["CatalogReader", "CatalogSource", "RestrictedCatalog", "Sampling"]
