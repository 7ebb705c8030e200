"""`forerun.toml` and the environment over it, as one frozen value.

Every section is a dataclass that its own part of Forerun declares; they are all read in the same
way. Unknown names are refused, with the place where they stand.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from forerun.access.config import AuthConfig, QuotasConfig
from forerun.app.reading import Place, read_section, read_values, refuse_unknown
from forerun.app.sections import (
    DatabaseSection,
    LimitsSection,
    ServeSection,
)
from forerun.app.settings import PREFIX, Settings, declared, environment_of
from forerun.domain import Policies
from forerun.errors import BadInput, BadSetting
from forerun.telemetry.config import TelemetryConfig

Section = TypeVar("Section")

FILE = "forerun.toml"
FILE_VARIABLE = "FORERUN_CONFIG"
SECTIONS: Mapping[str, type] = {
    "serve": ServeSection,
    "limits": LimitsSection,
    "auth": AuthConfig,
    "quotas": QuotasConfig,
    "telemetry": TelemetryConfig,
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that a service is told before it starts."""

    settings: Settings = field(default_factory=Settings)
    databases: Mapping[str, DatabaseSection] = field(default_factory=dict)
    serve: ServeSection = field(default_factory=ServeSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    auth: AuthConfig = field(default_factory=AuthConfig)
    quotas: QuotasConfig = field(default_factory=QuotasConfig)
    telemetry: TelemetryConfig = field(default_factory=TelemetryConfig)
    file: Path | None = None
    """Where it was read, where there was a file."""
    told_in: str | None = None
    """A folder in which the processes of one start see what is told already; None: there is one."""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What gave a value, `file` or `environment`, by its place, such as `serve.port`."""

    @classmethod
    def read(
        cls, path: str | Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Configuration:
        """From `path`, else the file that FORERUN_CONFIG names, else `forerun.toml` here, else
        nothing but the environment. Errors: `BadSetting` naming file, place and fault.
        """
        environment = environment_of(environment)
        file = _file(path, environment)
        document = {} if file is None else _document(file)
        where = Place(str(file) if file is not None else "the environment")
        known = {"settings", "databases", *SECTIONS}
        refuse_unknown(document, known, where)
        told = _Read(environment)
        sections: dict[str, Any] = {
            name: told.section(kind, name, document.get(name, {}), where.of(name))
            for name, kind in SECTIONS.items()
        }
        given = settings_in(document.get("settings", {}), where.of("settings"))
        settings = Settings.read(environment, given)
        databases = told.databases(document.get("databases", {}), where.of("databases"))
        return cls(settings, databases, file=file, sources=told.sources, **sections)

    def settings_of(self, database: str) -> Settings:
        """Its own over those of the environment and of `[settings]`."""
        return self.settings.over(self.databases[database].settings)


def settings_in(table: Any, where: Place) -> dict[str, Any]:
    """The values of a table of settings, by name."""
    return read_values(declared(), Settings, table, where)


def policies_in(table: Any, where: Place) -> Policies:
    """What askers may see. Raises `BadSetting`, also for a rule that lacks a half."""
    policies = Policies(**read_values(fields(Policies), Policies, table, where))
    for rule in policies.rows:
        if not (rule.table.strip() and rule.where.strip()):
            raise BadSetting(
                f"{where.of('rows')} has a rule without table or without where.",
                'Write both: table = "orders", where = "region = {region}".',
            )
    return policies


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads sections, and notes where each value came from."""

    environment: Mapping[str, str]
    sources: dict[str, str] = field(default_factory=dict)

    def section(self, kind: type[Section], name: str, table: Any, where: Place) -> Section:
        prefix = f"{PREFIX}{_in_capitals(name)}_"
        sources: dict[str, str] = {}
        read = read_section(kind, table, where, self.environment, prefix, sources)
        self.sources.update({f"{name}.{key}": source for key, source in sources.items()})
        return read

    def databases(self, table: Any, where: Place) -> dict[str, DatabaseSection]:
        return {
            name: self._database(name, given, where.of(name))
            for name, given in where.table(table).items()
        }

    def _database(self, name: str, table: Any, where: Place) -> DatabaseSection:
        given = dict(where.table(table))
        own = settings_in(given.pop("settings", {}), where.of("settings"))
        policies = policies_in(given.pop("policies", {}), where.of("policies"))
        section = self.section(DatabaseSection, f"databases.{name}", given, where)
        if not section.url:
            variable = f"{PREFIX}DATABASES_{_in_capitals(name)}_URL"
            raise BadSetting(
                f"{where} has no url.", f'Say which database it is: url = "…", or {variable}.'
            )
        return replace(section, settings=own, policies=policies)


def _in_capitals(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name).upper()


def _file(path: str | Path | None, environment: Mapping[str, str]) -> Path | None:
    given = path or environment.get(FILE_VARIABLE, "").strip()
    if given:
        return Path(given).expanduser()
    return Path(FILE) if Path(FILE).is_file() else None


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadSetting(
            f"{file} cannot be read: {error.strerror or error}.", "Name a file with --config."
        ) from None
    except UnicodeDecodeError:
        raise BadSetting(f"{file} is no text in UTF-8.", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{file} is no TOML: {error}.", "Correct it there.") from None


def named_databases(given: list[str]) -> dict[str, DatabaseSection]:
    """What `--db NAME=URL` names; the name may be left out. Raises `BadInput`."""
    named: dict[str, DatabaseSection] = {}
    for each in given:
        name, equals, url = each.partition("=")
        if not equals or not _is_name(name):
            name, url = _name_for(each), each
        if name in named:
            raise BadInput(f"Two databases are called {name}.", "Name them: --db NAME=URL.")
        named[name] = DatabaseSection(url)
    return named


def _is_name(name: str) -> bool:
    return bool(name) and all(sign.isalnum() or sign in "_-" for sign in name)


def _name_for(url: str) -> str:
    last = url.rstrip("/").rpartition("/")[2].partition("?")[0]
    name = "".join(sign if sign.isalnum() or sign in "_-" else "_" for sign in Path(last).stem)
    return name or "database"
