"""Scopes as text that processes hand to each other."""

from __future__ import annotations

import json

from forerun.ports import Scope


def scope_to_text(scope: Scope) -> str:
    return json.dumps([scope.tenant, scope.database, scope.table])


def scope_from_text(text: str | bytes) -> Scope:
    """Everything, where the text is none of ours: better too much is purged than too little."""
    try:
        tenant, database, table = json.loads(text)
    except (ValueError, TypeError):
        return Scope()
    parts = (tenant, database, table)
    return Scope(*parts) if all(part is None or type(part) is str for part in parts) else Scope()
