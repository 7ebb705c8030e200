"""MySQL and MariaDB URLs as arguments of the driver."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from forerun.adapters.databases.masking import masked
from forerun.errors import BadDatabaseURL

HOW_TO_WRITE = (
    "Write mysql://user:password@host:3306/name, with signs such as @ / # ? : in the password "
    "percent-encoded (@ as %40)."
)
_IGNORED = frozenset({"charset", "collation", "use_unicode", "autocommit"})
"""Set by us, whatever the URL says."""
_KNOWN = frozenset({"ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "unix_socket"})
TLS_MODES: Mapping[str, Mapping[str, Any]] = {
    "disabled": {"ssl_disabled": True},
    "disable": {"ssl_disabled": True},
    "preferred": {},
    "prefer": {},
    "required": {"verify": False},
    "require": {"verify": False},
    "verify_ca": {"verify": True, "check_hostname": False},
    "verify_identity": {"verify": True, "check_hostname": True},
}


def driver_arguments(url: str) -> dict[str, Any]:
    """Host, user, database and TLS settings of `url`, as `pymysql.connect` takes them.

    Understands `ssl_mode` (disabled, preferred, required, verify_ca, verify_identity; without it
    TLS is used where the server has it), `ssl_ca`, `ssl_cert`, `ssl_key` and `unix_socket`.
    Raises `BadDatabaseURL`.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise BadDatabaseURL(
            f"{masked(url)} cannot be read: its host or port is malformed.", HOW_TO_WRITE
        ) from None
    arguments: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.removeprefix("/")) or None,
    }
    settings = _settings(url, parts.query)
    if "unix_socket" in settings:
        arguments["unix_socket"] = settings["unix_socket"]
    return arguments | _tls(url, settings)


def _settings(url: str, query: str) -> dict[str, str]:
    settings = {}
    for name, value in parse_qsl(query):
        plain = name.lower().replace("-", "_").replace("sslmode", "ssl_mode")
        if plain in _KNOWN:
            settings[plain] = value
        elif plain not in _IGNORED:
            raise BadDatabaseURL(
                f"{masked(url)} has a parameter that is not known here, {name!r}.",
                f"Known are {', '.join(sorted(_KNOWN))}.",
            )
    return settings


def _tls(url: str, settings: Mapping[str, str]) -> dict[str, Any]:
    name = settings.get("ssl_mode", "verify_ca" if "ssl_ca" in settings else "preferred").lower()
    mode = TLS_MODES.get(name)
    if mode is None:
        raise BadDatabaseURL(
            f"{masked(url)} has an unknown ssl_mode, {name!r}.",
            "Known are disabled, preferred, required, verify_ca and verify_identity.",
        )
    if "verify" not in mode:
        return dict(mode)
    try:
        context = unverifying()
        if mode["verify"]:
            context = ssl.create_default_context(cafile=settings.get("ssl_ca"))
            context.check_hostname = mode["check_hostname"]
        if "ssl_cert" in settings:
            context.load_cert_chain(settings["ssl_cert"], settings.get("ssl_key"))
    except OSError as unreadable:
        raise BadDatabaseURL(
            f"{masked(url)} names TLS files that cannot be read: {unreadable.strerror}.",
            "Check ssl_ca, ssl_cert and ssl_key.",
        ) from None
    return {"ssl": context}


def unverifying() -> ssl.SSLContext:
    """TLS that asks nobody who answers. Loading authorities for it would take 40 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
