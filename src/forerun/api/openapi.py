"""The OpenAPI document: routes from FastAPI, shapes of JSON from the wire's own types.

Pydantic cannot read those types on Python 3.11, and on the hot path nothing is to be validated.
Examples are what a service has answered, shortened: `examples.json` has them by shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from fastapi import FastAPI

from forerun.api import (
    caching,
    experiment_figures,
    experiment_reports,
    experiments,
    flags,
    performance,
    traces,
)
from forerun.wire import AnswerJSON, CatalogJSON, service, teaching
from forerun.wire.problems import ProblemJSON
from forerun.wire.schemas import add_schema

SHAPES: tuple[type, ...] = (
    AnswerJSON,
    CatalogJSON,
    ProblemJSON,
    caching.CacheJSON,
    caching.CachesJSON,
    caching.DroppedJSON,
    service.CancelJSON,
    service.ConversationsJSON,
    service.WholeConversationJSON,
    service.DatabasesJSON,
    service.LandingJSON,
    service.HealthJSON,
    service.ReadinessJSON,
    *flags.SHAPES,
    *performance.SHAPES,
    *traces.SHAPES,
    *experiments.SHAPES,
    *experiment_figures.SHAPES,
    *experiment_reports.SHAPES,
    teaching.FeedbackListJSON,
    teaching.GoldenQueriesJSON,
    teaching.GoldenImportJSON,
    teaching.ReviewedQueryJSON,
    teaching.GlossaryJSON,
)
REFERENCE = "#/components/schemas/"
BEARER = {"type": "http", "scheme": "bearer", "description": "A key, or a token (JWT)."}
EXAMPLES = "examples.json"
OPEN = ("health", "landing")
"""Tags of routes that need no key."""


def describe(app: FastAPI) -> None:
    """Have the app's OpenAPI document hold the shapes that its routes name."""
    routes_only = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = routes_only()
            components = document.setdefault("components", {}).setdefault("schemas", {})
            for shape in SHAPES:
                add_schema(shape, components, REFERENCE)
            components["JSON"] = {"description": "Any JSON value."}
            document["components"]["securitySchemes"] = {"bearer": BEARER}
            examples = json.loads(resources.files("forerun.api").joinpath(EXAMPLES).read_text())
            for operation in _operations(document):
                _use_problem(operation)
                _give_examples(operation, examples)
                if operation["tags"][0] not in OPEN:
                    operation["security"] = [{"bearer": []}]
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


def _give_examples(operation: dict[str, Any], examples: Mapping[str, Any]) -> None:
    """Each answer whose shape has an example shows it."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            shape = content["schema"].get("$ref", "").removeprefix(REFERENCE)
            if shape in examples:
                content.setdefault("example", examples[shape])
