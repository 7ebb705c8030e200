"""The keys that an issuer of tokens publishes (JWKS, RFC 7517), fetched and remembered.

They are fetched anew after `LIFESPAN_S`, and when a token names one that is not among them, which
is what happens when an issuer changes keys; at most once in `COOLDOWN_S`, so that strangers with
made-up tokens cannot make us hammer the issuer.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from forerun.errors import IdentityUnavailable

if TYPE_CHECKING:
    from jwt import PyJWK

LIFESPAN_S = 300.0
COOLDOWN_S = 30.0
RETRY_S = 5.0
"""After a failure, while nothing is known yet or what is known is old."""
FETCH_S = 3.0
MOST_BYTES = 1_000_000


class PublishedKeys:
    """Keys by their id (`kid`), of one URL."""

    def __init__(
        self, url: str, outage_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._outage_s = outage_s
        self._clock = clock
        self._keys: Mapping[str | None, PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._one_at_a_time = anyio.Lock()

    async def find(self, kid: str | None) -> PyJWK | None:
        """The key of that id; without an id the only key there is. None where there is none.

        Raises `IdentityUnavailable` where the issuer does not answer and nothing usable is known.
        """
        if self._wants_fetching(kid) and not (self._is_fetching() and self._is_usable(kid)):
            async with self._one_at_a_time:
                if self._wants_fetching(kid):
                    await self._fetch()
        if not self._is_current():
            raise IdentityUnavailable(
                "Whose token this is cannot be told now: its issuer's keys cannot be had.",
                "Nothing is known against your token. Try again in a moment.",
                RETRY_S,
            )
        return self._known(kid)

    def _wants_fetching(self, kid: str | None) -> bool:
        is_old = self._age() >= LIFESPAN_S
        if not is_old and self._known(kid) is not None:
            return False
        pause = RETRY_S if is_old else COOLDOWN_S
        return self._tried_at is None or self._clock() - self._tried_at >= pause

    def _is_fetching(self) -> bool:
        return self._one_at_a_time.statistics().locked

    def _is_usable(self, kid: str | None) -> bool:
        return self._is_current() and self._known(kid) is not None

    def _is_current(self) -> bool:
        return self._age() < max(self._outage_s, LIFESPAN_S)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    def _known(self, kid: str | None) -> PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _fetch(self) -> None:
        """What cannot be had or is no such document leaves what is known as it is."""
        try:
            with anyio.fail_after(FETCH_S):
                document = await anyio.to_thread.run_sync(
                    _download, self._url, abandon_on_cancel=True
                )
            keys = _usable(document)
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as failed:
            if isinstance(failed, urllib.error.HTTPError):
                failed.close()
            return
        finally:
            self._tried_at = self._clock()
        if keys:
            self._keys, self._fetched_at = keys, self._clock()


def _download(url: str) -> Any:
    """JSON at `url`, of which the caller has seen to it that it begins with http. No redirects:
    the keys are believed because of where they are."""
    opener = urllib.request.build_opener(_NoRedirect())
    with opener.open(url, timeout=FETCH_S) as response:
        text = bytearray()
        ends_at = time.monotonic() + FETCH_S
        while piece := response.read1(65_536):
            text += piece
            if len(text) > MOST_BYTES or time.monotonic() > ends_at:
                raise ValueError("too long, or too slow")
        return json.loads(text)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _usable(document: Any) -> dict[str | None, PyJWK]:
    """Public keys for signatures, by id; those of a kind we do not know are passed by.

    Raises ValueError for what is no set of keys.
    """
    from jwt import PyJWK, PyJWTError

    published = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(published, list):
        raise ValueError("no set of keys")  # noqa: TRY004 - of a stranger, like bad JSON
    keys: dict[str | None, PyJWK] = {}
    for each in published:
        try:
            key = PyJWK(each)
        except (PyJWTError, AttributeError, TypeError):
            continue
        if key.key_type != "oct" and key.public_key_use in (None, "sig"):
            keys[key.key_id] = key
    return keys
