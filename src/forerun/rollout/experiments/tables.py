"""The tables of experiments, and what is asked of them."""

from __future__ import annotations

from forerun.ports import Layout

LAYOUT = Layout(
    name="experiments",
    version=2,
    tables=(
        # `number` is that of the line of audit which tells of its creation.
        "CREATE TABLE experiments (id TEXT PRIMARY KEY, number BIGINT NOT NULL, "
        "text TEXT NOT NULL)",
        # Which experiment has a flag: the key keeps two from having one at the same time.
        "CREATE TABLE running (flag TEXT PRIMARY KEY, experiment TEXT NOT NULL)",
        "CREATE TABLE audit (number BIGINT PRIMARY KEY, experiment TEXT NOT NULL, "
        "actor TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, idempotency_key TEXT UNIQUE, before TEXT, "
        "after TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL)",
        "CREATE TABLE assignments (experiment TEXT NOT NULL, unit TEXT NOT NULL, "
        "arm TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, PRIMARY KEY (experiment, unit))",
        "CREATE TABLE exposures (experiment TEXT NOT NULL, request TEXT NOT NULL, "
        "unit TEXT NOT NULL, arm TEXT NOT NULL, stratum TEXT NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, PRIMARY KEY (experiment, request))",
        # `number` counts up within an experiment: the order in which they came.
        "CREATE TABLE outcomes (experiment TEXT NOT NULL, number BIGINT NOT NULL, "
        "request TEXT NOT NULL, seconds DOUBLE PRECISION NOT NULL, verdict TEXT NOT NULL, "
        "served TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, cost_usd DOUBLE PRECISION, "
        "PRIMARY KEY (experiment, request), UNIQUE (experiment, number))",
        # Both answers of questions that ran unseen, too; `of_control` and `same` are 0 or 1.
        "CREATE TABLE pairs (experiment TEXT NOT NULL, number BIGINT NOT NULL, "
        "request TEXT NOT NULL, stratum TEXT NOT NULL, of_control INTEGER NOT NULL, "
        "control_s DOUBLE PRECISION NOT NULL, candidate_s DOUBLE PRECISION NOT NULL, "
        "control TEXT NOT NULL, candidate TEXT NOT NULL, same INTEGER NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, PRIMARY KEY (experiment, request), "
        "UNIQUE (experiment, number))",
        "CREATE TABLE mismatches (experiment TEXT NOT NULL, number BIGINT NOT NULL, "
        "request TEXT NOT NULL, question TEXT NOT NULL, difference TEXT NOT NULL, "
        "sequential_sql TEXT, parallel_sql TEXT, sequential_trace TEXT NOT NULL, "
        "parallel_trace TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, "
        "PRIMARY KEY (experiment, request), UNIQUE (experiment, number))",
    ),
    contents="What is known of experiments",
    remedy="Make that place writable, or name another one.",
)

TEXT_OF = "SELECT text FROM experiments WHERE id = ?"
ALL = "SELECT text FROM experiments ORDER BY number DESC"
CREATE = "INSERT INTO experiments VALUES (?, ?, ?)"
SAVE = "UPDATE experiments SET text = ? WHERE id = ?"

RUNNING = "SELECT experiment FROM running WHERE flag = ?"
AT_REST = "DELETE FROM running WHERE experiment = ?"

ARM_OF = "SELECT arm FROM assignments WHERE experiment = ? AND unit = ?"
ASSIGNED = "SELECT arm, count(*) FROM assignments WHERE experiment = ? GROUP BY arm"

LAST_OUTCOME = "SELECT coalesce(max(number), 0) FROM outcomes WHERE experiment = ?"
SEEN = (
    "SELECT e.unit, e.arm, e.stratum, o.seconds, o.verdict, o.served, e.at FROM outcomes AS o "
    "JOIN exposures AS e ON e.experiment = o.experiment AND e.request = o.request "
    "WHERE o.experiment = ? AND e.at >= ? ORDER BY o.number"
)

LAST_PAIR = "SELECT coalesce(max(number), 0) FROM pairs WHERE experiment = ?"
PAIRS = (
    "SELECT request, stratum, of_control, control_s, candidate_s, control, candidate, same, at "
    "FROM pairs WHERE experiment = ? AND at >= ? ORDER BY number"
)

LAST_MISMATCH = "SELECT coalesce(max(number), 0) FROM mismatches WHERE experiment = ?"
MISMATCHES = (
    "SELECT request, question, difference, sequential_sql, parallel_sql, sequential_trace, "
    "parallel_trace, at FROM mismatches WHERE experiment = ? ORDER BY number DESC LIMIT ?"
)

ADD_LINE = "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
LINES = "SELECT * FROM audit ORDER BY number"
LINES_OF = "SELECT * FROM audit WHERE experiment = ? ORDER BY number"
LINE_WITH_KEY = "SELECT * FROM audit WHERE idempotency_key = ?"
LAST_LINE = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
KEPT = "SELECT id, text FROM experiments"
