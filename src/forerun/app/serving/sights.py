"""What an asker was shown of a database, in words: for the audit log."""

from __future__ import annotations

from forerun.domain import Permissions, RowPolicy


def in_words(sight: Permissions | None) -> tuple[str, ...]:
    """One for each rule, such as `orders: region = {region}; region = 'North'`."""
    if sight is None:
        return ()
    said = [_rule(policy) for policy in sight.rows]
    said += [f"{table}: nothing, for want of an attribute" for table in sorted(sight.closed)]
    if sight.tables is not None:
        said.append(f"tables: {_listed(sight.tables)}")
    for what in ("columns", "hidden", "unsent", "views"):
        if names := getattr(sight, what):
            said.append(f"{what}: {_listed(names)}")
    return tuple(said)


def _rule(policy: RowPolicy) -> str:
    bound = (f"; {name} = {value!r}" for name, value in policy.values)
    return f"{policy.table}: {policy.where}{''.join(bound)}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
