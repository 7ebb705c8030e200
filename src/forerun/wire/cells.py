"""Cells as JSON that gives exactly the same Python values back: type, digits, zone and all.

None, booleans, finite floats, text and integers of reasonable length stand for themselves. All
else is an array of a tag and what it takes: `["decimal", "1.50"]`, `["list", [1, 2]]`. An array
is always a tag's, and an object is never a cell, so nothing can be taken for something else.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from forerun.domain import Value
from forerun.wire.reading import Kept
from forerun.wire.zones import zone_from_kept, zone_to_kept

_TEXT = frozenset({type(None), bool, str})
_NUMBERS = frozenset({type(None), bool, int, float})
_MOST_BITS = 1_000
"""Python itself refuses to read or write integers of more than 4,300 digits."""


def cells_to_kept(cells: Sequence[Value]) -> Kept:
    """Many at once, which is quick where all are plain, or of one type that is written as text:
    `{"decimal": ["1.50", null]}`.

    Raises ValueError for a value of a type that is not known here.
    """
    if _plain(cells):
        return cells
    types = set(map(type, cells)) - {type(None)}
    if len(types) == 1 and (known := _AS_TEXT.get(types.pop())):
        tag, write = known
        return {tag: [None if cell is None else write(cell) for cell in cells]}
    return [cell_to_kept(cell) for cell in cells]


def cells_from_kept(kept: Kept) -> Sequence[Value]:
    """The reverse. For what `cells_to_kept` did not write it raises what `reading.loaded` makes a
    ValueError of: its readers do not check what Python checks for them.
    """
    if isinstance(kept, dict):
        ((tag, texts),) = kept.items()
        read = _FROM_TEXT[tag]
        return [None if text is None else read(text) for text in _array(texts)]
    types = set(map(type, _array(kept)))
    if list not in types and dict not in types:
        return _array(kept)
    return [cell_from_kept(one) for one in kept]


def is_json(value: Value) -> bool:
    """Whether JSON gives exactly this value back."""
    if isinstance(value, dict) and type(value) is dict:
        return set(map(type, value)) <= {str} and _all_json(list(value.values()))
    if isinstance(value, list) and type(value) is list:
        return _all_json(value)
    return _plain((value,))


def _all_json(values: list[Value]) -> bool:
    nested = [value for value in values if type(value) is dict or type(value) is list]
    if not nested:
        return _plain(values)
    flat = [value for value in values if type(value) is not dict and type(value) is not list]
    return _plain(flat) and all(map(is_json, nested))


def cell_to_kept(cell: Value) -> Kept:
    """One cell; see `cells_to_kept`."""
    writer = _WRITERS.get(type(cell))
    if writer is None:
        raise ValueError(f"a value of type {type(cell).__name__} cannot be kept exactly")
    return writer(cell)


def cell_from_kept(kept: Kept) -> Value:
    """One cell; see `cells_from_kept`."""
    if type(kept) is dict:
        raise ValueError("an object is no cell")
    if type(kept) is not list:
        return kept
    tag, *parts = kept
    return _READERS[tag](*parts)


def _plain(cells: Sequence[Value]) -> bool:
    """Whether each of them stands for itself, found out for all at once."""
    types = set(map(type, cells))
    if types <= _TEXT:
        return True
    if not types <= _NUMBERS:
        return False
    try:
        return all(map(math.isfinite, filter(None, cells)))  # type: ignore[arg-type]
    except OverflowError:  # an integer beyond all floats
        return False


def _integer(cell: int) -> Kept:
    return cell if cell.bit_length() <= _MOST_BITS else ["int", hex(cell)]


def _float(cell: float) -> Kept:
    return cell if math.isfinite(cell) else ["float", repr(cell)]


def _moment(tag: str) -> Callable[[Any], Kept]:
    """A date with time, or a time: without zone in ISO 8601, then the zone, then the fold."""

    def write(cell: datetime | time) -> Kept:
        bare = cell.replace(tzinfo=None, fold=0).isoformat()
        if cell.tzinfo is None and not cell.fold:
            return [tag, bare]
        return [tag, bare, zone_to_kept(cell), cell.fold]

    return write


def _read_datetime(bare: str, zone: Kept = None, fold: int = 0) -> datetime:
    moment = datetime.fromisoformat(bare).replace(tzinfo=None, fold=fold)
    return moment.replace(tzinfo=zone_from_kept(zone, moment))


def _read_time(bare: str, zone: Kept = None, fold: int = 0) -> time:
    moment = time.fromisoformat(bare).replace(tzinfo=None, fold=fold)
    return moment.replace(tzinfo=zone_from_kept(zone, moment))


def _read_integer(digits: str) -> int:
    return int(digits, 16)


def _read_bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _array(kept: Kept) -> list[Kept]:
    if type(kept) is list:
        return kept
    raise ValueError("an array expected")


def _several(tag: str) -> Callable[[Any], Kept]:
    return lambda cell: [tag, [cell_to_kept(item) for item in cell]]


def _read_several(kind: Callable[[list[Value]], Value]) -> Callable[..., Value]:
    def read(items: Kept) -> Value:
        return kind([cell_from_kept(item) for item in _array(items)])

    return read


def _read_map(pairs: Kept) -> dict[Value, Value]:
    """Keys may be of any type that Python takes for a key."""
    found = {cell_from_kept(key): cell_from_kept(item) for key, item in pairs}
    if len(found) != len(pairs):
        raise ValueError("one key twice")
    return found


_WRITERS: Mapping[type, Callable[[Any], Kept]] = {
    type(None): lambda cell: cell,
    bool: lambda cell: cell,
    str: lambda cell: cell,
    int: _integer,
    float: _float,
    Decimal: lambda cell: ["decimal", str(cell)],
    bytes: lambda cell: ["bytes", b64encode(cell).decode()],
    bytearray: lambda cell: ["bytearray", b64encode(cell).decode()],
    date: lambda cell: ["date", cell.isoformat()],
    datetime: _moment("datetime"),
    time: _moment("time"),
    timedelta: lambda cell: ["span", cell.days, cell.seconds, cell.microseconds],
    UUID: lambda cell: ["uuid", cell.hex],
    list: _several("list"),
    tuple: _several("tuple"),
    set: _several("set"),
    frozenset: _several("frozenset"),
    dict: lambda cell: ["map", [[cell_to_kept(k), cell_to_kept(v)] for k, v in cell.items()]],
}
_READERS: Mapping[str, Callable[..., Value]] = {
    "int": _read_integer,
    "float": float,
    "decimal": Decimal,
    "bytes": _read_bytes,
    "bytearray": lambda text: bytearray(_read_bytes(text)),
    "date": date.fromisoformat,
    "datetime": _read_datetime,
    "time": _read_time,
    "span": timedelta,
    "uuid": UUID,
    "list": _read_several(list),
    "tuple": _read_several(tuple),
    "set": _read_several(set),
    "frozenset": _read_several(frozenset),
    "map": _read_map,
}
_AS_TEXT: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    Decimal: ("decimal", str),
    date: ("date", date.isoformat),
    UUID: ("uuid", str),
}
_FROM_TEXT: Mapping[str, Callable[[str], Value]] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "uuid": UUID,
}
