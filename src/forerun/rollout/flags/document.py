"""A flag file becomes a `Document`: whole, or not at all.

The form is flagd's, so that its tools can read it; what is more is in metadata, which is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from forerun.rollout.flags import holdout, places, rules
from forerun.rollout.flags.buckets import HASHES
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.places import Place
from forerun.rollout.flags.reading import plain
from forerun.rollout.flags.terms import ROLLOUT, SAMPLED, Stage, combined, completed

ENABLED, DISABLED = "ENABLED", "DISABLED"
_WHOLE = ("$schema", "metadata", "flags")
_FLAG = ("state", "variants", "defaultVariant", "targeting", "metadata")
_TERMS = ("stage", "percentage", "threshold")


@dataclass(frozen=True, slots=True)
class Document:
    """A checked flag file."""

    name: str
    version: int
    sha: str
    """SHA-256 of the bytes, in hexadecimal."""
    plain: Mapping[str, Any]
    """As it is written."""
    killed: Mapping[str, Kill]
    """By flag: those whose state is DISABLED."""

    @property
    def flags(self) -> Mapping[str, Mapping[str, Any]]:
        flags: Mapping[str, Mapping[str, Any]] = self.plain["flags"]
        return flags

    def for_flagd(self) -> dict[str, Any]:
        """A copy to hand over (flagd changes what it is given); a rollout's variants complete."""
        handed = deepcopy(dict(self.plain))
        if ROLLOUT in self.flags:
            handed["flags"][ROLLOUT]["variants"] = completed(self.flags[ROLLOUT])
        return handed


def sha_of(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def read(raw: bytes, name: str) -> Document:
    """What the bytes of the file called `name` say. Raises `BadFlags`, naming the field."""
    place = Place(name)
    given = places.mapping(plain(raw, name), place)
    places.only(given, _WHOLE, place)
    metadata = places.mapping(given.get("metadata"), place.at("metadata"))
    version = places.whole(metadata.get("version"), place.at("metadata", "version"))
    _check_scalars(metadata, place.at("metadata"))
    flags = places.mapping(given.get("flags"), place.at("flags"))
    for key, flag in flags.items():
        _check_flag(key, flag, place.at("flags", key))
    killed = {
        key: Kill.in_file(key, name, flag.get("metadata", {}))
        for key, flag in flags.items()
        if flag["state"] == DISABLED
    }
    return Document(name, version, sha_of(raw), given, killed)


def _check_flag(key: str, value: object, place: Place) -> None:
    flag = places.mapping(value, place)
    places.only(flag, _FLAG, place)
    places.one_of(flag.get("state"), (ENABLED, DISABLED), place.at("state"))
    variants = places.mapping(flag.get("variants"), place.at("variants"))
    _check_kinds(variants, place.at("variants"))
    places.one_of(flag.get("defaultVariant"), variants, place.at("defaultVariant"))
    if "targeting" in flag:
        rule = places.mapping(flag["targeting"], place.at("targeting"))
        rules.check(rule or None, variants, place.at("targeting"))
    _check_metadata(flag.get("metadata", {}), place.at("metadata"))
    if key == ROLLOUT:
        _check_rollout(flag, place)


def _check_kinds(variants: Mapping[str, Any], place: Place) -> None:
    """There are variants, and all are of one kind."""
    if not variants:
        raise place.wrong("is empty.", "Give at least one variant.")
    kinds = {name: _kind(value) for name, value in variants.items()}
    first = next(iter(kinds))
    for name, kind in kinds.items():
        if kind is None or kind != kinds[first]:
            raise place.at(name).wrong(
                f"is of another kind than {first}."
                if kind
                else "is neither a value nor an object.",
                "All variants of a flag are of one kind: true or false, numbers, texts or objects.",
            )


def _kind(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, dict) else None


def _check_metadata(value: object, place: Place) -> None:
    metadata = places.mapping(value, place)
    _check_scalars(metadata, place)
    for key in ("owner", "description"):
        if key in metadata:
            places.text(metadata[key], place.at(key))
    if "expires" in metadata:
        places.day(metadata["expires"], place.at("expires"))


def _check_scalars(metadata: Mapping[str, Any], place: Place) -> None:
    for key, value in metadata.items():
        if not isinstance(value, str | int | float):
            raise place.at(key).wrong("is no text, number, true or false.", "Write one of these.")


def _check_rollout(flag: Mapping[str, Any], place: Place) -> None:
    metadata, variants = flag.get("metadata", {}), flag["variants"]
    _check_salt(metadata, "salt", "hash_version", place)
    if holdout.SALT in metadata or holdout.HASH_VERSION in metadata:
        _check_salt(metadata, holdout.SALT, holdout.HASH_VERSION, place)
    if holdout.SHARE in metadata:
        places.percentage(metadata[holdout.SHARE], place.at("metadata", holdout.SHARE))
    default = flag["defaultVariant"]
    for name in (default, *variants):
        _check_variant(variants[name], place.at("variants", name), is_default=name == default)
    for name in variants:
        _check_combined(flag, name, place.at("variants", name))


def _check_salt(metadata: Mapping[str, Any], salt: str, hash_version: str, place: Place) -> None:
    """A salt and the hash that goes with it."""
    places.text(metadata.get(salt), place.at("metadata", salt))
    version = metadata.get(hash_version)
    if isinstance(version, bool) or version not in HASHES:
        known = " or ".join(str(number) for number in HASHES)
        raise place.at("metadata", hash_version).wrong(
            "is missing." if version is None else f"is {version!r}.", f"Write {known}."
        )


def _check_variant(value: object, place: Place, *, is_default: bool) -> None:
    variant = places.mapping(value, place)
    places.only(variant, _TERMS, place)
    if is_default or "stage" in variant:
        places.one_of(variant.get("stage"), tuple(Stage), place.at("stage"))
    if "percentage" in variant:
        places.percentage(variant["percentage"], place.at("percentage"))
    if "threshold" in variant:
        places.seconds(variant["threshold"], place.at("threshold"))


def _check_combined(flag: Mapping[str, Any], name: str, place: Place) -> None:
    """A percentage where the stage has one, and only there: nothing is read over."""
    terms, stages = combined(flag, name), ", ".join(sorted(SAMPLED))
    if "percentage" in flag["variants"][name] and terms["stage"] not in SAMPLED:
        raise place.at("percentage").wrong(
            f"stands beside the stage {terms['stage']}, which has none.",
            f"Leave it out, or choose the stage: {stages}.",
        )
    if terms["percentage"] is None:
        places.percentage(None, place.at("percentage"))
