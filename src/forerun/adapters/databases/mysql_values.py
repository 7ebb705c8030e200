"""What MySQL and MariaDB send, as columns with types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pymysql.constants import FIELD_TYPE

from forerun.adapters.databases.kinds import kind_of
from forerun.domain import Kind, ResultColumn, Rows, Value

_TYPE_NAMES: Mapping[int, str] = {
    FIELD_TYPE.DECIMAL: "decimal",
    FIELD_TYPE.NEWDECIMAL: "decimal",
    FIELD_TYPE.TINY: "tinyint",
    FIELD_TYPE.SHORT: "smallint",
    FIELD_TYPE.INT24: "mediumint",
    FIELD_TYPE.LONG: "int",
    FIELD_TYPE.LONGLONG: "bigint",
    FIELD_TYPE.FLOAT: "float",
    FIELD_TYPE.DOUBLE: "double",
    FIELD_TYPE.DATE: "date",
    FIELD_TYPE.NEWDATE: "date",
    FIELD_TYPE.TIME: "time",
    FIELD_TYPE.DATETIME: "datetime",
    FIELD_TYPE.TIMESTAMP: "timestamp",
    FIELD_TYPE.YEAR: "year",
    FIELD_TYPE.VARCHAR: "varchar",
    FIELD_TYPE.VAR_STRING: "varchar",
    FIELD_TYPE.STRING: "char",
    FIELD_TYPE.ENUM: "enum",
    FIELD_TYPE.SET: "set",
    FIELD_TYPE.TINY_BLOB: "text",
    FIELD_TYPE.MEDIUM_BLOB: "text",
    FIELD_TYPE.LONG_BLOB: "text",
    FIELD_TYPE.BLOB: "text",
    FIELD_TYPE.BIT: "bit",
    FIELD_TYPE.JSON: "json",
    FIELD_TYPE.GEOMETRY: "geometry",
}
_BINARY_FORM = {"varchar": "varbinary", "char": "binary", "text": "blob"}
_BOOLEANS = frozenset({0, 1, None})


def kind_of_mysql(type_name: str) -> Kind:
    """`kind_of`, but tinyint(1) is how these servers write BOOLEAN."""
    return Kind.BOOLEAN if type_name.startswith("tinyint(1)") else kind_of(type_name)


def typed(
    description: Sequence[Sequence[Any]], rows: tuple[tuple[Value, ...], ...], truncated: bool
) -> Rows:
    """`rows` with their columns, and 0 and 1 of BOOLEAN columns as False and True."""
    columns = tuple(
        _column(field, [row[index] for row in rows]) for index, field in enumerate(description)
    )
    booleans = {index for index, column in enumerate(columns) if column.kind is Kind.BOOLEAN}
    if booleans:
        rows = tuple(
            tuple(_truth(v) if index in booleans else v for index, v in enumerate(row))
            for row in rows
        )
    return Rows(columns, rows, truncated)


def _column(field: Sequence[Any], values: Sequence[Value]) -> ResultColumn:
    """The protocol has one code for text and bytes; the driver has told them apart by charset."""
    name, code, _, width = field[:4]
    type_name = _TYPE_NAMES.get(code, "null")
    if code == FIELD_TYPE.TINY and width == 1 and _BOOLEANS.issuperset(values):
        type_name = "tinyint(1)"
    elif type_name in _BINARY_FORM and any(isinstance(value, bytes) for value in values):
        type_name = _BINARY_FORM[type_name]
    return ResultColumn(name, type_name, kind_of_mysql(type_name))


def _truth(value: Value) -> Value:
    return value if value is None else bool(value)
