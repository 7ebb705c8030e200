"""Quote every name that a database could take for something else.

Only then is a name a name to the database as it is one to us: sqlglot reads words as names
that are keywords to some database, and the other way round.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from string import ascii_lowercase, ascii_uppercase

from sqlglot import exp

ASCII_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FOLDS_TO_LOWER = frozenset({"postgres", "redshift", "materialize", "risingwave"})
FOLDS_TO_UPPER = frozenset({"oracle", "snowflake"})
EXACT = FOLDS_TO_LOWER | FOLDS_TO_UPPER | {"mysql"}
"""Where `WITH "A" AS …` does not answer to `a`. MySQL minds the case of tables on some systems."""


def spell_safely(tree: exp.Expr, dialect: str) -> None:
    """Quote, in place, every unquoted name that is a keyword or not plain ASCII."""
    words = reserved(dialect)
    for identifier in tuple(tree.find_all(exp.Identifier)):
        name = identifier.name
        if identifier.args.get("quoted") or (PLAIN.fullmatch(name) and name.lower() not in words):
            continue
        identifier.replace(exp.to_identifier(folded(name, dialect), quoted=True))


def respell(identifier: exp.Expr, name: str, dialect: str) -> None:
    """Spell a name, in place, so that the database finds what is called `name`."""
    if as_compared(identifier, dialect) != as_compared(
        exp.to_identifier(name, quoted=True), dialect
    ):
        identifier.replace(exp.to_identifier(name, quoted=True))


def as_compared(identifier: exp.Expr, dialect: str) -> str:
    """A name as the database compares it: two that differ in this are two names to it.

    DuckDB and SQLite fold the letters of ASCII alone. Were more folded here, a WITH query called
    with a Kelvin sign would be taken for the one that stands for a table with a k.
    """
    if dialect not in EXACT:
        return identifier.name.translate(ASCII_TO_LOWER)
    return identifier.name if identifier.args.get("quoted") else folded(identifier.name, dialect)


def folded(name: str, dialect: str) -> str:
    """What the database makes of an unquoted name."""
    if dialect in FOLDS_TO_LOWER:
        return name.lower()
    return name.upper() if dialect in FOLDS_TO_UPPER else name


@cache
def reserved(dialect: str) -> frozenset[str]:
    """The words of `reserved/<dialect>.txt`; of all of them for other dialects."""
    folder = resources.files("forerun.checking") / "reserved"
    own = folder / f"{dialect}.txt"
    files = [own] if own.is_file() else list(folder.iterdir())
    lines = (line for file in files for line in file.read_text("utf-8").splitlines())
    return frozenset(line.strip() for line in lines if line and not line.startswith("#"))
