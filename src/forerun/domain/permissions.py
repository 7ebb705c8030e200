"""What an asker may see of a database: which tables and columns, which rows, what no model is told.

Policies are written once for a database; `permissions_for` binds them to one asker. The asker's
attributes are data from beginning to end: they are kept beside the SQL that they belong to, and
become literals of a syntax tree only where that is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import Any, TypeAlias

Scalar: TypeAlias = str | int | float | bool
Attribute: TypeAlias = Scalar | tuple[Scalar, ...]
"""One value, or several of which any will do."""

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`{region}` stands for the asker's attribute `region`."""
OF_THE_ASKER = frozenset({"tenant", "user"})
"""Placeholders that every asker has, apart from attributes of their own."""


def _option(explanation: str, default: Any = None) -> Any:
    return field(default=default, metadata={"help": explanation})


@dataclass(frozen=True, slots=True)
class RowRule:
    """`[[databases.NAME.policies.rows]]`: the rows of one table that an asker may see."""

    table: str = _option("The table, or the view, that the rule is about.", "")
    where: str = _option(
        "A condition over its own columns. `{region}` stands for the asker's attribute `region`, "
        "`{tenant}` and `{user}` for who asks. Who lacks the attribute sees nothing of the table.",
        "",
    )
    exempt: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={
            "help": "Attributes, each with the values whose askers this rule leaves alone: "
            '`exempt = { role = ["auditor"] }`.'
        },
    )


@dataclass(frozen=True, slots=True)
class Policies:
    """`[databases.NAME.policies]`: what askers may see of one database, before it is known who
    asks. Columns are named `table.column`; the case of names does not matter."""

    tables: tuple[str, ...] | None = _option(
        "The only tables that there are for askers. Unset: all, views apart (see `views`)."
    )
    columns: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"help": "By table, the only columns that there are for askers."},
    )
    hidden: tuple[str, ...] = _option("Columns, or whole tables, that nobody sees.", ())
    unsent: tuple[str, ...] = _option("Columns whose values no model is ever sent.", ())
    views: tuple[str, ...] = _option(
        "Views that may be read as they are. What a view reads cannot be told, so that beside any "
        "other policy there are no views but these, and those that `rows` has a rule for.",
        (),
    )
    rows: tuple[RowRule, ...] = _option("Rules for rows, each a table of its own.", ())


@dataclass(frozen=True, slots=True)
class RowPolicy:
    """A rule, and what its placeholders stand for."""

    table: str
    where: str
    values: tuple[tuple[str, Attribute], ...] = ()
    """By placeholder, sorted."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one asker may see. Nothing set: everything. Names are in lower case."""

    tables: frozenset[str] | None = None
    """The only tables that there are; None: all."""
    columns: frozenset[str] = frozenset()
    """`table.column`: of a table that occurs here there are only these columns."""
    hidden: frozenset[str] = frozenset()
    """Tables and `table.column` that are out of sight."""
    rows: tuple[RowPolicy, ...] = ()
    """All that speak of a table must hold."""
    unsent: frozenset[str] = frozenset()
    """`table.column` whose values no model is sent."""
    views: frozenset[str] = frozenset()
    """Views that may be read as they are."""
    closed: frozenset[str] = frozenset()
    """Tables of which nothing may be seen, because an attribute is missing that a rule needs."""
    of_a_model: bool = False
    """Whether what is told goes to a model: then no query touches what is `unsent`."""

    @property
    def limits_sight(self) -> bool:
        """Whether anything stored is out of the asker's sight."""
        return bool(
            self.tables is not None or self.columns or self.hidden or self.rows or self.closed
        )

    @property
    def limits(self) -> bool:
        """False where they leave everything as it is."""
        return self.limits_sight or bool(self.unsent)

    @property
    def fingerprint(self) -> str:
        """32 hex digits, equal only for equal permissions; empty where nothing is limited."""
        if not self.limits:
            return ""
        parts = [
            sorted(value) if isinstance(value, frozenset) else value
            for value in (getattr(self, each.name) for each in fields(self))
        ]
        text = repr(parts).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=16).hexdigest()


EVERYTHING = Permissions()


def permissions_for(
    policies: Policies,
    tenant: str = "default",
    user: str = "",
    attributes: Mapping[str, Any] | None = None,
    *,
    of_a_model: bool = False,
) -> Permissions:
    """The policies bound to one asker, whose `attributes` are texts, numbers, or lists of them.

    What an asker lacks never widens what he sees: a rule whose attribute is missing, empty or of
    no such type closes its table. `tenant` and `user` cannot be given by an attribute.
    """
    known = _known(tenant, user, attributes or {})
    rows, closed = [], set[str]()
    for rule in policies.rows:
        if _is_exempt(rule, known):
            continue
        needed = sorted(set(PLACEHOLDER.findall(rule.where)))
        if all(name in known for name in needed):
            values = tuple((name, known[name]) for name in needed)
            rows.append(RowPolicy(rule.table.lower(), rule.where, values))
        else:
            closed.add(rule.table.lower())
    columns = {f"{table}.{name}" for table, names in policies.columns.items() for name in names}
    columns |= {f"{table}." for table, names in policies.columns.items() if not names}
    return Permissions(
        None if policies.tables is None else _lower(policies.tables),
        _lower(columns),
        _lower(policies.hidden),
        tuple(rows),
        _lower(policies.unsent),
        _lower(policies.views),
        frozenset(closed),
        of_a_model and bool(policies.unsent),
    )


def _known(tenant: str, user: str, attributes: Mapping[str, Any]) -> dict[str, Attribute]:
    said = {name: value for name, value in attributes.items() if name not in OF_THE_ASKER}
    taken = {name: _taken(value) for name, value in (said | _own(tenant, user)).items()}
    return {name: value for name, value in taken.items() if value is not None}


def _own(tenant: str, user: str) -> dict[str, Any]:
    return {"tenant": tenant or None, "user": user or None}


def _taken(value: Any) -> Attribute | None:
    """None for what no rule can be bound to."""
    if isinstance(value, str | bool | int | float):
        return value if value != "" else None
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr)
        fit = all(isinstance(item, str | bool | int | float) and item != "" for item in items)
        return tuple(items) if items and fit else None
    return None


def _is_exempt(rule: RowRule, known: Mapping[str, Attribute]) -> bool:
    for name, values in rule.exempt.items():
        own = known.get(name, ())
        owned = own if isinstance(own, tuple) else (own,)
        if any(value in values for value in owned if isinstance(value, str)):
            return True
    return False


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
