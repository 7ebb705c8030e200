"""The tables of telemetry, and what is asked of them."""

from __future__ import annotations

from dataclasses import fields

from forerun.ports import Layout
from forerun.telemetry.outcomes import Outcome

_TYPES = {
    "str": "TEXT NOT NULL",
    "str | None": "TEXT",
    "int": "BIGINT NOT NULL",
    "float": "DOUBLE PRECISION NOT NULL",
    "float | None": "DOUBLE PRECISION",
}
COLUMNS = ", ".join(each.name for each in fields(Outcome))

_OF_OUTCOMES = ", ".join(f"{each.name} {_TYPES[str(each.type)]}" for each in fields(Outcome))
_QUALIFIED = ", ".join(f"o.{each.name}" for each in fields(Outcome))

LAYOUT = Layout(
    name="telemetry",
    version=1,
    tables=(
        f"CREATE TABLE outcomes ({_OF_OUTCOMES}, PRIMARY KEY (trace_id))",
        "CREATE INDEX outcomes_at ON outcomes (started_at)",
        # One document a trace: it is only ever read whole.
        "CREATE TABLE traces (trace_id TEXT PRIMARY KEY, started_at DOUBLE PRECISION NOT NULL, "
        "spans BIGINT NOT NULL, document TEXT NOT NULL)",
        "CREATE INDEX traces_at ON traces (started_at)",
    ),
    contents="What finished questions tell",
    remedy="Make that place writable, or name another one.",
)

MARK_MISMATCH = "UPDATE outcomes SET mismatch = 1 WHERE trace_id = ?"

SEEN = (
    f"SELECT {COLUMNS} FROM outcomes WHERE started_at >= ? {{also}} "
    "ORDER BY started_at DESC LIMIT ?"
)
PAGE = (
    f"SELECT {_QUALIFIED}, t.spans FROM outcomes AS o "
    "JOIN traces AS t ON t.trace_id = o.trace_id WHERE {also} "
    "ORDER BY o.started_at DESC, o.trace_id DESC LIMIT ?"
)
ONE = (
    f"SELECT {_QUALIFIED}, t.document FROM outcomes AS o "
    "LEFT JOIN traces AS t ON t.trace_id = o.trace_id WHERE o.trace_id = ?"
)

FORGET_OUTCOMES = "DELETE FROM outcomes WHERE started_at < ?"
FORGET_TRACES = "DELETE FROM traces WHERE started_at < ?"
FIRST_TOO_MANY = (
    "SELECT max(started_at) FROM (SELECT started_at, sum(spans) OVER "
    "(ORDER BY started_at DESC, trace_id DESC) AS up_to FROM traces) AS counted WHERE up_to > ?"
)
FORGET_UP_TO = "DELETE FROM traces WHERE started_at <= ?"
