"""The OpenAPI document: routes from FastAPI, shapes of JSON from the wire's own types.

Pydantic cannot read those types on Python 3.11, and on the hot path nothing is to be validated.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, Union

from fastapi import FastAPI

from forerun.api import caching, shapes
from forerun.wire import AnswerJSON, CatalogJSON, teaching
from forerun.wire.problems import ProblemJSON

SHAPES: tuple[type, ...] = (
    AnswerJSON,
    CatalogJSON,
    ProblemJSON,
    caching.CacheJSON,
    caching.CachesJSON,
    caching.DroppedJSON,
    shapes.CancelJSON,
    shapes.ConversationsJSON,
    shapes.WholeConversationJSON,
    shapes.DatabasesJSON,
    shapes.HealthJSON,
    shapes.ReadinessJSON,
    teaching.FeedbackListJSON,
    teaching.GoldenQueriesJSON,
    teaching.ReviewedQueryJSON,
    teaching.GlossaryJSON,
)
_SCALARS: dict[Any, str] = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"
}  # fmt: skip


def describe(app: FastAPI) -> None:
    """Have the app's OpenAPI document hold the shapes that its routes name."""
    routes_only = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = routes_only()
            components = document.setdefault("components", {}).setdefault("schemas", {})
            for shape in SHAPES:
                _add(shape, components)
            components["JSON"] = {"description": "Any JSON value."}
            for operation in _operations(document):
                _use_problem(operation)
            components.pop("HTTPValidationError", None)
            components.pop("ValidationError", None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _use_problem(operation: dict[str, Any]) -> None:
    """FastAPI adds a response of its own for requests of a wrong shape; ours is another."""
    responses = operation["responses"]
    told = responses.get("422", {}).get("content", {})
    if "application/json" in told:
        del told["application/json"]
        if not told:
            del responses["422"]


def _add(shape: type, components: dict[str, Any]) -> None:
    """A TypedDict, and those that it holds."""
    if shape.__name__ in components:
        return
    components[shape.__name__] = schema = {"type": "object", "properties": {}}
    hints = typing.get_type_hints(shape)
    schema["properties"] = {name: _schema(hint, components) for name, hint in hints.items()}
    schema["required"] = sorted(shape.__required_keys__)  # type: ignore[attr-defined]


def _schema(hint: Any, components: dict[str, Any]) -> dict[str, Any]:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if typing.is_typeddict(hint):
        _add(hint, components)
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    if origin is list:
        return {"type": "array", "items": _schema(parts[0], components)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(parts[1], components)}
    if origin in (Union, types.UnionType) and not _is_any_json(hint):
        return {"anyOf": [_schema(part, components) for part in parts]}
    return {"$ref": "#/components/schemas/JSON"}


def _is_any_json(hint: Any) -> bool:
    """The alias for any JSON value is a union of text, lists, objects and more."""
    return {str, bool} <= set(typing.get_args(hint))
