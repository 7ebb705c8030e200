"""Values of a configuration file and of the environment, taken for what a dataclass declares."""

from __future__ import annotations

import difflib
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union

from forerun.booleans import FALSE, TRUE
from forerun.errors import BadSetting

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands, to be named in errors."""

    file: str
    path: tuple[str, ...] = ()

    def of(self, name: str) -> Place:
        return Place(self.file, (*self.path, name))

    def __str__(self) -> str:
        return f"{self.file}: [{'.'.join(self.path)}]" if self.path else self.file

    def table(self, given: Any) -> Mapping[str, Any]:
        """What is given there. Raises `BadSetting` where it is no table."""
        if not isinstance(given, Mapping):
            raise BadSetting(f"{self} is no table.", f"Write [{'.'.join(self.path)}] above it.")
        return given


def refuse_unknown(given: Mapping[str, Any], known: Iterable[str], where: Place) -> None:
    """Raises `BadSetting` for a name that nobody reads."""
    names = sorted(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            said = ", ".join(names) or "nothing"
            raise BadSetting(f"{where} has no {name!r}.", f"{meant}It may hold {said}.")


def read_section(
    kind: type[Section],
    table: Any,
    where: Place,
    environment: Mapping[str, str],
    prefix: str,
    sources: dict[str, str],
) -> Section:
    """A `kind` with what `table` gives, and over it what variables that begin with `prefix` do.

    In `sources` is noted by name which of them gave a value. Tables within it are left out.
    """
    assert is_dataclass(kind)  # noqa: S101 - for the type checker
    read = [each for each in fields(kind) if "help" in each.metadata]
    values = read_values(read, kind, table, where)
    sources |= dict.fromkeys(values, "file")
    hints = typing.get_type_hints(kind)
    for each in read:
        name = prefix + each.name.upper()
        if environment.get(name, "").strip():
            values[each.name] = _from_text(hints[each.name], environment[name].strip(), name)
            sources[each.name] = "environment"
    return kind(**values)


def read_values(read: Iterable[Field[Any]], kind: type, table: Any, where: Place) -> dict[str, Any]:
    """The values of `table` by name, each of the type that `kind` declares."""
    given, hints = where.table(table), typing.get_type_hints(kind)
    refuse_unknown(given, (each.name for each in read), where)
    return {name: _taken(hints[name], value, where.of(name)) for name, value in given.items()}


def _taken(hint: Any, value: Any, where: Place) -> Any:
    """`value` where it is of the type `hint`; a whole number is a number, a list may be a set."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _taken(next(part for part in parts if part is not type(None)), value, where)
    if origin in (tuple, frozenset):
        return origin(_taken(parts[0], item, where) for item in _list(value, where))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {
            name: _taken(parts[1], item, where.of(name))
            for name, item in where.table(value).items()
        }
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**read_values(fields(hint), typing.cast(type, hint), value, where))
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: Any, where: Place) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _one_of(hint, value, where)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        raise BadSetting(f"{_at(where)} is {value!r}, which is not {_WORDS[hint]}.", "Correct it.")
    if hint in (int, float) and not 0 <= value < math.inf:
        raise BadSetting(f"{_at(where)} is {value}; it must be 0 or more.", "Correct it.")
    return value


def _one_of(kind: type[Enum], value: Any, where: Place) -> Enum:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(str(each.value) for each in kind)
        raise BadSetting(f"{_at(where)} is {value!r}.", f"Use one of {allowed}.") from None


def _list(value: Any, where: Place) -> list[Any]:
    if isinstance(value, list):
        return value
    raise BadSetting(f"{_at(where)} is {value!r}, which is no list.", 'Write ["…", "…"].')


def _at(where: Place) -> str:
    """Names one value: `forerun.toml: [serve] port`."""
    return f"{Place(where.file, where.path[:-1])} {where.path[-1]}"


def _from_text(hint: Any, text: str, variable: str) -> Any:
    """What a variable says, which is text whatever it stands for."""
    parts = [part for part in typing.get_args(hint) if part not in (type(None), Ellipsis)]
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _from_text(parts[0], text, variable)
    if origin in (tuple, frozenset):
        return origin(part.strip() for part in text.split(",") if part.strip())
    where = Place("the environment", (variable,))
    if hint is bool:
        if text.lower() in TRUE | FALSE:
            return text.lower() in TRUE
        raise BadSetting(f"{variable} is {text!r}.", "Use true or false.")
    if hint in (int, float):
        return _scalar(hint, _number(hint, text, variable), where)
    if hint is str or (isinstance(hint, type) and issubclass(hint, Enum)):
        return _scalar(hint, text, where)
    raise BadSetting(f"{variable} cannot be set by a variable.", "Write it into the file.")


def _number(hint: type, text: str, variable: str) -> Any:
    try:
        return hint(text)
    except ValueError:
        raise BadSetting(f"{variable} is {text!r}, which is not {_WORDS[hint]}.", None) from None


_WORDS: Mapping[Any, str] = {
    str: "text", bool: "true or false", int: "a whole number", float: "a number"
}  # fmt: skip
