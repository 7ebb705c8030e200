"""`/`: what is here, for who has only an address. Nothing of it is anybody's secret."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import HTMLResponse, Response

from forerun.api.documenting import answers_with
from forerun.api.responses import json_response
from forerun.wire.service import LandingJSON

router = APIRouter(tags=["landing"])

Accept = Annotated[str, Header(description="With `text/html` in it: a page; else JSON.")]
LINKS = {
    "ask": ("POST /v1/ask", 'answers a question: {"question": "…"}'),
    "stream": ("POST /v1/ask/stream", "the same, as it comes about"),
    "databases": ("GET /v1/databases", "the databases that you may ask"),
    "conversations": ("GET /v1/conversations", "your conversations"),
    "performance": ("GET /v1/performance", "how long questions take"),
    "traces": ("GET /v1/traces", "where their time went"),
    "openapi": ("GET /v1/openapi.json", "all routes, as an OpenAPI document"),
    "ready": ("GET /readyz", "whether questions may be sent here"),
}
ABOUT = "Forerun answers questions about databases in plain language."
EXAMPLE = """curl -s THIS_ADDRESS/v1/ask \\
  -H "Authorization: Bearer $FORERUN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"database": "…", "question": "…"}'"""
KEY = "Send your key or token with each request: Authorization: Bearer …"
_LANDING: LandingJSON = {
    "service": "Forerun",
    "about": ABOUT,
    "key": KEY,
    "links": {name: said.partition(" ")[2] for name, (said, _) in LINKS.items()},
}
_PAGE = {"schema": {"type": "string"}}
_RESPONSE: dict[str, Any] = answers_with(LandingJSON, "Where to go from here.")[200]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {**_RESPONSE, "content": {**_RESPONSE["content"], "text/html": _PAGE}}
}
STYLE = (
    "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;"
    "color-scheme:light dark}pre{overflow-x:auto;padding:.75rem;border:1px solid #8888}"
    "ul{padding-left:1.2rem}"
)
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'"
_HEADERS = {"content-security-policy": _POLICY, "vary": "Accept"}
"""The page needs nothing from anywhere; its style is its own."""


@router.head("/", include_in_schema=False)
@router.get("/", summary="What is here", responses=_RESPONSES, response_model=None)
async def landing(accept: Accept = "") -> Response:
    """A page for browsers, links for programs. It needs no key, and names no database."""
    if "text/html" in accept.lower():
        return HTMLResponse(PAGE, headers=_HEADERS)
    response = json_response(_LANDING)
    response.headers["vary"] = "Accept"
    return response


def _row(said: str, what: str) -> str:
    method, _, path = said.partition(" ")
    place = escape(path)
    linked = f'<a href="{place}">{place}</a>' if method == "GET" else place
    return f"<li><code>{method} {linked}</code>: {escape(what)}</li>"


PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Forerun</title>
<style>{STYLE}</style>
<h1>Forerun</h1>
<p>{escape(ABOUT)}</p>
<pre>{escape(EXAMPLE)}</pre>
<p>{escape(KEY)} A browser sends none by itself: once there is a key, only the last two
of these open here.</p>
<ul>
{"".join(_row(*link) for link in LINKS.values())}
</ul>
</html>
"""
