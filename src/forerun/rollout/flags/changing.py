"""Flag files made from flag files: a flag changed, killed, or given back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from forerun.errors import BadFlags, UnknownFlag
from forerun.rollout.flags import kills
from forerun.rollout.flags.buckets import HASHES
from forerun.rollout.flags.document import DISABLED, ENABLED, Document
from forerun.rollout.flags.holdout import HASH_VERSION, HOLDOUT, SALT, SHARE, Holdout
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.terms import ROLLOUT, SAMPLED, Stage

SETTABLE = ("owner", "expires", "description", "holdout")
"""Metadata that may be set; a new salt is another experiment's."""
CARRIES_OUT = "carries_out"
"""Under which a file keeps which experiment has set the rollout last."""

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another way for one flag. What is not named stays."""

    flag: str
    serve: str | None = None
    """The variant for whomever no rule catches."""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """`stage`, `percentage`, `threshold` of that variant; None takes one away."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Some of `SETTABLE`."""
    salt: str | None = None
    """Shares the units out anew: for another experiment. Who is held out stays so."""
    carries_out: str | None = None
    """The experiment that wants it, and where that stands; what is set later is somebody else's."""


def changed(document: Document, change: Change) -> Plain:
    """Raises `BadFlags` for a flag that there is not, or what may not be set."""
    made, flag = _copy(document, change.flag)
    if unknown := set(change.metadata) - set(SETTABLE):
        raise BadFlags(
            f"{', '.join(sorted(unknown))} of {change.flag} cannot be set.",
            f"Set {', '.join(SETTABLE)}; the rest is written into {document.name} by hand.",
        )
    flag["defaultVariant"] = change.serve or flag["defaultVariant"]
    if change.terms:
        _set_terms(flag, change, document.name)
    if change.salt:
        flag["metadata"] |= Holdout.of(flag["metadata"]).fixed() | {"salt": change.salt}
    if change.carries_out:
        flag["metadata"] |= {CARRIES_OUT: change.carries_out}
    if change.metadata:
        flag["metadata"] = flag.get("metadata", {}) | dict(change.metadata)
    return made


def _set_terms(flag: Plain, change: Change, file: str) -> None:
    served = flag["defaultVariant"]
    before = flag["variants"].get(served)
    if not isinstance(before, dict):
        raise BadFlags(
            f"{change.flag} has no variant {served!r} with terms.",
            f"Look into {file}: its variants are {', '.join(flag['variants'])}.",
        )
    terms = before | dict(change.terms)
    if terms.get("stage") not in SAMPLED and "percentage" not in change.terms:
        terms["percentage"] = None
    flag["variants"][served] = {key: value for key, value in terms.items() if value is not None}


def with_kill(document: Document | None, kill: Kill) -> Plain:
    """The flag is disabled, and added where there is none. Without a document: one with it."""
    empty: Plain = {"metadata": {"version": 1}, "flags": {}}
    made = _next(document) if document is not None else empty
    flag = made["flags"].setdefault(kill.flag, _off(kill.flag))
    flag["state"] = DISABLED
    flag["metadata"] = flag.get("metadata", {}) | kill.as_metadata()
    return made


def without_kill(document: Document, name: str) -> Plain:
    """Raises `BadFlags` for a flag that there is not."""
    made, flag = _copy(document, name)
    flag["state"] = ENABLED
    told = (kills.BY, kills.BECAUSE, kills.AT)
    rest = {key: value for key, value in flag.get("metadata", {}).items() if key not in told}
    flag["metadata"] = rest
    return made


def first_version() -> Plain:
    """A file to begin with: the rollout, off, with a salt of its own."""
    rollout = _off(ROLLOUT)
    rollout["variants"] = {"everybody": {"stage": Stage.OFF.value}}
    rollout["defaultVariant"] = "everybody"
    return {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "metadata": {"version": 1},
        "flags": {ROLLOUT: rollout},
    }


def _off(name: str) -> Plain:
    if name != ROLLOUT:
        return {"state": ENABLED, "variants": {"off": False}, "defaultVariant": "off"}
    metadata = {
        "salt": secrets.token_hex(4),
        "hash_version": max(HASHES),
        SHARE: HOLDOUT,
        SALT: secrets.token_hex(4),
        HASH_VERSION: max(HASHES),
        "description": "How far the parallel path is rolled out.",
    }
    return {
        "state": ENABLED,
        "variants": {"off": {"stage": Stage.OFF.value}},
        "defaultVariant": "off",
        "metadata": metadata,
    }


def _copy(document: Document, name: str) -> tuple[Plain, Plain]:
    """The next version, and the flag in it."""
    if name not in document.flags:
        raise UnknownFlag(
            f"{document.name} has no flag {name!r}.",
            f"It has {', '.join(document.flags) or 'none'}; a new one is written by hand.",
        )
    made = _next(document)
    return made, made["flags"][name]


def _next(document: Document) -> Plain:
    made: Plain = deepcopy(dict(document.plain))
    made["metadata"]["version"] = document.version + 1
    return made
