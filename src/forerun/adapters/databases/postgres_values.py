"""What PostgreSQL sends, as Python values and as columns with types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.errors import DataError
from psycopg.pq.abc import PGresult
from psycopg.types.datetime import (
    DateLoader,
    IntervalLoader,
    TimeLoader,
    TimestampLoader,
    TimestamptzLoader,
    TimetzLoader,
)
from psycopg.types.string import TextLoader

from forerun.adapters.databases.kinds import kind_of
from forerun.domain import Kind, ResultColumn

TypeNames: TypeAlias = Mapping[int, tuple[str, Kind]]
"""Names and kinds of the types that are not built in, by OID."""

# Python has no such value: infinity, BC, years past 9999, 24:00. Its text says it all.
_BEYOND_PYTHON = (DataError, ValueError, OverflowError)


def _or_text(loader: type[Loader]) -> type[Loader]:
    class OrText(loader):  # type: ignore[misc, valid-type]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except _BEYOND_PYTHON:
                return bytes(data).decode()

    return OrText


class _Interval(_or_text(IntervalLoader)):  # type: ignore[misc]
    """Months and years have no fixed length, so a timedelta would be a guess."""

    def load(self, data: Buffer) -> Any:
        text = bytes(data)
        return text.decode() if b"mon" in text or b"year" in text else super().load(data)


_LOADERS: Mapping[str, type[Loader]] = {
    "date": _or_text(DateLoader),
    "time": _or_text(TimeLoader),
    "timetz": _or_text(TimetzLoader),
    "timestamp": _or_text(TimestampLoader),
    "timestamptz": _or_text(TimestamptzLoader),
    "interval": _Interval,
}
_AS_TEXT = (
    "inet", "cidr", "record",
    "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange",
    "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange",
    "tstzmultirange",
)  # fmt: skip


def adapt(adapters: AdaptersMap) -> None:
    """Have a connection give plain Python values, and text where Python has none."""
    for name, loader in _LOADERS.items():
        adapters.register_loader(name, loader)
    for name in _AS_TEXT:
        adapters.register_loader(name, TextLoader)


def kind_of_postgres(type_name: str) -> Kind:
    """`kind_of`, but money is OTHER: it is text in the server's locale and equals no number."""
    return Kind.OTHER if type_name.startswith("money") else kind_of(type_name)


def unknown_types(result: PGresult, adapters: AdaptersMap) -> set[int]:
    """OIDs of the result's types that psycopg does not know: enums, extensions, composites."""
    oids = {result.ftype(index) for index in range(result.nfields)}
    return {oid for oid in oids if adapters.types.get(oid) is None}


def columns_of(
    result: PGresult, adapters: AdaptersMap, others: TypeNames
) -> tuple[ResultColumn, ...]:
    """Name, type and kind of each column of a result."""
    columns = []
    for index in range(result.nfields):
        oid, modifier = result.ftype(index), result.fmod(index)
        known = adapters.types.get(oid)
        if known is None:
            type_name, kind = others.get(oid, (f"oid {oid}", Kind.OTHER))
        else:
            display = known.get_type_display(oid=oid, fmod=modifier)
            type_name = known.regtype + display.removeprefix(known.name)
            kind = kind_of_postgres(type_name)
        name = (result.fname(index) or b"").decode("utf-8", "replace")
        columns.append(ResultColumn(name, type_name, kind))
    return tuple(columns)
