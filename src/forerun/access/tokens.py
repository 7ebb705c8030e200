"""JSON Web Tokens (RFC 7519) of one issuer: checked, and read as an identity.

What a token says of its own signature (`alg`, `jku`, `x5u`, `jwk`) is never believed: algorithms
and keys are those of the configuration (RFC 8725).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forerun.access.claims import identity_from
from forerun.access.config import AuthConfig
from forerun.access.identity import Identity
from forerun.access.jwks import PublishedKeys
from forerun.errors import BadSetting, MissingExtra, Unauthenticated

if TYPE_CHECKING:
    from jwt import PyJWK

SHARED_SECRET = {"HS256": 32, "HS384": 48, "HS512": 64}
"""And how many bytes a secret must have (RFC 7518, 3.2)."""
KEY_PAIR = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
LONGEST_TOKEN = 16_384


class TokenReader:
    """Tokens of the issuer that `[auth]` names."""

    def __init__(self, config: AuthConfig) -> None:
        """Raises `BadSetting`, or `MissingExtra` without PyJWT."""
        _check(config)
        self._config = config
        self._key: str | None = None
        self._published: PublishedKeys | None = None
        if config.jwt_key_file is not None:
            self._key = _key_in(config.jwt_key_file, config.jwt_algorithms)
        elif config.jwt_jwks_url is not None:
            self._published = PublishedKeys(config.jwt_jwks_url, config.outage_s)

    async def identify(self, token: str) -> Identity:
        """Raises `Unauthenticated`, or `IdentityUnavailable` where it cannot be told."""
        from jwt import PyJWTError

        if len(token) > LONGEST_TOKEN:
            raise _refused("it is longer than any token that we know of")
        try:
            key = await self._key_for(token)
            claims = self._claims(token, key)
        except (PyJWTError, RecursionError) as bad:
            raise _refused(_why(bad)) from bad
        return identity_from(claims, self._config)

    def _claims(self, token: str, key: PyJWK | str) -> Mapping[str, Any]:
        import jwt

        config = self._config
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(config.jwt_algorithms),
            issuer=config.jwt_issuer,
            audience=config.jwt_audience,
            leeway=config.jwt_leeway_s,
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "enforce_minimum_key_length": True,
            },
        )
        return claims

    async def _key_for(self, token: str) -> PyJWK | str:
        import jwt

        if self._published is None:
            assert self._key is not None  # noqa: S101 - one of both, as checked
            return self._key
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in self._config.jwt_algorithms:
            raise _refused("it is not signed in a way that is allowed here")
        found = await self._published.find(header.get("kid"))
        if found is None:
            raise _refused("its issuer publishes no key that it could be signed with")
        return found


def _check(config: AuthConfig) -> None:
    """Raises `BadSetting` for what would let in too many, or nobody."""
    try:
        import jwt  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as missing:
        raise MissingExtra("serve", "Signing in by tokens (JWT)") from missing
    if config.jwt_issuer is None or config.jwt_audience is None:
        raise BadSetting(
            "[auth] names jwt_issuer or jwt_audience, but not both.",
            "Name both: a token that is meant for somebody else must not open this service.",
        )
    if (config.jwt_jwks_url is None) == (config.jwt_key_file is None):
        raise BadSetting(
            "[auth] must say where the keys of tokens are, once.",
            "Set either jwt_jwks_url or jwt_key_file.",
        )
    _check_algorithms(config)
    if config.jwt_jwks_url is not None:
        _check_url(config.jwt_jwks_url)


def _check_algorithms(config: AuthConfig) -> None:
    named = frozenset(config.jwt_algorithms)
    if not named or not (named <= frozenset(SHARED_SECRET) or named <= frozenset(KEY_PAIR)):
        raise BadSetting(
            f"[auth] jwt_algorithms is {', '.join(config.jwt_algorithms) or 'empty'}.",
            f"Use some of {', '.join(KEY_PAIR)}; or some of {', '.join(SHARED_SECRET)}; never of "
            "both: a public key would be taken for a secret.",
        )
    if named <= frozenset(SHARED_SECRET) and config.jwt_jwks_url is not None:
        raise BadSetting(
            "[auth] jwt_algorithms are those of a shared secret, and nobody publishes one.",
            "Use RS256 or ES256 with jwt_jwks_url; or put the secret in jwt_key_file.",
        )


def _check_url(url: str) -> None:
    at = urlsplit(url)
    is_here = at.hostname in ("127.0.0.1", "::1", "localhost")
    if not at.hostname or (at.scheme != "https" and not (at.scheme == "http" and is_here)):
        raise BadSetting(
            f"[auth] jwt_jwks_url is {url!r}, which is no https:// address.",
            "Use https: who can change the keys on their way can make tokens.",
        )


def _key_in(file: str, algorithms: tuple[str, ...]) -> str:
    try:
        text = Path(file).expanduser().read_text(encoding="ascii").strip()
    except (OSError, ValueError) as failed:
        raise BadSetting(
            f"[auth] jwt_key_file {file} cannot be read: {type(failed).__name__}.",
            "Name a file with a public key in PEM, or with the secret of HS256.",
        ) from failed
    if algorithms[0] in SHARED_SECRET:
        _check_secret(file, text, max(SHARED_SECRET[each] for each in algorithms))
    else:
        _check_public_key(file, text, algorithms)
    return text


def _check_secret(file: str, text: str, shortest: int) -> None:
    if len(text) < shortest or "-----BEGIN" in text:
        raise BadSetting(
            f"What is in {file} is no secret of at least {shortest} bytes.",
            f"Make one: openssl rand -hex {shortest}.",
        )


def _check_public_key(file: str, text: str, algorithms: tuple[str, ...]) -> None:
    import jwt

    try:
        if "PRIVATE KEY" in text:
            raise ValueError("not for here")
        for each in algorithms:
            jwt.get_algorithm_by_name(each).prepare_key(text)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BadSetting(
            f"What is in {file} is no public key for {', '.join(algorithms)}.",
            "Give the issuer's, in PEM: -----BEGIN PUBLIC KEY-----. Never its private key.",
        ) from None


def _why(bad: Exception) -> str:
    from jwt import exceptions as e

    for kind, why in (
        (e.ExpiredSignatureError, "it has expired"),
        (e.ImmatureSignatureError, "it is not valid yet"),
        (e.InvalidAudienceError, "it is meant for somebody else"),
        (e.InvalidIssuerError, "it is not of the issuer that is believed here"),
        (e.MissingRequiredClaimError, "it has not all of the claims exp, iss, aud, sub"),
        (e.InvalidAlgorithmError, "it is not signed in a way that is allowed here"),
    ):
        if isinstance(bad, kind):
            return why
    return "its signature or its form is not good"


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"The token is refused: {why}.", "Sign in again to get a new one.")
