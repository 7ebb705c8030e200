"""What `EXPLAIN FORMAT=JSON` of MySQL and MariaDB expects of a statement."""

from __future__ import annotations

import json
from typing import Any

from forerun.adapters.databases.mysql_session import Session, all_rows
from forerun.ports import Plan

_LAST_COST = "SHOW SESSION STATUS LIKE 'Last_query_cost'"


def read_plan(session: Session, sql: str) -> Plan:
    """The planner's cost, and rows where it tells those of the result.

    Only MySQL's second JSON format does: elsewhere the rows are those of each join, before
    grouping and LIMIT, which is no estimate of the result. EXPLAIN is refused by the grammar for
    anything but a query or a row change, and runs neither (MariaDB and MySQL may evaluate cheap
    constant subqueries while they plan; it all happens in the read-only transaction).
    """
    [(text,)] = all_rows(session, f"EXPLAIN FORMAT=JSON {sql}")
    plan = _parsed(text)
    cost = _cost(plan)
    if cost is None:  # MariaDB before 11 tells it beside the plan, for simple statements
        cost = next((float(value) for _, value in all_rows(session, _LAST_COST)), 0.0) or None
    return Plan(rows=_number(plan.get("estimated_rows")), cost=cost)


def _parsed(text: str) -> dict[str, Any]:
    """MariaDB does not escape the backslashes of conditions that it quotes in its JSON."""
    try:
        plan = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return plan if isinstance(plan, dict) else {}


def _cost(plan: dict[str, Any]) -> float | None:
    block = plan.get("query_block", {})
    told = (
        plan.get("estimated_total_cost"),  # MySQL, second format
        block.get("cost_info", {}).get("query_cost"),  # MySQL
        block.get("cost"),  # MariaDB 11
    )
    return next((float(cost) for cost in told if cost is not None), None)


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
