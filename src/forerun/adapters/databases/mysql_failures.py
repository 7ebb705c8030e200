"""What MySQL and MariaDB report, in our words and without a secret."""

from __future__ import annotations

import struct
from typing import Final

import pymysql

from forerun.errors import (
    DatabaseDenied,
    DatabaseLocked,
    DatabaseNotFound,
    DatabaseUnreachable,
    ForerunError,
    StatementFailed,
    StatementTimedOut,
)

ERRORS: Final = (pymysql.Error, OSError, UnicodeError, struct.error)

UNKNOWN_DATABASE = 1049
LOCKED = frozenset({1205, 1213})
TIMED_OUT = frozenset({1317, 1969, 3024})  # killed, MariaDB's and MySQL's timeout
FULL_OR_GOING = frozenset({1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1927})
CLIENT_ERRORS = range(2000, 3000)
"""Told by the driver itself: the connection did not come about, or was lost."""
AUTHENTICATION_ERRORS = frozenset({2054, 2058, 2059, 2061})


def connect_failure(error: Exception, shown_url: str) -> ForerunError:
    """Why no connection came about. `shown_url` holds no password."""
    code, words = _code_and_words(error)
    if code == UNKNOWN_DATABASE:
        return DatabaseNotFound(
            f"{shown_url}: the server has no such database ({words}).",
            "Check the name after the last slash of the URL.",
        )
    if isinstance(error, RuntimeError):  # the driver lacks a package that the login needs
        return DatabaseDenied(
            f"The server at {shown_url} asks for a login that this driver cannot do: {words}.",
            "Use TLS (?ssl_mode=required), or: pip install 'pymysql[rsa]'",
        )
    lost = code is None or (code in CLIENT_ERRORS and code not in AUTHENTICATION_ERRORS)
    if lost or code in FULL_OR_GOING:
        return _unreachable(shown_url, words)
    return DatabaseDenied(
        f"The server does not let us in at {shown_url}: {words}.",
        "Check user, password and database name in the URL, and the grants of that user.",
    )


def statement_failure(error: Exception, shown_url: str) -> ForerunError:
    """Why a statement came to nothing, in the server's own words."""
    code, words = _code_and_words(error)
    if isinstance(error, UnicodeError):
        return StatementFailed("The statement or a value of its result is not valid text.")
    if code is None or code in CLIENT_ERRORS or code in FULL_OR_GOING:
        return _unreachable(shown_url, words)
    if code in LOCKED:
        return DatabaseLocked(
            f"A table is locked by somebody else: {words}.", "Ask again in a moment."
        )
    if code in TIMED_OUT:
        return StatementTimedOut(
            f"The server stopped the statement: {words}.",
            "Ask for less (fewer rows, a shorter period), or raise the statement timeout.",
        )
    return StatementFailed(words)


def _unreachable(shown_url: str, words: str) -> DatabaseUnreachable:
    return DatabaseUnreachable(
        f"The database server cannot be reached at {shown_url}: {words}.",
        "Check that it runs, and host, port and TLS settings of the URL.",
    )


def _code_and_words(error: Exception) -> tuple[int | None, str]:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else None
    words = str(error.args[-1]) if error.args else type(error).__name__
    without_ours = words.replace("\n)'", "'")  # the parenthesis that closes `as_query`
    return code, " ".join(without_ours.split()).rstrip(".")
