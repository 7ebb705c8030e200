"""JSON Schemas of the wire's own types.

Pydantic cannot read those types on Python 3.11, and on the hot path nothing is to be validated.
"""

from __future__ import annotations

import types
import typing
from collections.abc import MutableMapping
from typing import Any, TypeAlias, Union

from forerun.wire.values import JSON

Schema: TypeAlias = dict[str, Any]

DEFINITIONS = "#/$defs/"
_ANY = "JSON"
_SCALARS: dict[Any, str] = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"
}  # fmt: skip


def schema_of(shape: type) -> Schema:
    """A TypedDict as one JSON Schema that holds all that it refers to."""
    definitions: dict[str, Schema] = {}
    add_schema(shape, definitions, DEFINITIONS)
    return {**definitions.pop(shape.__name__), "$defs": definitions}


def add_schema(shape: type, schemas: MutableMapping[str, Schema], reference: str) -> None:
    """A TypedDict, and those that it holds, by name; `reference` leads to where they will be."""
    schemas[_ANY] = {"description": "Any JSON value."}
    if shape.__name__ in schemas:
        return
    schemas[shape.__name__] = schema = {"type": "object", "properties": {}}
    # What a type inherits names the alias for any JSON value, wherever it is itself.
    hints = typing.get_type_hints(shape, localns={_ANY: JSON})
    schema["properties"] = {name: _schema(hint, schemas, reference) for name, hint in hints.items()}
    schema["required"] = sorted(shape.__required_keys__)  # type: ignore[attr-defined]


def _schema(hint: Any, schemas: MutableMapping[str, Schema], reference: str) -> Schema:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if typing.is_typeddict(hint):
        add_schema(hint, schemas, reference)
        return {"$ref": f"{reference}{hint.__name__}"}
    if origin is list:
        return {"type": "array", "items": _schema(parts[0], schemas, reference)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(parts[1], schemas, reference)}
    if origin in (Union, types.UnionType) and not _is_any_json(hint):
        return {"anyOf": [_schema(part, schemas, reference) for part in parts]}
    return {"$ref": f"{reference}{_ANY}"}


def _is_any_json(hint: Any) -> bool:
    """The alias for any JSON value is a union of text, lists, objects and more."""
    return {str, bool} <= set(typing.get_args(hint))
