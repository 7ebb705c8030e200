"""JSON Web Tokens: what must not open the door, and an issuer that does not answer."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.access import Identity, Scope
from forerun.access.claims import identity_from
from forerun.access.config import AuthConfig
from forerun.access.jwks import PublishedKeys
from forerun.access.tokens import TokenReader
from forerun.errors import BadSetting, IdentityUnavailable, Unauthenticated
from forerun.testing.proxy import misbehaving_proxy
from tests.access.asking import Clock

pytestmark = pytest.mark.anyio

SECRET = "0123456789abcdef" * 3
BASE = AuthConfig(jwt_issuer="https://login", jwt_audience="forerun")


@cache
def key_of(name: str) -> RSAPrivateKey:
    del name
    return rsa.generate_private_key(65_537, 2_048)


def public_pem(name: str) -> str:
    raw = key_of(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw.decode()


def claims(**more: Any) -> dict[str, Any]:
    said = {"iss": "https://login", "aud": "forerun", "sub": "ann", "exp": time.time() + 600}
    return {name: value for name, value in (said | more).items() if value is not None}


def token(key: str = "one", kid: str | None = None, **more: Any) -> str:
    headers = None if kid is None else {"kid": kid}
    return jwt.encode(claims(**more), key_of(key), algorithm="RS256", headers=headers)


@pytest.fixture(scope="module")
def by_file(tmp_path_factory: pytest.TempPathFactory) -> AuthConfig:
    path = tmp_path_factory.mktemp("jwt") / "issuer.pem"
    path.write_text(public_pem("one"))
    return replace(BASE, jwt_key_file=str(path))


async def test_a_good_token_tells_who_has_it(by_file: AuthConfig) -> None:
    """Without more configuration: the subject, who may ask, and not administer."""
    found = await TokenReader(by_file).identify(token(scope="ask admin"))
    assert found == Identity("jwt:ann", "default", "ann", frozenset({Scope.ASK}))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"exp": time.time() - 60}, "expired"),
        ({"exp": None}, "claims exp"),
        ({"nbf": time.time() + 600}, "not valid yet"),
        ({"iss": "https://elsewhere"}, "issuer"),
        ({"iss": None}, "claims exp"),
        ({"aud": "somebody"}, "somebody else"),
        ({"aud": None}, "claims exp"),
        ({"sub": None}, "claims exp"),
        ({"sub": "nul\0"}, "no name"),
        ({"sub": "x" * 500}, "no name"),
        ({"key": "two"}, "signature"),
    ],
)
async def test_whatever_is_not_as_it_must_be_is_refused_with_a_reason(
    by_file: AuthConfig, more: dict[str, Any], why: str
) -> None:
    """Time, issuer, audience, subject and signature."""
    with pytest.raises(Unauthenticated, match=why):
        await TokenReader(by_file).identify(token(**more))


async def test_clocks_may_differ_by_the_leeway(by_file: AuthConfig) -> None:
    """And by no more."""
    late = token(exp=time.time() - 20)
    assert await TokenReader(by_file).identify(late)
    with pytest.raises(Unauthenticated):
        await TokenReader(replace(by_file, jwt_leeway_s=10.0)).identify(late)


def _part(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


async def test_what_a_token_says_of_its_signature_is_not_believed(by_file: AuthConfig) -> None:
    """`none`; HS256 with the public key as the secret; a key or an address of its own."""
    import hashlib
    import hmac

    reader, body = TokenReader(by_file), _part(claims())
    unsigned = f"{_part({'alg': 'none'})}.{body}."
    head = _part({"alg": "HS256", "typ": "JWT"})
    signed = hmac.new(
        Path(str(by_file.jwt_key_file)).read_bytes(), f"{head}.{body}".encode(), hashlib.sha256
    ).digest()
    confused = f"{head}.{body}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"
    own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_of("two").public_key()))
    headers = {"jwk": own, "jku": "https://evil/keys"}
    brought = jwt.encode(claims(), key_of("two"), algorithm="RS256", headers=headers)
    for each in (unsigned, confused, brought):
        with pytest.raises(Unauthenticated):
            await reader.identify(each)


@given(text=st.text(max_size=60) | st.just("a.b.c") | st.binary(max_size=40).map(str))
@settings(max_examples=60)
def test_any_text_is_refused_without_another_error(by_file: AuthConfig, text: str) -> None:
    """Whatever strangers send."""

    async def refuse() -> None:
        with pytest.raises(Unauthenticated):
            await TokenReader(by_file).identify(text)

    anyio.run(refuse)


async def test_a_token_of_a_shared_secret(tmp_path: Path) -> None:
    """HS256, where both sides have it."""
    (tmp_path / "secret").write_text(SECRET + "\n")
    config = replace(BASE, jwt_key_file=str(tmp_path / "secret"), jwt_algorithms=("HS256",))
    good = jwt.encode(claims(), SECRET, algorithm="HS256")
    assert (await TokenReader(config).identify(good)).user == "ann"
    with pytest.raises(Unauthenticated):
        await TokenReader(config).identify(jwt.encode(claims(), SECRET[1:], algorithm="HS256"))


async def test_headers_that_are_no_text_are_refused(issuer: Issuer) -> None:
    """As strangers may write them; nobody is asked for their keys."""
    issuer.publish("one")
    reader = reader_at(issuer.url, Clock())
    headers: tuple[object, ...] = (
        {"alg": ["RS256"]},
        {"alg": "RS256", "kid": ["one"]},
        {"alg": "RS256", "kid": 7},
        [],
    )
    for header in headers:
        with pytest.raises(Unauthenticated):
            await reader.identify(f"{_part(header)}.{_part(claims())}.c2ln")
    assert issuer.asked == 0


@pytest.mark.parametrize(
    "text", ["", "x" * 40, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
async def test_a_file_that_holds_no_public_key_stops_the_start(tmp_path: Path, text: str) -> None:
    """And not only the first who wants to come in; a private key is no less wrong."""
    path = tmp_path / "key.pem"
    path.write_text(text)
    with pytest.raises(BadSetting, match="no public key"):
        TokenReader(replace(BASE, jwt_key_file=str(path)))
    private = key_of("one").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private)
    with pytest.raises(BadSetting, match="no public key"):
        TokenReader(replace(BASE, jwt_key_file=str(path)))
    path.write_text("short")
    with pytest.raises(BadSetting, match="64 bytes"):
        TokenReader(replace(BASE, jwt_key_file=str(path), jwt_algorithms=("HS256", "HS512")))


@pytest.mark.parametrize(
    "change",
    [
        {"jwt_audience": None},
        {"jwt_issuer": None},
        {"jwt_jwks_url": "https://login/keys"},
        {"jwt_key_file": None},
        {"jwt_key_file": "/no/such/file"},
        {"jwt_key_file": None, "jwt_jwks_url": "http://login/keys"},
        {"jwt_key_file": None, "jwt_jwks_url": "file:///etc/passwd"},
        {"jwt_algorithms": ()},
        {"jwt_algorithms": ("none",)},
        {"jwt_algorithms": ("RS256", "HS256")},
        {"jwt_algorithms": ("HS256",)},
    ],
)
async def test_a_configuration_that_lets_in_too_many_stops_the_start(
    by_file: AuthConfig, change: dict[str, Any]
) -> None:
    """Half of it, keys over a line that others may change, algorithms that contradict."""
    with pytest.raises(BadSetting):
        TokenReader(replace(by_file, **change))


def test_claims_are_read_as_configured() -> None:
    """Names, nested names, names with dots; lists and words; values that are one value."""
    config = replace(
        BASE,
        jwt_tenant_claim="https://here/tenant.name",
        jwt_user_claim="profile.mail",
        jwt_scope_claim="scope",
        jwt_databases_claim="dbs",
        jwt_attribute_claims=("region", "team=profile.team", "roles", "missing"),
    )
    said = {
        "sub": "7",
        "https://here/tenant.name": "blue",
        "profile": {"mail": "ann@x", "team": 7},
        "scope": "openid ask admin",
        "dbs": ["shop", 3],
        "region": "North",
        "roles": ["a", "b"],
    }
    found = identity_from(said, config)
    attributes = {"region": "North", "team": "7"}
    assert found == Identity(
        "jwt:7", "blue", "ann@x", frozenset(Scope), frozenset({"shop"}), attributes
    )
    bare = {"sub": "7", "https://here/tenant.name": "blue", "profile": {"mail": "ann@x"}}
    none = identity_from(bare, config)
    assert (none.scopes, none.databases, none.attributes) == (frozenset(), frozenset(), {})
    with pytest.raises(Unauthenticated, match="tenant"):
        identity_from({"sub": "7"}, config)


class Issuer:
    """A real HTTP server that publishes keys."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                self.send_response(issuer.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                self.wfile.write(issuer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/keys"

    def publish(self, *names: str) -> None:
        keys = []
        for name in names:
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_of(name).public_key()))
            keys.append(key | {"kid": name, "use": "sig", "alg": "RS256"})
        strange = [{"kty": "strange", "kid": "x"}, {"kty": "oct", "kid": "o", "k": "c2VjcmV0"}, 7]
        self.body = json.dumps({"keys": [*strange, *keys]}).encode()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    thread = threading.Thread(target=running.server.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


def reader_at(url: str, clock: Clock) -> TokenReader:
    reader = TokenReader(replace(BASE, jwt_jwks_url=url))
    reader._published = PublishedKeys(url, 600.0, clock)
    return reader


async def test_published_keys_are_fetched_once_and_anew_when_they_change(issuer: Issuer) -> None:
    """A key that is not known is looked for at most once in a while, whoever asks for it; keys of
    other kinds, and secrets, are passed by."""
    clock = Clock()
    issuer.publish("one")
    reader = reader_at(issuer.url, clock)
    for each in (token("one", "one"), token("one")):
        assert await reader.identify(each)
    assert issuer.asked == 1
    issuer.publish("two")
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="publishes no key"):
            await reader.identify(token("two", "two"))
    assert issuer.asked == 1
    clock.at += 31
    assert await reader.identify(token("two", "two"))
    for kid in ("o", "x", "none"):
        with pytest.raises(Unauthenticated):
            await reader.identify(token("two", kid))
    assert issuer.asked == 2
    with pytest.raises(Unauthenticated, match="not signed in a way"):
        await reader.identify(jwt.encode(claims(), SECRET, algorithm="HS256", headers={"kid": "o"}))


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"<html>"), (200, b'{"keys": 7}'), (200, b'{"keys": []}'),
     (200, b"[" * 100_000), (200, b" " * 1_100_000)],
)  # fmt: skip
async def test_what_is_no_set_of_keys_changes_nothing(
    issuer: Issuer, status: int, body: bytes
) -> None:
    """Errors, redirects, other documents, endless ones: of an unknown issuer nothing can be told;
    a known one goes on as before."""
    clock = Clock()
    good = token("one", "one")
    issuer.status, issuer.body = status, body
    reader = reader_at(issuer.url, clock)
    with pytest.raises(IdentityUnavailable):
        await reader.identify(good)
    issuer.status = 200
    issuer.publish("one")
    clock.at += 5.1
    assert await reader.identify(good)
    issuer.status, issuer.body = status, body
    clock.at += 301
    assert await reader.identify(good)
    assert issuer.asked == 3


@pytest.mark.parametrize(
    "trouble", ["reset", "garble", pytest.param("hang", marks=pytest.mark.slow)]
)
async def test_an_issuer_that_is_down_is_told_from_a_bad_token(
    issuer: Issuer, trouble: str
) -> None:
    """Known keys go on for the time of an outage, and then nothing can be told until it is back."""
    clock = Clock()
    issuer.publish("one")
    good = token("one", "one")
    async with misbehaving_proxy("127.0.0.1", issuer.port) as proxy:
        reader = reader_at(f"http://127.0.0.1:{proxy.port}/keys", clock)
        assert await reader.identify(good)
        if trouble == "reset":
            await proxy.reset()
        else:
            getattr(proxy, trouble)()
        clock.at += 301
        with anyio.fail_after(8):
            assert await reader.identify(good)
        clock.at += 300
        with pytest.raises(IdentityUnavailable):
            await reader.identify(good)
        proxy.behave()
        clock.at += 5.1
        assert await reader.identify(good)
