"""Which functions may be called: those on the dialect's list, by their plain name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sqlglot import exp

from forerun.checking.suggesting import did_you_mean
from forerun.domain import Reason, ReasonCode

VOLATILE_NODES = (
    exp.CurrentDate,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentDatetime,
    exp.Localtime,
    exp.Localtimestamp,
    exp.TableSample,
)
RELATIVE_TIME = re.compile(r"\s*(now|today|tomorrow|yesterday)\b", re.IGNORECASE)
"""How texts start that become dates by the clock: 'today'::date, d < 'tomorrow'."""
A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
TELL_A_DAY = frozenset({"date", "datetime", "julianday", "unixepoch"})
"""SQLite's functions that read the clock for 'now' and for nothing, and not for a day in full."""
METHOD_CALLS = frozenset({"duckdb"})
"""Where `name.upper()` calls upper(name)."""


@dataclass(frozen=True, slots=True)
class FunctionList:
    allowed: frozenset[str]
    volatile: frozenset[str]
    tables: frozenset[str]
    """Those that may stand in FROM. Empty where any may."""


def forbidden_functions(tree: exp.Expr, dialect: str) -> Iterator[Reason]:
    """A reason for every call that is not on the list."""
    known = functions_of(dialect)
    for call in tree.find_all(exp.Anonymous):
        name = call.name
        if isinstance(call.this, exp.Identifier):
            yield forbidden(f'The function name "{name}" is quoted.', "Write it without quotes.")
        elif isinstance(call.parent, exp.Dot) and dialect not in METHOD_CALLS:
            whole = call.parent.sql(dialect=dialect).partition("(")[0]
            yield forbidden(
                f"The function {whole} is named with a schema.", f"Write {name} alone, if allowed."
            )
        elif name.lower() not in known.allowed:
            yield forbidden(
                f"The function {name}() is not among those that may be called.",
                near(name, known.allowed),
            )
        elif in_from(call) and known.tables and name.lower() not in known.tables:
            yield forbidden(f"The function {name}() may not be called in FROM.", None)


def in_from(call: exp.Expr) -> bool:
    return isinstance(call.parent, exp.Table | exp.Lateral)


def is_volatile(tree: exp.Expr, dialect: str) -> bool:
    """True when running the tree twice may give different rows."""
    volatile = functions_of(dialect).volatile
    return (
        tree.find(*VOLATILE_NODES) is not None
        or any(
            call.name.lower() in volatile and not tells_a_day(call)
            for call in tree.find_all(exp.Anonymous)
        )
        or any(text.is_string and is_relative(text.name) for text in tree.find_all(exp.Literal))
    )


def tells_a_day(call: exp.Anonymous) -> bool:
    """`date('2024-05-01')`, as the built-in parser writes days for SQLite."""
    said = call.expressions
    return call.name.lower() in TELL_A_DAY and (
        len(said) == 1
        and isinstance(said[0], exp.Literal)
        and said[0].is_string
        and A_DAY.fullmatch(said[0].name) is not None
    )


def is_relative(text: str) -> bool:
    return RELATIVE_TIME.match(text) is not None


def forbidden(message: str, hint: str | None) -> Reason:
    return Reason(ReasonCode.FORBIDDEN_FUNCTION, message, hint)


def near(name: str, allowed: frozenset[str]) -> str | None:
    hint = did_you_mean(name, sorted(allowed))
    return hint if hint and hint.startswith("Did") else None


@cache
def functions_of(dialect: str) -> FunctionList:
    """The list in `functions/<dialect>.txt`, or the common one for other dialects."""
    folder = resources.files("forerun.checking") / "functions"
    own = folder / f"{dialect}.txt"
    text = (own if own.is_file() else folder / "common.txt").read_text("utf-8")
    entries = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return FunctionList(
        allowed=frozenset(entry[0] for entry in entries),
        volatile=frozenset(entry[0] for entry in entries if "volatile" in entry[1:]),
        tables=frozenset(entry[0] for entry in entries if "table" in entry[1:]),
    )
