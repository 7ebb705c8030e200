"""URLs without their secrets: the only form in which one may be shown, logged or raised."""

from __future__ import annotations

import re

HIDDEN = "***"
_SECRET_WORDS = ("pass", "pwd", "secret", "token", "key", "credential", "auth", "sig", "cert")
_PAIR = re.compile(r"([^\s&;?=]+)\s*=\s*('[^']*'|[^\s&;]*)")

_HOST_AND_QUERY = re.compile(r"(?:\d*|[^?]*@[^/?]*)/[^?]*\?")


def masked(url: str) -> str:
    """`url` without password and secret parameters.

    Everything between the user's name and the last `@` goes, so that a password with unescaped
    `/`, `?` or `@` goes whole.

    >>> masked("postgresql://ann:pa@ss@db.example/shop?sslmode=require&sslpassword=x")
    'postgresql://ann:***@db.example/shop?sslmode=require&sslpassword=***'

    Nor is the end of a secret parameter taken for a host:

    >>> masked("postgresql://db.example/shop?password=pa@ss&sslmode=require")
    'postgresql://db.example/shop?password=***&sslmode=require'
    >>> masked("postgresql://db.example:5432/shop?password=pa@ss")
    'postgresql://db.example:***@***'

    A URL that lost its scheme is taken for a path, but holds its password still:

    >>> masked("ann:secret@db.example/shop")
    'ann:***@db.example/shop'
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return _without_login(url)
    login, at, place = rest.rpartition("@")
    return f"{scheme}://{_without_login(login + at + place.partition('#')[0])}"


def _without_login(text: str) -> str:
    login, at, place = text.rpartition("@")
    user, colon, rest = login.partition(":")
    if user != (shown := _without_secret_pairs(user)):  # the `@` is in the secret
        return _without_secret_pairs(text) if not colon else shown
    if _HOST_AND_QUERY.match(rest) and rest != _without_secret_pairs(rest):
        place = HIDDEN  # the end of it, perhaps
    return f"{user}{':' + HIDDEN if colon else ''}{at}{_without_secret_pairs(place)}"


def _without_secret_pairs(text: str) -> str:
    """`name=value` pairs whose name tells of a secret lose their value (`Pwd=x;Host=y` too)."""

    def hide(pair: re.Match[str]) -> str:
        name = pair.group(1).lower()
        return f"{pair.group(1)}={HIDDEN}" if any(w in name for w in _SECRET_WORDS) else pair[0]

    return _PAIR.sub(hide, text)
