"""The claims of a token, once it is known to be good, as an identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forerun.access.config import AuthConfig
from forerun.access.identity import Identity, Scope
from forerun.access.keys import LONGEST_NAME
from forerun.errors import Unauthenticated

_SCOPES = {scope.value: scope for scope in Scope}


def identity_from(claims: Mapping[str, Any], config: AuthConfig) -> Identity:
    """Raises `Unauthenticated` where a claim that tells people apart is missing or is no name."""
    tenant = "default"
    if config.jwt_tenant_claim is not None:
        tenant = _name(claims, config.jwt_tenant_claim)
    return Identity(
        f"jwt:{_name(claims, 'sub')}",
        tenant,
        _name(claims, config.jwt_user_claim),
        _scopes(claims, config.jwt_scope_claim),
        _databases(claims, config.jwt_databases_claim),
        _attributes(claims, config.jwt_attribute_claims),
    )


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """`https://here/tenant` as it stands; otherwise `a.b` is b within a. None where it is not."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _name(claims: Mapping[str, Any], claim: str) -> str:
    value = _claim(claims, claim)
    if not _is_name(value):
        raise Unauthenticated(
            f"The token is refused: its claim {claim} is missing, or is no name.",
            f"Have its issuer put {claim} into it.",
        )
    return str(value)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _list(value: Any) -> list[str]:
    """`"a b"`, as OAuth has scopes, or `["a", "b"]`."""
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _scopes(claims: Mapping[str, Any], claim: str | None) -> frozenset[Scope]:
    if claim is None:
        return frozenset({Scope.ASK})
    return frozenset(_SCOPES[each] for each in _list(_claim(claims, claim)) if each in _SCOPES)


def _databases(claims: Mapping[str, Any], claim: str | None) -> frozenset[str] | None:
    return None if claim is None else frozenset(_list(_claim(claims, claim)))


def _attributes(claims: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, str]:
    """Those that are there and are one value; a policy that needs another one shows nothing."""
    found = {}
    for each in wanted:
        attribute, _, claim = each.partition("=")
        value = _claim(claims, claim or attribute)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if _is_name(value):
            found[attribute] = value
    return found
