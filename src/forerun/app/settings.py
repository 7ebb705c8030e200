"""Every setting, declared once: name, default, help. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from forerun.booleans import boolean
from forerun.domain import LOSSLESS, Rung
from forerun.errors import BadSetting

PREFIX = "FORERUN_"
FLAG_PREFIXES = ("FORERUN_FLAG_", "FORERUN_KILL_")


def _setting(
    explanation: str,
    *,
    default: Any = None,
    secret: bool = False,
    address: bool = False,
    variable: str | None = None,
) -> Any:
    """A `secret` is never shown; an `address` may be, without the password that may be in it."""
    metadata = {"help": explanation, "variable": variable, "secret": secret}
    return field(default=default, repr=not (secret or address), metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen once read. Each field is read from `FORERUN_` and its name in capitals, except for
    the two that have had names of their own since the first plan."""

    model: str | None = _setting(
        "Model for every role, as `provider:model` (`openai:…`, `anthropic:…`, `ollama:…`). "
        "None: the built-in parser drafts and nothing leaves the machine."
    )
    model_url: str | None = _setting(
        "Base URL of an OpenAI-compatible server that serves the models.", address=True
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
    key: str | None = _setting(
        "Key for the service that `--server` names. Never shown.", secret=True
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
    knowledge: str | None = _setting(
        "YAML file of what the team knows of the database, or a folder with `NAME.forerun.yaml` "
        "for the database NAME. Default: the one beside a database file; `none`: not even that."
    )
    slice_tables: int = _setting(
        "A database of more tables is cut to this many for each question.", default=40
    )
    catalog_max_age: float = _setting(
        "Seconds after which the structure of the database is read again.", default=300.0
    )
    answer_threshold: float = _setting(
        "Without a model, a reading less probable than this is asked about, not answered.",
        default=0.85,
    )
    guess_threshold: float = _setting(
        "The same for an asker who allows guesses: from here on up to the answer threshold, a "
        "reading is answered with a warning. At most the answer threshold.",
        default=0.6,
    )
    merge_results: bool | None = _setting(
        "Without a model: whether up to five readings of a question are run and compared, so that "
        "those with the same rows count as one. Unset: on DuckDB and SQLite only."
    )
    guess: bool = _setting(
        "Whether guesses are allowed where the asker does not say (`--guess`, `guess=True`).",
        default=False,
    )

    enable_parallel: bool = _setting(
        "Whether questions may take the parallel path. It falls back to the sequential one on "
        "any trouble.",
        default=False,
        variable="ENABLE_PARALLEL",
    )
    parallel_threshold: float = _setting(
        "Predicted seconds of the sequential path at or above which a question goes parallel.",
        default=30.0,
        variable="PARALLEL_THRESHOLD",
    )
    rungs: frozenset[str] = _setting(
        "Comma-separated: what the parallel path may do ahead of time. Of `context`, `review`, "
        "`write-ahead`, `draft-ahead`, `at-once`, `second-look`, `sql-first`, `candidates`, "
        "`hedge`, `confident-accept`; `candidates` and `confident-accept` can change answers.",
        default=frozenset(rung.value for rung in LOSSLESS),
    )
    drafter_model: str | None = _setting(
        "Small model that drafts ahead of the writer. None: the built-in parser does."
    )
    draft_threshold: float = _setting(
        "With a model, a reading of the built-in parser less probable than this is no draft.",
        default=0.5,
    )
    second_value: float = _setting(
        "What a second of the asker's time is worth, in US dollars: work is begun ahead of time "
        "where it is expected to save more than it wastes.",
        default=0.01,
    )
    max_extra_cost_ratio: float = _setting(
        "Money that one question may stake on work ahead of time, as a share of what the "
        "sequential path is expected to cost.",
        default=1.5,
    )
    max_extra_tokens: int = _setting(
        "Tokens that one question may stake on work ahead of time.", default=30_000
    )
    max_speculative_queries: int = _setting(
        "Different statements that one answer may run, repairs and a look at who ties not counted.",
        default=5,
    )
    candidates: int = _setting("Writers at once, with the rung `candidates`.", default=3)
    accept_precision: float = _setting(
        "With the rung `confident-accept`: the proven share of agreement with the writer from "
        "which drafts of a class need no writer.",
        default=0.98,
    )
    hedge_share: float = _setting(
        "Second calls at most, as a share of all calls, with the rung `hedge`.", default=0.1
    )
    max_parallel: int = _setting(
        "Questions on the parallel path at once; the others go sequentially.", default=64
    )
    max_sequential: int = _setting(
        "Questions of the sequential arm at once; the others wait for their turn.", default=128
    )
    max_speculations: int = _setting(
        "Branches of work ahead of time at once, over all questions.", default=128
    )
    max_statements: int = _setting(
        "Statements at once on one database, over all questions; the others wait.", default=32
    )
    max_model_calls: int = _setting(
        "Model calls at once for one database, over all questions; the others wait.", default=256
    )
    shed_above: int = _setting(
        "With more questions in flight than this nothing is done ahead of time.", default=48
    )
    state: str | None = _setting(
        "File in which is kept what was learned of latencies and guesses; `memory` keeps "
        "nothing. Default: in the user's state folder."
    )
    flags: str | None = _setting(
        "Flag file (JSON or YAML) that says how far the parallel path is rolled out; "
        "`ENABLE_PARALLEL` must be true. None: everybody."
    )
    experiments: str | None = _setting(
        "Where experiments are kept: a file, or `postgresql://…` for several hosts. None: no "
        "experiments.",
        address=True,
    )
    max_shadows: int = _setting(
        "Questions at once that the other path answers too, unseen, in the stage `shadow`.",
        default=4,
    )
    cache: str = _setting(
        "Where answers are kept to be given again: `memory` (this process), `disk` (a file in the "
        "user's cache folder) or a file of your own, `redis://…` (several processes), `none`.",
        default="memory",
        address=True,
    )
    cache_bytes: int = _setting(
        "Bytes of answers that one process keeps in memory.", default=64 * 1024 * 1024
    )
    cache_ttl: float = _setting(
        "Seconds for which an answer is kept at most, while its database has not changed.",
        default=86_400.0,
    )
    cache_max_stale: float = _setting(
        "Seconds by which an answer may be behind a database that cannot tell whether it has "
        "changed (MySQL, MariaDB, those by SQLAlchemy).",
        default=5.0,
    )
    cache_negative_ttl: float = _setting(
        "Seconds for which a question that was asked back is asked back again.", default=30.0
    )
    cache_stale_if_error: float = _setting(
        "Seconds up to which an old answer is shown, with its age, where a new one cannot be had.",
        default=3_600.0,
    )
    cache_examples: bool = _setting(
        "Whether a writer is shown the earlier question that is most like the new one, with its "
        "query; only the asker's own tenant's.",
        default=True,
    )
    cache_secret: str | None = _setting(
        "Key of the keys in a cache that several share: without it nobody can tell what was "
        "asked. The same for all processes.",
        secret=True,
    )
    version_ttl_ms: int | None = _setting(
        "Milliseconds for which it is believed that a database has not changed. Unset: 0 for "
        "files, 1000 for servers."
    )
    from_environment: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What the environment gave."""
    flag_variables: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """`FORERUN_FLAG_…` and `FORERUN_KILL_…`, which are as many as there are flags."""

    def __post_init__(self) -> None:
        """Errors: `BadSetting` for a rung that there is not, or thresholds out of order."""
        _known_rungs(self.rungs)
        _in_order(self.guess_threshold, self.answer_threshold)

    def source_of(self, name: str) -> str:
        """Where a setting's value came from: environment, settings (given in code) or default."""
        value = getattr(self, name)
        if name in self.from_environment and self.from_environment[name] == value:
            return "environment"
        given = next(each for each in declared() if each.name == name)
        return "default" if value == given.default else "settings"

    @classmethod
    def read(
        cls,
        environment: Mapping[str, str] | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Settings from `environment`, by default the process's own, over those that are `given`.

        Errors: `BadSetting` naming the variable, its value's fault and what is allowed.
        """
        environment = environment_of(environment)
        values = {
            each.name: _parse(each, environment[variable(each.name)])
            for each in declared()
            if environment.get(variable(each.name), "").strip()
        }
        flags = {name: text for name, text in environment.items() if name.startswith(FLAG_PREFIXES)}
        return cls(**{**(given or {}), **values}, from_environment=values, flag_variables=flags)

    def over(self, own: Mapping[str, Any]) -> Settings:
        """The same with some values of its own."""
        return replace(self, **own) if own else self


def environment_of(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The process's own environment, unless another is given."""
    return os.environ if given is None else given  # noqa: TID251 - the one place


def declared() -> tuple[Field[Any], ...]:
    """The settings, in the order in which they are listed."""
    return tuple(each for each in fields(Settings) if "help" in each.metadata)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    own = next((each.metadata["variable"] for each in declared() if each.name == name), None)
    return own or PREFIX + name.upper()


def _known_rungs(rungs: frozenset[str]) -> None:
    known = {rung.value for rung in Rung}
    if unknown := sorted(rungs - known - {"none"}):
        raise BadSetting(
            f"{variable('rungs')} names {', '.join(unknown)}, which is no rung.",
            f"Use some of {', '.join(rung.value for rung in Rung)}; or none.",
        )


def _in_order(guess: float, answer: float) -> None:
    if guess > answer:
        raise BadSetting(
            f"{variable('guess_threshold')} is {guess}, above {variable('answer_threshold')}, "
            f"which is {answer}: what is sure enough for an answer is no guess.",
            f"Lower {variable('guess_threshold')} to {answer} or less.",
        )


def _parse(setting: Field[Any], text: str) -> Any:
    text = text.strip()
    match setting.type:
        case "bool" | "bool | None":
            return boolean(variable(setting.name), text)
        case "int" | "float" | "int | None":
            return _parse_number(setting.name, text, whole=setting.type != "float")
        case "frozenset[str]":
            return frozenset(part.strip().lower() for part in text.split(",") if part.strip())
        case _:
            return text


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
