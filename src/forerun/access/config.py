"""What may be configured of access: the sections `[auth]` and `[quotas]` of `forerun.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _option(explanation: str, *, default: Any = None, address: bool = False) -> Any:
    """An `address` may hold a password, so it is left out of what is printed."""
    return field(default=default, repr=not address, metadata={"help": explanation})


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """`[auth]`: who may ask, and what is written down of it. Times are seconds."""

    keys: str | None = _option(
        "Where keys, what they have spent and the audit log are kept: a file, or `postgresql://…` "
        "for several hosts. Default: a file in the user's state folder.",
        address=True,
    )
    remember_s: float = _option(
        "How long a key is believed without a look: a key that is revoked works for at most this "
        "long.",
        default=5.0,
    )
    outage_s: float = _option(
        "How long what was known last is believed (keys, and the keys of tokens) while the place "
        "where it is kept does not answer.",
        default=300.0,
    )
    jwt_issuer: str | None = _option(
        "Who issues tokens (`iss`). With it, JWTs are taken beside keys. None: keys alone."
    )
    jwt_audience: str | None = _option("Whom tokens must be meant for (`aud`).")
    jwt_jwks_url: str | None = _option(
        "Where the issuer publishes its keys (JWKS); https, but on this machine."
    )
    jwt_key_file: str | None = _option(
        "File with the issuer's public key (PEM), or with the secret of HS256 (32 bytes or more), "
        "instead of `jwt_jwks_url`."
    )
    jwt_algorithms: tuple[str, ...] = _option(
        "How tokens may be signed. What a token says of itself is never believed.",
        default=("RS256",),
    )
    jwt_leeway_s: float = _option("By how much the clocks may differ.", default=30.0)
    jwt_user_claim: str = _option("The claim that names the user.", default="sub")
    jwt_tenant_claim: str | None = _option(
        "The claim that names the tenant; a token without it is refused. None: all tokens are of "
        "the tenant `default`."
    )
    jwt_scope_claim: str | None = _option(
        "The claim that lists scopes (`ask`, `admin`; others are passed by). None: whoever has a "
        "token may ask, and nobody administers by one."
    )
    jwt_databases_claim: str | None = _option(
        "The claim that lists the databases that may be asked; a token without it may ask none. "
        "None: all may be asked."
    )
    jwt_attribute_claims: tuple[str, ...] = _option(
        "Claims that row policies may use, as `claim` or `attribute=claim`.", default=()
    )
    audit: str | None = _option(
        "Another place for the audit log than that of `keys`; `none`: no audit log.",
        address=True,
    )
    audit_questions: bool = _option(
        "Whether the audit log holds the words of questions.", default=True
    )
    audit_days: float | None = _option(
        "Days after which lines of the audit log are removed. None: never."
    )


@dataclass(frozen=True, slots=True)
class QuotasConfig:
    """`[quotas]`: what a key, or the subject of a token, may use up where it has no limit of its
    own, and what a tenant may. None is no limit. Days are those of UTC."""

    rates: str = _option(
        "Where requests are counted: `memory` (each process by itself), or `redis://…` (all "
        "together).",
        default="memory",
        address=True,
    )
    per_minute: int | None = _option("Requests a minute, a key.")
    tokens_per_day: int | None = _option("Tokens of models a day, a key.")
    usd_per_day: float | None = _option("US dollars a day, a key, as far as prices are known.")
    tenant_per_minute: int | None = _option("Requests a minute, a tenant.")
    tenant_tokens_per_day: int | None = _option("Tokens of models a day, a tenant.")
    tenant_usd_per_day: float | None = _option("US dollars a day, a tenant.")
    refresh_s: float = _option(
        "How often what was spent is written, and what other processes spent is read.",
        default=2.0,
    )
