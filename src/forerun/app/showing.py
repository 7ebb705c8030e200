"""A configuration as it may be shown: every value, where it comes from, and no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from forerun.adapters.databases import masked
from forerun.app.configuration import SECTIONS, Configuration
from forerun.app.settings import declared
from forerun.domain import Policies

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class ShownValue:
    name: str
    value: Any
    """As JSON has it."""
    source: str
    """`default`, `environment`, or `file`."""

    @property
    def text(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


def shown(configuration: Configuration) -> Mapping[str, list[ShownValue]]:
    """By section, in the order of the documentation."""
    told: dict[str, list[ShownValue]] = {}
    for name in SECTIONS:
        if values := _section(name, configuration):
            told[name] = values
    for name, database in configuration.databases.items():
        source = configuration.sources.get(f"databases.{name}.url", "default")
        told[f"databases.{name}"] = [ShownValue("url", masked(database.url), source)]
        if database.policies != Policies():
            told[f"databases.{name}.policies"] = [
                ShownValue(key, _safe(value, secret=False), "file")
                for key, value in asdict(database.policies).items()
            ]
        if database.settings:
            own = [_setting(key, value, "file") for key, value in database.settings.items()]
            told[f"databases.{name}.settings"] = own
    told["settings"] = _settings(configuration)
    return told


def _section(name: str, configuration: Configuration) -> list[ShownValue]:
    section = getattr(configuration, name)
    return [
        ShownValue(
            each.name,
            _safe(getattr(section, each.name), secret=each.metadata.get("secret", False)),
            configuration.sources.get(f"{name}.{each.name}", "default"),
        )
        for each in fields(section)
    ]


def _settings(configuration: Configuration) -> list[ShownValue]:
    settings = configuration.settings
    sources = {each.name: settings.source_of(each.name) for each in declared()}
    return [
        _setting(name, getattr(settings, name), "file" if source == "settings" else source)
        for name, source in sources.items()
    ]


def _setting(name: str, value: Any, source: str) -> ShownValue:
    secret = next(each.metadata["secret"] for each in declared() if each.name == name)
    return ShownValue(name, _safe(value, secret=secret), source)


def _safe(value: Any, *, secret: bool) -> Any:
    """As JSON; a password may stand in any address."""
    match value:
        case str():
            return HIDDEN if secret else masked(value) if "://" in value else value
        case frozenset() | set():
            return sorted(value)
        case tuple():
            return list(value)
        case _:
            return value
