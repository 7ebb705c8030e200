"""SQLite's loose types: what a declaration or the values at hand suggest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from forerun.adapters.databases.kinds import kind_of
from forerun.domain import Kind, ResultColumn, Value

_AFFINITIES = (
    ("INT", Kind.INTEGER),
    ("CHAR", Kind.TEXT),
    ("CLOB", Kind.TEXT),
    ("TEXT", Kind.TEXT),
    ("BLOB", Kind.BINARY),
    ("REAL", Kind.FLOAT),
    ("FLOA", Kind.FLOAT),
    ("DOUB", Kind.FLOAT),
)
"""The rules of "Determination Of Column Affinity" in SQLite's own documentation, in order."""


def kind_of_declaration(type_name: str) -> Kind:
    """The kind of a column declared as `type_name`: by its usual meaning, else by affinity.

    >>> kind_of_declaration("varchar(20)"), kind_of_declaration("unsigned big int")
    (<Kind.TEXT: 'text'>, <Kind.INTEGER: 'integer'>)
    """
    usual = kind_of(type_name)
    if usual is not Kind.OTHER or not type_name.strip():
        return usual
    upper = type_name.upper()
    if upper.split("(")[0].strip() == "BIT":
        return Kind.BOOLEAN
    return next((kind for part, kind in _AFFINITIES if part in upper), Kind.DECIMAL)


def kind_of_storage(storage_class: str | None) -> Kind:
    """The kind of a column without declared type, from `typeof()` one of its values."""
    return _KIND_OF_STORAGE.get(storage_class or "", Kind.OTHER)


_KIND_OF_STORAGE = {
    "integer": Kind.INTEGER,
    "real": Kind.FLOAT,
    "text": Kind.TEXT,
    "blob": Kind.BINARY,
}


def column_of_values(name: str, values: Iterable[Value]) -> ResultColumn:
    """A column of a result, typed by what it holds: SQLite does not say what was declared.

    Texts that are all ISO dates or times of day are temporal; they stay texts.
    """
    present = [value for value in values if value is not None]
    types = {type(value) for value in present}
    if not types:
        return ResultColumn(name, "NULL", Kind.OTHER)
    if types == {int}:
        return ResultColumn(name, "INTEGER", Kind.INTEGER)
    if types <= {int, float}:
        return ResultColumn(name, "REAL", Kind.FLOAT)
    if types == {bytes}:
        return ResultColumn(name, "BLOB", Kind.BINARY)
    if types == {str}:
        return ResultColumn(name, "TEXT", _kind_of_texts([str(value) for value in present]))
    return ResultColumn(name, "ANY", Kind.OTHER)


def _kind_of_texts(texts: list[str]) -> Kind:
    if all(len(text) == len("2024-12-31") and _reads(date.fromisoformat, text) for text in texts):
        return Kind.DATE
    if all(text[10:11] in ("T", " ") and _reads(datetime.fromisoformat, text) for text in texts):
        return Kind.TIMESTAMP
    return Kind.TEXT


def _reads(read: Callable[[str], object], text: str) -> bool:
    """Python reads more spellings of ISO 8601 than people mean as a date (`2024-W01-1`)."""
    if text[4:5] != "-" or text[7:8] != "-":
        return False
    try:
        read(text)
    except ValueError:
        return False
    return True
