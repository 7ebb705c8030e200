"""What a team has taught while the database was in use, brought to a catalog that the file has
enriched already.

A file is taken whole or not at all. What was taught was checked one by one, and the database has
changed since: whatever no longer fits is left out and named, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from forerun.catalog import words
from forerun.domain import Catalog, Column, GoldenQuery, Metric, Table, Term
from forerun.errors import BadKnowledge
from forerun.knowledge.enriching import joined
from forerun.knowledge.places import Place, did_you_mean
from forerun.knowledge.reading import checked_name

GLOSSARY = Place("The glossary")


@dataclass
class Glossary:
    """The terms that fit a catalog, taken one after another."""

    catalog: Catalog
    terms: list[Term] = field(default_factory=list)
    faults: dict[Term, str] = field(default_factory=dict)
    """What is wrong with the others."""

    def __post_init__(self) -> None:
        self._owners: dict[tuple[str, ...], str] = {}
        for metric in self.catalog.metrics:
            self._own(metric)

    @classmethod
    def of(cls, catalog: Catalog, terms: Iterable[Term]) -> Glossary:
        glossary = cls(catalog)
        for term in terms:
            try:
                glossary.add(term)
            except BadKnowledge as wrong:
                glossary.faults[term] = wrong.message
        return glossary

    def add(self, term: Term) -> None:
        """Raises `BadKnowledge` for one that the catalog, or an earlier term, has no place for."""
        place = GLOSSARY.at(term.name)
        for name in (term.name, *term.synonyms):
            checked_name(name, place)
        table = self.catalog.table(term.table)
        if table is None:
            hint = did_you_mean(term.table, (each.key for each in self.catalog.tables))
            raise place.wrong(f"names {term.table}, which is no table of the database.", hint)
        if term.sql is not None:
            self._check_figure(term, table, place)
        elif term.column is not None and table.column(term.column) is None:
            hint = did_you_mean(term.column, (column.name for column in table.columns))
            raise place.wrong(f"names {term.column}, which is no column of {table.key}.", hint)
        self.terms.append(term)

    def _check_figure(self, term: Term, table: Table, place: Place) -> None:
        from forerun.knowledge import expressions  # loads sqlglot

        metric = metric_of(term)
        expressions.checked_metric(metric, table, self.catalog.dialect, place)
        for name in (metric.name, *metric.synonyms):
            owner = self._owners.get(words.stems(name))
            if owner is not None:
                what = f"is called {name!r}, which means the metric {owner} already."
                raise place.wrong(what, "Give one of the two another name.")
        self._own(metric)

    def _own(self, metric: Metric) -> None:
        for name in (metric.name, *metric.synonyms):
            self._owners[words.stems(name)] = metric.name


def metric_of(term: Term) -> Metric:
    return Metric(term.name, term.table, term.sql or "", term.synonyms, term.description)


def with_taught(
    catalog: Catalog, terms: Sequence[Term], golden_queries: Sequence[GoldenQuery]
) -> Catalog:
    """The catalog with terms and golden queries that fit it. Tables that nothing was said of stay
    the very same objects."""
    told: dict[str, list[Term]] = {}
    metrics = list(catalog.metrics)
    for term in terms:
        table = catalog.table(term.table)
        if table is not None and term.sql is None:
            told.setdefault(table.key, []).append(term)
        elif table is not None:
            metrics.append(replace(metric_of(term), table=table.key))
    tables = (_told(t, told[t.key]) if t.key in told else t for t in catalog.tables)
    return replace(
        catalog,
        tables=tuple(tables),
        metrics=tuple(metrics),
        golden_queries=(*catalog.golden_queries, *golden_queries),
    )


def _told(table: Table, terms: Sequence[Term]) -> Table:
    by_column: dict[str, list[Term]] = {}
    for term in terms:
        by_column.setdefault((term.column or "").lower(), []).append(term)
    columns = (_told_column(c, by_column.get(c.name.lower(), ())) for c in table.columns)
    own = by_column.get("", ())
    return replace(
        table,
        columns=tuple(columns),
        synonyms=_more(table.synonyms, own),
        comment=_described(table.comment, own),
    )


def _told_column(column: Column, terms: Sequence[Term]) -> Column:
    if not terms:
        return column
    comment = _described(column.comment, terms)
    return replace(column, synonyms=_more(column.synonyms, terms), comment=comment)


def _more(synonyms: tuple[str, ...], terms: Sequence[Term]) -> tuple[str, ...]:
    added = (name for term in terms for name in (term.name, *term.synonyms))
    return tuple(dict.fromkeys((*synonyms, *added)))


def _described(comment: str | None, terms: Sequence[Term]) -> str | None:
    for term in terms:
        comment = joined(comment, term.description)
    return comment
