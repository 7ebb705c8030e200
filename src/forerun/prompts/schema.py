"""A catalog as text for a model: compact, in a fixed order, every foreign word quoted as data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forerun.domain import Catalog, Column, Metric, Table
from forerun.prompts.untrusted import literal, one_line, quoted

MAX_SAMPLES = 8
MAX_COMPLETE_SAMPLES = 20
OUTLINE_LIMIT = 40_000
"""Characters of an outline; about 10,000 tokens."""
_OUTLINE_COLUMNS = 30
_LONGEST_METRIC = 1_000

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_RESERVED_WORDS = (
    "all and any as asc between both by case cast check column constraint create cross current_date"
    " default delete desc distinct do drop else end except exists false fetch for foreign from full"
    " grant group having in index inner insert intersect interval into is join key left like limit"
    " natural not null offset on or order outer primary references right row rows select session"
    " set some table then to true union unique update user using values when where window with"
    " year"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
_BACKTICK_DIALECTS = frozenset({"mysql", "bigquery", "databricks", "hive", "spark", "doris"})
_FOLDS_TO_LOWER = frozenset({"postgres", "redshift"})


def describe(catalog: Catalog) -> str:
    """Every table with columns, types, keys, comments and sampled values; then the metrics."""
    tables = (line for table in catalog.tables for line in _described(table, catalog))
    return "\n".join((*tables, *(_metric(metric, catalog) for metric in catalog.metrics)))


def outline(catalog: Catalog, limit: int = OUTLINE_LIMIT) -> str:
    """One line a table, at most `limit` characters: columns are left out first, then tables."""
    lines = [_outlined(table, catalog.dialect) for table in catalog.tables]
    if sum(map(len, lines)) > limit:
        lines = [spelling(table, catalog.dialect) for table in catalog.tables]
    kept, size = 0, 0
    while kept < len(lines) and (size := size + len(lines[kept]) + 1) <= limit:
        kept += 1
    if kept < len(lines):
        return "\n".join([*lines[:kept], f"… and {len(lines) - kept} more tables"])
    return "\n".join(lines)


def spelling(table: Table, dialect: str) -> str:
    """The table's name as SQL of this dialect must spell it."""
    parts = (table.schema, table.name) if table.schema else (table.name,)
    return ".".join(_spelled(part, dialect) for part in parts)


def _spelled(name: str, dialect: str) -> str:
    name = one_line(name)
    folded = dialect in _FOLDS_TO_LOWER and name != name.lower()
    if _PLAIN.fullmatch(name) and name.lower() not in _RESERVED and not folded:
        return name
    mark = "`" if dialect in _BACKTICK_DIALECTS else '"'
    escaped = name.replace(mark, mark + mark).replace("<", "‹")
    return f"{mark}{escaped}{mark}"


def _outlined(table: Table, dialect: str) -> str:
    names = [_spelled(c.name, dialect) for c in table.columns[:_OUTLINE_COLUMNS]]
    more = ", …" if len(table.columns) > _OUTLINE_COLUMNS else ""
    told = _comment(table.comment) + _also(table.synonyms)
    return f"{spelling(table, dialect)} ({', '.join(names)}{more}){told}"


def _described(table: Table, catalog: Catalog) -> Iterator[str]:
    dialect = catalog.dialect
    kind = "VIEW" if table.is_view else "TABLE"
    told = _comment(table.comment) + _also(table.synonyms) + _usual(table, dialect)
    yield f"{kind} {spelling(table, dialect)}{_row_count(table)}{told}"
    targets = _targets(table, catalog)
    for column in table.columns:
        yield f"  {_column(table, column, targets.get((column.name,)), dialect)}"
    if len(table.primary_key) > 1:
        yield f"  primary key {_names(table.primary_key, dialect)}"
    for columns, target in targets.items():
        if len(columns) > 1:
            yield f"  {_names(columns, dialect)} references {target}"


def _targets(table: Table, catalog: Catalog) -> dict[tuple[str, ...], str]:
    """What the table's foreign keys refer to, where the catalog holds it."""
    dialect = catalog.dialect
    return {
        key.columns: f"{spelling(target, dialect)} {_names(key.referenced, dialect)}"
        for key in table.foreign_keys
        if (target := catalog.table(key.table)) is not None
    }


def _column(table: Table, column: Column, target: str | None, dialect: str) -> str:
    facts = [f"{_spelled(column.name, dialect)} {_type(column)}"]
    if table.primary_key == (column.name,):
        facts.append("primary key")
    elif not column.nullable:
        facts.append("not null")
    if target:
        facts.append(f"references {target}")
    unit = f" -- in {quoted(column.unit)}" if column.unit else ""
    told = _comment(column.comment) + _also(column.synonyms) + unit
    return ", ".join(facts) + told + _samples(column)


def _type(column: Column) -> str:
    return one_line(column.type, 60).replace("<", "‹")


def _samples(column: Column) -> str:
    if not column.samples:
        return ""
    whole = column.samples_complete and len(column.samples) <= MAX_COMPLETE_SAMPLES
    shown = column.samples if whole else column.samples[:MAX_SAMPLES]
    label = "all values" if whole else "values such as"
    return f" -- {label}: {', '.join(map(literal, shown))}"


def _metric(metric: Metric, catalog: Catalog) -> str:
    """A figure with a name, for the writer to compute as the team does."""
    table = catalog.table(metric.table)
    of = f" of {spelling(table, catalog.dialect)}" if table else ""
    told = _comment(metric.description) + _also(metric.synonyms)
    return f"METRIC {quoted(metric.name)}{of} = {quoted(metric.sql, _LONGEST_METRIC)}{told}"


def _also(synonyms: tuple[str, ...]) -> str:
    return f" -- also called {', '.join(map(quoted, synonyms))}" if synonyms else ""


def _usual(table: Table, dialect: str) -> str:
    """What tells when, and what to show of a row, where the team has said so."""
    time = f" -- usual time: {_spelled(table.time, dialect)}" if table.time else ""
    names = ", ".join(_spelled(name, dialect) for name in table.display)
    return time + (f" -- shown as: {names}" if names else "")


def _comment(comment: str | None) -> str:
    return f" -- {quoted(comment)}" if comment and comment.strip() else ""


def _row_count(table: Table) -> str:
    if table.rows is None:
        return ""
    return f" ({'about ' if table.rows_estimated else ''}{table.rows} rows)"


def _names(columns: tuple[str, ...], dialect: str) -> str:
    return f"({', '.join(_spelled(name, dialect) for name in columns)})"
