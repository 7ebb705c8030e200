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


def _setting(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"help": explanation})


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen once read. Each field is read from `FORERUN_` and its name in capitals."""

    model: str | None = _setting(
        None,
        "Model for every role, as `provider:model` (`openai:…`, `anthropic:…`, `ollama:…`). "
        "None: the built-in parser drafts and nothing leaves the machine.",
    )
    model_url: str | None = _setting(
        None, "Base URL of an OpenAI-compatible server that serves the models."
    )
    model_key: str | None = _setting(
        None, "Key for the model provider, where its own variable is not set. Never shown."
    )
    model_timeout: float = _setting(60.0, "Seconds that one model call may take.")
    model_attempts: int = _setting(
        3, "How often a busy or unreachable model is asked before the question fails."
    )
    analyst_model: str | None = _setting(None, "Model for the analyst role instead of `model`.")
    writer_model: str | None = _setting(None, "Model for the writer role instead of `model`.")
    reviewer_model: str | None = _setting(None, "Model for the reviewer role instead of `model`.")
    narrator_model: str | None = _setting(None, "Model for the narrator role instead of `model`.")
    review: bool = _setting(True, "Whether the reviewer looks at each query before it runs.")
    prices: str | None = _setting(
        None, "File with model prices that are used before the built-in ones."
    )
    max_rows: int = _setting(1_000, "Rows of an answer at most.")
    max_bytes: int = _setting(16 * 1024 * 1024, "Bytes of an answer's values at most.")
    statement_timeout: float = _setting(
        30.0, "Seconds that one statement may run, enforced by the database where it can."
    )
    timeout: float = _setting(120.0, "Seconds that one question may take in all.")
    samples: bool = _setting(
        True, "Whether stored values may be looked at to understand questions."
    )
    sample_limit: int = _setting(200, "Distinct values looked at per column at most.")
    sample_skip: frozenset[str] = _setting(
        frozenset(), "Comma-separated `table` or `table.column` whose values are never looked at."
    )
    slice_tables: int = _setting(
        40, "A database of more tables is cut to this many for each question."
    )
    catalog_max_age: float = _setting(
        300.0, "Seconds after which the structure of the database is read again."
    )
    answer_threshold: float = _setting(
        0.7, "Without a model, a reading less probable than this is asked about, not answered."
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
        case "bool":
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
