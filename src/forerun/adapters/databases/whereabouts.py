"""Which database a URL leads to, however it is written and whoever logs in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from forerun.adapters.databases.urls import Engine, FileTarget, ServerTarget, masked, read_url

_PORTS: Mapping[Engine, int] = {Engine.POSTGRES: 5432, Engine.MYSQL: 3306}
_PARAMETERS: Mapping[Engine, frozenset[str]] = {
    Engine.POSTGRES: frozenset({"host", "hostaddr", "port", "dbname", "service", "options"}),
    Engine.MYSQL: frozenset({"unix_socket"}),
}
"""Those that say where; `options` may name a schema. The others say how."""


def whereabouts(url: str) -> str:
    """The same text for the same database; not to be shown, but without a password.

    A file is known by its path as it is written: what is published at that path anew, in its place
    or by a link, is the same database as before. Raises as `read_url` does.
    """
    target = read_url(url)
    if isinstance(target, FileTarget):
        return os.path.abspath(target.path)  # noqa: PTH100 - links are not followed
    return _of_server(target)


def _of_server(target: ServerTarget) -> str:
    if target.engine is Engine.GENERIC:  # whose parameters nobody here knows
        scheme, _, rest = masked(target.url).partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    parts, known = urlsplit(target.url.strip()), _PARAMETERS[target.engine]
    name = unquote(parts.path.strip("/") or parts.username or "")
    told = sorted(pair for pair in parse_qsl(parts.query) if pair[0] in known)
    where = (parts.hostname or "localhost", parts.port or _PORTS[target.engine], name, *told)
    return f"{target.engine.name}: {where}"
