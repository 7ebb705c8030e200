"""Flag files for tests, as people write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from forerun.rollout.flags import Context, Overrides

OPEN_GATE = Overrides.read({"ENABLE_PARALLEL": "true"})
PEOPLE = [Context(f"session-{number}") for number in range(2_000)]

Plain = dict[str, Any]


def rollout(*, version: int = 1, **terms: Any) -> Plain:
    """A file with the rollout alone: `terms` are those of everybody."""
    metadata: Plain = {
        "salt": "a1b2c3d4",
        "hash_version": 1,
        "owner": "data-platform",
        "expires": "2099-12-31",
        "description": "How far the parallel path is rolled out.",
    }
    if "holdout" in terms:
        metadata["holdout"] = terms.pop("holdout")
    flag = {
        "state": "ENABLED",
        "variants": {"everybody": terms},
        "defaultVariant": "everybody",
        "metadata": metadata,
    }
    return {"metadata": {"version": version}, "flags": {"parallel": flag}}


def with_rules(document: Plain, targeting: Plain, **variants: Any) -> Plain:
    """The same with rules, and with the variants that they give."""
    flag = document["flags"]["parallel"]
    flag["variants"] |= variants
    flag["targeting"] = targeting
    return document


def switch(variant: str, *, version: int = 1, name: str = "new-charts") -> Plain:
    """A file with one switch, `on` or `off`."""
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": variant,
    }
    return {"metadata": {"version": version}, "flags": {name: flag}}


def raw(document: Plain) -> bytes:
    return json.dumps(document).encode()


def put(path: Path, document: Plain) -> Path:
    path.write_bytes(raw(document))
    return path
