"""Type names, as databases write them, to kinds."""

from __future__ import annotations

from forerun.domain import Kind

_KINDS: dict[Kind, tuple[str, ...]] = {
    Kind.INTEGER: (
        "int", "integer", "tinyint", "smallint", "mediumint", "bigint", "hugeint",
        "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint", "bignum", "varint",
        "int1", "int2", "int4", "int8", "int16", "int32", "int64", "int128",
        "uint8", "uint16", "uint32", "uint64", "uint128",
        "serial", "smallserial", "bigserial", "year", "oid", "long",
    ),
    Kind.DECIMAL: ("decimal", "dec", "numeric", "number", "money", "smallmoney", "currency"),
    Kind.FLOAT: ("float", "float4", "float8", "float32", "float64", "double", "real"),
    Kind.TEXT: (
        "text", "tinytext", "mediumtext", "longtext", "char", "bpchar", "character", "varchar",
        "nchar", "nvarchar", "nvarchar2", "varchar2", "string", "clob", "ntext", "citext",
        "name", "enum", "set", "uuid", "uniqueidentifier",
    ),
    Kind.BOOLEAN: ("bool", "boolean", "logical"),
    Kind.DATE: ("date",),
    Kind.TIME: ("time", "timetz", "time_ns"),
    Kind.TIMESTAMP: (
        "timestamp", "timestamptz", "timestamp_s", "timestamp_ms", "timestamp_ns",
        "timestamp_us", "datetime", "datetime2", "smalldatetime", "datetimeoffset",
    ),
    Kind.BINARY: (
        "blob", "tinyblob", "mediumblob", "longblob", "binary", "varbinary", "bytea", "image",
        "bytes", "raw",
    ),
    Kind.JSON: ("json", "jsonb", "variant"),
}  # fmt: skip
_BY_NAME = {name: kind for kind, names in _KINDS.items() for name in names}


def kind_of(type_name: str) -> Kind:
    """The kind of a column whose declared type is `type_name`; OTHER where nothing fits.

    Length, precision and attributes are ignored (`varchar(20)`, `int unsigned`, `timestamp
    with time zone`); arrays and nested types are OTHER.

    >>> kind_of("DECIMAL(10,2)"), kind_of("timestamp with time zone"), kind_of("INTEGER[]")
    (<Kind.DECIMAL: 'decimal'>, <Kind.TIMESTAMP: 'timestamp'>, <Kind.OTHER: 'other'>)
    """
    if type_name.rstrip().endswith("]"):
        return Kind.OTHER
    words = type_name.lower().partition("(")[0].split()
    return _BY_NAME.get(words[0], Kind.OTHER) if words else Kind.OTHER
