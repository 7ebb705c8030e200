"""Golden queries of a service as a file, for who may administer it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import cast

from forerun import knowledge
from forerun.client.connection import Call, Connection, path
from forerun.domain import GoldenQuery
from forerun.wire.teaching import GoldenImportJSON

MEDIA_TYPE = "application/yaml"
LONGEST_PART = 400_000
"""Bytes of a request: less than a service takes as it comes (`serve.body_bytes`)."""
MOST_OF_A_PART = 100
"""The service plans each before it replies."""
_INTRODUCTION = "A part of a file of golden queries."


class GoldenQueries:
    """`client.golden_queries`: out of a service, and into another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def export(self, database: str | None = None) -> str:
        """All that are accepted, as YAML: a knowledge file."""
        where = {} if database is None else {"database": database}
        call = Call("GET", path("golden-queries", "export"), where)
        return await self._connection.text(call, MEDIA_TYPE)

    async def import_(
        self,
        text: str,
        database: str | None = None,
        why: str | None = None,
        *,
        file: str = "The file",
        replace: bool = False,
    ) -> AsyncGenerator[GoldenImportJSON]:
        """Have those of a file accepted, in parts, each of which is taken whole or not at all:
        what is told of each. To do it again changes nothing; what was rejected, retired or changed
        there meanwhile is `left_alone`, and so is another one that is accepted for a question,
        unless that is to be replaced.

        Raises `BadKnowledge`, which calls it `file`, where it cannot be read; and that,
        `SQLRefused` or `Conflict` for a part that is not taken.
        """
        first = 1
        for part in _parts(knowledge.read_golden(text, file)):
            body = {
                "yaml": _file(part),
                "database": database,
                "why": why,
                "first": first,
                "replace": replace,
            }
            first += len(part)
            call = Call("POST", path("golden-queries", "import"), body=body)
            found = await self._connection.with_parts(call, "golden_queries", "left_alone")
            yield cast(GoldenImportJSON, found)


def _parts(queries: Sequence[GoldenQuery]) -> Iterator[Sequence[GoldenQuery]]:
    """At least one: what the service says of a file with nothing in it is worth knowing, too."""
    part: list[GoldenQuery] = []
    size = 0
    for query in queries:
        bytes_ = len(json.dumps(_file([query])))
        if part and (size + bytes_ > LONGEST_PART or len(part) == MOST_OF_A_PART):
            yield part
            part, size = [], 0
        part.append(query)
        size += bytes_
    yield part


def _file(queries: Sequence[GoldenQuery]) -> str:
    return knowledge.write_golden(queries, _INTRODUCTION)
