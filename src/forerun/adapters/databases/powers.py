"""What a login may do beyond reading, which makes its connection less safe than it should be."""

from __future__ import annotations

from dataclasses import dataclass

MAKE_A_ROLE = "docs/security.md has the SQL that makes a role which can only read."


@dataclass(frozen=True, slots=True)
class Powers:
    """`superuser` is for a service that refuses such a login; `sentences` are for everybody."""

    superuser: bool = False
    sentences: tuple[str, ...] = ()


def sentence(login: str, may: str) -> str:
    """One warning, saying who may do what and where the remedy is.

    >>> sentence("ann", "write to 3 tables")
    'The login ann may write to 3 tables. docs/security.md has the SQL that makes a role which \
can only read.'
    """
    return f"The login {login} may {may}. {MAKE_A_ROLE}"
