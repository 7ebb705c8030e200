"""A YAML file becomes `Knowledge`: whole, or not at all.

Checked by hand, because pydantic is no part of the base install and takes half a second to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from forerun.catalog import words
from forerun.domain import ColumnKnowledge, GoldenQuery, Knowledge, Metric, TableKnowledge
from forerun.errors import BadKnowledge
from forerun.knowledge.places import Place, did_you_mean
from forerun.knowledge.yaml_text import loaded

LARGEST_FILE = 1 << 20
LONGEST_TEXT = 4_000
LONGEST_SQL = 20_000
"""Of a golden query."""
LONGEST_NAME_WORDS = 6
"""A question is looked through for names of so many words at most."""

_WHOLE = ("tables", "metrics", "golden_queries")
_TABLE = ("description", "synonyms", "time", "display", "columns")
_COLUMN = ("description", "synonyms", "unit", "hidden")
_METRIC = ("table", "sql", "synonyms", "description")
_GOLDEN_QUERY = ("question", "sql")


def read_file(path: Path) -> Knowledge:
    """What the file at `path` says. Raises `BadKnowledge`."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadKnowledge(f"{path} has more than a megabyte.", "Is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as failed:
        reason = failed.strerror or "it is no file"
        raise BadKnowledge(f"{path} cannot be read: {reason}.", "Check the path.") from failed
    except UnicodeDecodeError as failed:
        raise BadKnowledge(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from failed
    return read(text, str(path))


def read(text: str, file: str) -> Knowledge:
    """What the YAML in `text` says; errors (`BadKnowledge`) call it `file`."""
    place = Place(file)
    given = _mapping(loaded(text, place), place, _WHOLE)
    tables = _entries(given.get("tables"), place.at("tables"))
    metrics = _entries(given.get("metrics"), place.at("metrics"))
    golden = _list(given.get("golden_queries"), place.at("golden_queries"))
    return Knowledge(
        {name: _table(value, at) for name, value, at in tables},
        _distinct_metrics((_metric(name, value, at), at) for name, value, at in metrics),
        _distinct_questions((_golden_query(value, at), at) for value, at in golden),
    )


def read_golden(text: str, file: str) -> tuple[GoldenQuery, ...]:
    """As `read`, of a file that says nothing else. Raises `BadKnowledge`."""
    found = read(text, file)
    if Knowledge(golden_queries=found.golden_queries) != found:
        raise BadKnowledge(
            f"{file}: only golden_queries are taken here.",
            "What else a knowledge file says belongs beside the database.",
        )
    return found.golden_queries


def _table(value: object, place: Place) -> TableKnowledge:
    given = _mapping(value, place, _TABLE)
    columns = _entries(given.get("columns"), place.at("columns"))
    return TableKnowledge(
        _text(given.get("description"), place.at("description")),
        _names(given.get("synonyms"), place.at("synonyms")),
        _identifier(given.get("time"), place.at("time")),
        _identifiers(given.get("display"), place.at("display")),
        {name: _column(column, at) for name, column, at in columns},
    )


def _column(value: object, place: Place) -> ColumnKnowledge:
    given = _mapping(value, place, _COLUMN)
    hidden = given.get("hidden")
    if hidden is not None and not isinstance(hidden, bool):
        raise place.at("hidden").wrong("is neither true nor false.", "Write true or false.")
    return ColumnKnowledge(
        _text(given.get("description"), place.at("description")),
        _names(given.get("synonyms"), place.at("synonyms")),
        _text(given.get("unit"), place.at("unit")),
        bool(hidden),
    )


def _metric(name: str, value: object, place: Place) -> Metric:
    given = _mapping(value, place, _METRIC)
    return Metric(
        checked_name(name, place),
        _needed_table(given.get("table"), place.at("table")),
        _needed(given.get("sql"), place.at("sql"), "an aggregate such as SUM(amount)"),
        _names(given.get("synonyms"), place.at("synonyms")),
        _text(given.get("description"), place.at("description")),
    )


def _golden_query(value: object, place: Place) -> GoldenQuery:
    given = _mapping(value, place, _GOLDEN_QUERY)
    return GoldenQuery(
        _needed(given.get("question"), place.at("question"), "the question in plain words"),
        _needed(given.get("sql"), place.at("sql"), "the query that answers it", LONGEST_SQL),
    )


def _distinct_metrics(found: Iterator[tuple[Metric, Place]]) -> tuple[Metric, ...]:
    """No name may mean two metrics, or a question would have to be asked back each time."""
    metrics: list[Metric] = []
    owners: dict[tuple[str, ...], str] = {}
    for metric, place in found:
        for name in (metric.name, *metric.synonyms):
            owner = owners.setdefault(words.stems(name), metric.name)
            if owner != metric.name:
                what = f"is called {name!r}, which means the metric {owner} already."
                raise place.wrong(what, "Give one of the two another name.")
        metrics.append(metric)
    return tuple(metrics)


def _distinct_questions(found: Iterator[tuple[GoldenQuery, Place]]) -> tuple[GoldenQuery, ...]:
    queries: dict[str, GoldenQuery] = {}
    for query, place in found:
        key = words.normalised(query.question)
        if key in queries:
            raise place.wrong("asks what an earlier one asks.", "Leave one of the two out.")
        queries[key] = query
    return tuple(queries.values())


# --- shapes


def _mapping(value: object, place: Place, known: tuple[str, ...]) -> Mapping[str, object]:
    """A mapping with no key but the known ones; nothing at all counts as an empty one."""
    found = {name: entry for name, entry, _ in _entries(value, place)}
    for name in found:
        if name not in known:
            where = place.at(name)
            raise where.wrong("is not known here.", did_you_mean(name, known))
    return found


def _entries(value: object, place: Place) -> Iterator[tuple[str, object, Place]]:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise place.wrong("holds no `name: value` lines.", "Indent them below it, one a line.")
    for name, entry in value.items():
        if not isinstance(name, str) or not name:
            what = f"has the key {name!r}, which YAML does not read as text."
            raise place.wrong(what, "Put the name in quotes.")
        yield name, entry, place.at(name)


def _list(value: object, place: Place) -> Iterator[tuple[object, Place]]:
    if value is None:
        return
    if not isinstance(value, list):
        raise place.wrong("is no list.", "Write [a, b], or one entry a line after a dash.")
    for number, entry in enumerate(value, start=1):
        yield entry, place.at(number)


def _identifier(value: object, place: Place, longest: int = LONGEST_TEXT) -> str | None:
    """The name of a table or column, which may begin or end with a space."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise place.wrong(f"is {value!r}, which YAML does not read as text.", "Put it in quotes.")
    if len(value) > longest:
        raise place.wrong(f"has more than {longest:,} characters.", "Make it shorter.")
    return value


def _text(value: object, place: Place, longest: int = LONGEST_TEXT) -> str | None:
    text = _identifier(value, place, longest)
    if text is not None and not text.strip():
        raise place.wrong("is empty.", "Write something, or leave the line out.")
    return None if text is None else text.strip()


def _needed(value: object, place: Place, what: str, longest: int = LONGEST_TEXT) -> str:
    text = _text(value, place, longest)
    if text is None:
        raise place.wrong("is missing.", f"Give {what}.")
    return text


def _needed_table(value: object, place: Place) -> str:
    name = _identifier(value, place)
    if name is None:
        raise place.wrong("is missing.", "Give the table whose columns it is made of.")
    return name


def _identifiers(value: object, place: Place) -> tuple[str, ...]:
    found = ((_identifier(entry, at), at) for entry, at in _list(value, place))
    names = []
    for name, at in found:
        if name is None:
            raise at.wrong("is missing.", "Give the name of a column.")
        names.append(name)
    return tuple(names)


def _names(value: object, place: Place) -> tuple[str, ...]:
    entries = _list(value, place)
    return tuple(dict.fromkeys(checked_name(_needed(e, at, "a name"), at) for e, at in entries))


def checked_name(text: str, place: Place) -> str:
    """Something that a question may say: one to six words."""
    if not 0 < len(words.stems(text)) <= LONGEST_NAME_WORDS:
        what = f"is {text!r}, which is no name of one to {LONGEST_NAME_WORDS} words."
        raise place.wrong(what, "Write it as people say it in a question.")
    return text
