"""The tables of a slice as the models are told of them: written once for the same tables."""

from __future__ import annotations

from dataclasses import replace

from forerun import prompts
from forerun.catalog.derived import Derived
from forerun.domain import Catalog

REMEMBERED = 64


def schema(catalog: Catalog) -> str:
    """See `prompts.describe`; a question needs it up to four times, some 0.7 ms each."""
    return _counted.of(catalog)


def schema_uncounted(catalog: Catalog) -> str:
    """The same without how many rows there are."""
    return _uncounted.of(catalog)


def _without_counts(catalog: Catalog) -> str:
    return prompts.describe(
        catalog.with_tables(replace(table, rows=None) for table in catalog.tables)
    )


_counted, _uncounted = Derived(prompts.describe, REMEMBERED), Derived(_without_counts, REMEMBERED)
