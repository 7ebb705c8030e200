"""Every setting, declared once: name, default, help. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from forerun.errors import BadSetting

PREFIX = "FORERUN_"
TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})


def _setting(explanation: str, *, default: Any = None, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"help": explanation})


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen once read. Each field is read from `FORERUN_` and its name in capitals."""

    model: str | None = _setting(
        "Model for every role, as `provider:model` (`openai:…`, `anthropic:…`, `ollama:…`). "
        "None: the built-in parser drafts and nothing leaves the machine."
    )
    model_url: str | None = _setting(
        "Base URL of an OpenAI-compatible server that serves the models."
    )
    model_key: str | None = _setting(
        "Key for the model provider, where its own variable is not set. Never shown.", secret=True
    )
    model_timeout: float = _setting("Seconds that one model call may take.", default=60.0)
    model_attempts: int = _setting(
        "How often a busy or unreachable model is asked before the question fails.", default=3
    )
    model_structured: bool | None = _setting(
        "Hold replies to JSON schemas (`true`), ask in words (`false`), or, unset, do what is "
        "known of the provider."
    )
    analyst_model: str | None = _setting("Model for the analyst role instead of `model`.")
    writer_model: str | None = _setting("Model for the writer role instead of `model`.")
    reviewer_model: str | None = _setting("Model for the reviewer role instead of `model`.")
    narrator_model: str | None = _setting("Model for the narrator role instead of `model`.")
    review: bool = _setting(
        "Whether the reviewer looks at each query before it runs.", default=True
    )
    prices: str | None = _setting("File with model prices that are used before the built-in ones.")
    max_rows: int = _setting("Rows of an answer at most.", default=1_000)
    max_bytes: int = _setting("Bytes of an answer's values at most.", default=16 * 1024 * 1024)
    statement_timeout: float = _setting(
        "Seconds that one statement may run, enforced by the database where it can.", default=30.0
    )
    timeout: float = _setting("Seconds that one question may take in all.", default=120.0)
    samples: bool = _setting(
        "Whether stored values may be looked at to understand questions.", default=True
    )
    sample_limit: int = _setting("Distinct values looked at per column at most.", default=200)
    sample_skip: frozenset[str] = _setting(
        "Comma-separated `table` or `table.column` whose values are never looked at.",
        default=frozenset(),
    )
    slice_tables: int = _setting(
        "A database of more tables is cut to this many for each question.", default=40
    )
    catalog_max_age: float = _setting(
        "Seconds after which the structure of the database is read again.", default=300.0
    )
    answer_threshold: float = _setting(
        "Without a model, a reading less probable than this is asked about, not answered.",
        default=0.8,
    )

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from `environment`, by default the process's own.

        Errors: `BadSetting` naming the variable, its value's fault and what is allowed.
        """
        if environment is None:
            environment = os.environ  # noqa: TID251 - the one place
        values = {
            each.name: _parse(each, environment[variable(each.name)])
            for each in fields(cls)
            if environment.get(variable(each.name), "").strip()
        }
        return cls(**values)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _parse(setting: Field[Any], text: str) -> Any:
    text = text.strip()
    match setting.type:
        case "bool" | "bool | None":
            return _parse_bool(setting.name, text)
        case "int" | "float":
            return _parse_number(setting.name, text, whole=setting.type == "int")
        case "frozenset[str]":
            return frozenset(part.strip().lower() for part in text.split(",") if part.strip())
        case _:
            return text


def _parse_bool(name: str, text: str) -> bool:
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise BadSetting(
        f"{variable(name)} is {text!r}, which is neither true nor false.",
        "Use true, 1, yes, on or false, 0, no, off.",
    )


def _parse_number(name: str, text: str, *, whole: bool) -> int | float:
    try:
        number: int | float = int(text) if whole else float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        kind = "a whole number" if whole else "a number"
        raise BadSetting(
            f"{variable(name)} is {text!r}, which is not {kind} of 0 or more.",
            f"Set it to {kind}, or unset it.",
        )
    return number
