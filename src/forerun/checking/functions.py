"""Which functions may be called: those on the dialect's list, by their plain name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sqlglot import exp

from forerun.checking.suggesting import did_you_mean
from forerun.domain import Reason, ReasonCode
from forerun.lambdas import WITH_METHODS

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
MANY = 20
"""Unknown functions from which no similar names are looked for any more."""


@dataclass(frozen=True, slots=True)
class FunctionList:
    allowed: frozenset[str]
    volatile: frozenset[str]
    clocks: Mapping[str, int]
    """Those that say what time it is where they are not told: which argument tells them."""
    tables: frozenset[str]
    """Those that may stand in FROM. Empty where any may."""


def forbidden_functions(tree: exp.Expr, dialect: str) -> Iterator[Reason]:
    """A reason for every call that is not on the list."""
    known = functions_of(dialect)
    unknown = set[str]()
    for call in tree.find_all(exp.Anonymous):
        name = call.name
        if isinstance(call.this, exp.Identifier):
            yield forbidden(f'The function name "{name}" is quoted.', "Write it without quotes.")
        elif isinstance(call.parent, exp.Dot) and dialect not in WITH_METHODS:
            whole = call.parent.sql(dialect=dialect).partition("(")[0]
            yield forbidden(
                f"The function {whole} is named with a schema.", f"Write {name} alone, if allowed."
            )
        elif name.lower() not in known.allowed:
            unknown.add(name)
            yield forbidden(
                f"The function {name}() is not among those that may be called.",
                near(name, known.allowed) if len(unknown) <= MANY else None,
            )
        elif in_from(call) and known.tables and name.lower() not in known.tables:
            yield forbidden(f"The function {name}() may not be called in FROM.", None)


def in_from(call: exp.Expr) -> bool:
    return isinstance(call.parent, exp.Table | exp.Lateral)


def is_volatile(tree: exp.Expr, dialect: str) -> bool:
    """True when running the tree twice may give different rows."""
    known = functions_of(dialect)
    return (
        tree.find(*VOLATILE_NODES) is not None
        or any(_is_volatile_call(call, known) for call in tree.find_all(exp.Anonymous))
        or any(text.is_string and is_relative(text.name) for text in tree.find_all(exp.Literal))
    )


def _is_volatile_call(call: exp.Anonymous, known: FunctionList) -> bool:
    name = call.name.lower()
    place = known.clocks.get(name)
    if place is None:
        return name in known.volatile
    if len(call.expressions) < place:
        return True
    told = call.expressions[place - 1]
    return not isinstance(told, exp.Literal) and told.find(exp.Column) is None


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
        clocks={
            entry[0]: int(word.removeprefix("clock"))
            for entry in entries
            for word in entry[1:]
            if word.startswith("clock")
        },
        tables=frozenset(entry[0] for entry in entries if "table" in entry[1:]),
    )
