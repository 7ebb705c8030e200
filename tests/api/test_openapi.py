"""The OpenAPI document is whole, true, and what docs/service.md is about."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from forerun.api import create_app
from forerun.api.openapi import OPEN, SHAPES
from forerun.app.configuration import SECTIONS
from forerun.app.sections import DatabaseSection
from forerun.wire.problems import MEDIA_TYPE
from tests.api.service import COUNT, configuration, served

DOCUMENT = Path(__file__).parents[2] / "docs" / "service.md"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app(None).openapi()


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_shape_that_is_named_is_there(openapi: dict[str, Any]) -> None:
    """No reference leads nowhere."""
    known = {f"#/components/schemas/{name}" for name in openapi["components"]["schemas"]}
    assert set(references(openapi)) <= known


def test_no_two_shapes_have_one_name() -> None:
    """A document that names them by their names alone would be wrong about one of them."""
    found: dict[str, set[type]] = {}

    def go_through(hint: Any) -> None:
        if typing.is_typeddict(hint):
            if hint in (known := found.setdefault(hint.__name__, set())):
                return
            known.add(hint)
            for each in typing.get_type_hints(hint, localns={"JSON": object}).values():
                go_through(each)
        for part in typing.get_args(hint):
            go_through(part)

    for shape in SHAPES:
        go_through(shape)
    assert len(found) > len(SHAPES)
    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}


def test_every_error_is_documented_as_problem_details(openapi: dict[str, Any]) -> None:
    """Each route that needs a key tells what may go wrong, and always in that form."""
    for name, operation in operations(openapi):
        errors = {s: r for s, r in operation["responses"].items() if s >= "400"}
        if operation["tags"][0] in OPEN:
            continue
        assert {"401", "403", "429", "500", "503"} <= set(errors), name
        for status, response in errors.items():
            assert set(response["content"]) == {MEDIA_TYPE}, (name, status)


def test_every_answer_has_a_shape(openapi: dict[str, Any]) -> None:
    """Whatever a route gives when it succeeds, the document says what it looks like."""
    for name, operation in operations(openapi):
        success = {s: r for s, r in operation["responses"].items() if s < "300"}
        assert success, name
        for status, response in success.items():
            assert status == "204" or all(c["schema"] for c in response["content"].values()), name


def test_every_list_that_takes_a_cursor_gives_the_next_one(openapi: dict[str, Any]) -> None:
    """Under the same name, whatever is listed."""
    listing = [
        (name, operation)
        for name, operation in operations(openapi)
        if any(each["name"] == "cursor" for each in operation.get("parameters", ()))
    ]
    assert len(listing) >= 4
    for name, operation in listing:
        shape = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        given = openapi["components"]["schemas"][shape.rpartition("/")[2]]["properties"]
        assert "next_cursor" in given, name


def test_every_answer_about_the_rollout_has_a_fitting_example(openapi: dict[str, Any]) -> None:
    """Flags, experiments and where the rollout stands: each with all that the shape asks for."""
    rollout = re.compile(r"/v1/(flags|experiments|rollout)")
    for name, operation in operations(openapi):
        if not rollout.search(name):
            continue
        for status, response in operation["responses"].items():
            for content in response["content"].values() if status < "300" else ():
                whole = {**content["schema"], "components": openapi["components"]}
                jsonschema.Draft202012Validator(whole).validate(content["example"])


def test_every_route_is_in_the_documentation(openapi: dict[str, Any]) -> None:
    """docs/service.md lists exactly the routes of the OpenAPI document."""
    written = set(re.findall(r"^\| `((?:GET|POST|PUT|DELETE) /\S*)`", DOCUMENT.read_text(), re.M))
    assert written == {name for name, _ in operations(openapi)}


def test_every_option_is_in_the_documentation() -> None:
    """docs/service.md has one row for each value of each section, with its default and text."""
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*) \|$", DOCUMENT.read_text(), re.M)
    documented = {name: (default, text) for name, default, text in rows}
    declared = {
        f"{section}.{each.name}": (shown(each.default), each.metadata["help"])
        for section, kind in SECTIONS.items()
        if section not in ("auth", "quotas", "telemetry")  # pages of their own, with their tests
        for each in fields(kind)
    }
    assert {name: documented.get(name) for name in declared} == declared
    assert "url" in {each.name for each in fields(DatabaseSection)}


def shown(default: object) -> str:
    match default:
        case None | "" | ():
            return "—"
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"


@pytest.mark.anyio
async def test_the_events_of_a_stream_have_the_fields_that_are_documented(shop_url: str) -> None:
    """All of them and no others, of each event that an answered question sends."""
    rows = re.findall(r"^\| `(\w+)` \| `\{([\w, ]+)\}`", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    documented = {event: set(names.split(", ")) for event, names in rows}
    async with served(configuration(shop_url)) as (_, client):
        told = await client.post("/v1/ask/stream", json={"question": COUNT})
    events = re.findall(r"^event: (\w+)\ndata: (.*)$", told.text, re.MULTILINE)
    sent = {name: set(json.loads(data)) for name, data in events if name in documented}
    assert {"accepted", "stage", "sql", "rows", "summary"} <= set(sent)
    assert sent == {name: documented[name] for name in sent}
