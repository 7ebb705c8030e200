"""`Knowledge` as a YAML file for people to go on with. What is written is read back the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forerun.domain import Catalog, ColumnKnowledge, GoldenQuery, Knowledge, Metric, TableKnowledge

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*( [A-Za-z0-9_]+)*")
_WORDS_OF_YAML = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_INTRODUCTION = """\
# What is known of {database}, for Forerun. A first version, guessed from names, types and keys:
# put right what is wrong, delete what you do not need. Everything may be left out.
# `description`, `synonyms` (other words for it) and `unit` help to understand questions; `time`
# tells when; `display` is what to show of a row; what is `hidden` nobody sees.
"""
_METRICS = """
# Figures with a name. `sql` is one aggregate over the columns of `table`.
"""
_GOLDEN = """
# Questions whose SQL you know to be right. They are answered with it, and teach.
# golden_queries:
#   - question: how many orders were there last year?
#     sql: SELECT COUNT(*) FROM orders WHERE …
"""


def write(knowledge: Knowledge, catalog: Catalog) -> str:
    """The file, with comments; columns of which nothing is known are listed in one."""
    lines = [_INTRODUCTION.format(database=_one_line(catalog.database))]
    lines += _secrets(knowledge)
    lines.append("tables:" if knowledge.tables else "# tables:")
    for name, table in knowledge.tables.items():
        lines += (f"  {line}" for line in _table(name, table, catalog))
    if knowledge.metrics:
        lines += [_METRICS + "metrics:"]
        lines += (f"  {line}" for metric in knowledge.metrics for line in _metric(metric))
    if knowledge.golden_queries:
        lines += ["", *_golden(knowledge.golden_queries)]
    else:
        lines.append(_GOLDEN.rstrip())
    return "\n".join(lines) + "\n"


def write_golden(queries: Sequence[GoldenQuery], *comments: str) -> str:
    """A file of golden queries alone, with comments of a line each before them."""
    told = _golden(queries) if queries else ["golden_queries: []"]
    return "\n".join([*(f"# {_one_line(each)}" for each in comments), *told]) + "\n"


def _golden(queries: Sequence[GoldenQuery]) -> Iterator[str]:
    yield "golden_queries:"
    for query in queries:
        yield f"  - question: {scalar(query.question)}"
        yield f"    sql: {scalar(query.sql)}"


def _secrets(knowledge: Knowledge) -> Iterator[str]:
    names = [
        f"{table}.{column}"
        for table, told in knowledge.tables.items()
        for column, known in told.columns.items()
        if known.hidden
    ]
    if names:
        yield f"# Hidden, because the names look secret: {_one_line(', '.join(names))}.\n"


def _table(name: str, told: TableKnowledge, catalog: Catalog) -> Iterator[str]:
    yield f"{scalar(name)}:"
    yield from _line("description", told.description)
    yield from _list("synonyms", told.synonyms)
    yield from _line("time", told.time)
    yield from _list("display", told.display)
    if told.columns:
        yield "  columns:"
    for column, known in told.columns.items():
        yield f"    {scalar(column)}:"
        yield from (f"    {line}" for line in _column(known))
    table = catalog.table(name)
    others = [c.name for c in table.columns if c.name not in told.columns] if table else []
    if others:
        yield f"  # other columns: {_one_line(', '.join(others))}"


def _column(known: ColumnKnowledge) -> Iterator[str]:
    yield from _line("description", known.description)
    yield from _list("synonyms", known.synonyms)
    yield from _line("unit", known.unit)
    if known.hidden:
        yield "  hidden: true"


def _metric(metric: Metric) -> Iterator[str]:
    yield f"{scalar(metric.name)}:"
    yield from _line("table", metric.table)
    yield from _line("sql", metric.sql)
    yield from _list("synonyms", metric.synonyms)
    yield from _line("description", metric.description)


def _line(key: str, text: str | None) -> Iterator[str]:
    if text is not None:
        yield f"  {key}: {scalar(text)}"


def _list(key: str, texts: tuple[str, ...]) -> Iterator[str]:
    if texts:
        yield f"  {key}: [{', '.join(map(scalar, texts))}]"


def scalar(text: str) -> str:
    """The text as one YAML scalar: plain where it can be nothing else, otherwise quoted."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    if text.isprintable():  # nearly all are, and some are long
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign == " " or sign.isprintable():
        return sign
    code = ord(sign)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _one_line(text: str) -> str:
    """Fit for a comment, which a line break would end."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
