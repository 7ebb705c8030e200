"""Reading what a database holds."""

from forerun.catalog.reading import CatalogSource, Sampling

__all__ = ["CatalogSource", "Sampling"]
