"""The tables of what a team has taught, and what is asked of them."""

from __future__ import annotations

from forerun.ports import Layout

LAYOUT = Layout(
    name="teaching",
    version=1,
    tables=(
        # `number` counts up within a tenant, in all of them: the order in which things came.
        "CREATE TABLE feedback (tenant TEXT NOT NULL, asker TEXT NOT NULL, answer TEXT NOT NULL, "
        "number BIGINT NOT NULL, database TEXT NOT NULL, question TEXT NOT NULL, "
        "judgement TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, comment TEXT, corrected TEXT, "
        "golden TEXT, said_by TEXT NOT NULL, PRIMARY KEY (tenant, asker, answer), "
        "UNIQUE (tenant, number))",
        "CREATE INDEX feedback_by_golden ON feedback (tenant, golden)",
        # `question_key` is what questions share that are the same; `warnings` is JSON.
        "CREATE TABLE golden_queries (tenant TEXT NOT NULL, id TEXT NOT NULL, "
        "number BIGINT NOT NULL, database TEXT NOT NULL, question TEXT NOT NULL, "
        "question_key TEXT NOT NULL, statement TEXT NOT NULL, status TEXT NOT NULL, "
        "proposed_by TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, warnings TEXT NOT NULL, "
        "version BIGINT NOT NULL, PRIMARY KEY (tenant, id), UNIQUE (tenant, number))",
        "CREATE INDEX golden_queries_by_database ON golden_queries (tenant, database, status)",
        "CREATE TABLE reviews (tenant TEXT NOT NULL, golden TEXT NOT NULL, "
        "version BIGINT NOT NULL, act TEXT NOT NULL, who TEXT NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, why TEXT, PRIMARY KEY (tenant, golden, version))",
        # `term` is JSON; `term_key` holds the stems of its name.
        "CREATE TABLE glossary (tenant TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, "
        "database TEXT NOT NULL, term_key TEXT NOT NULL, term TEXT NOT NULL, "
        "changed_by TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, version BIGINT NOT NULL, "
        "PRIMARY KEY (tenant, id), UNIQUE (tenant, number), UNIQUE (tenant, database, term_key))",
        # What is known of a database has changed; `revision` counts up over all of them.
        "CREATE TABLE revisions (tenant TEXT NOT NULL, database TEXT NOT NULL, "
        "revision BIGINT NOT NULL, PRIMARY KEY (tenant, database))",
    ),
    contents="What the team has taught",
    remedy="Make that place writable, or name another one: state in [serve].",
)

FEEDBACK = (
    "SELECT tenant, asker, answer, number, database, question, judgement, at, comment, corrected, "
    "golden, said_by FROM feedback WHERE tenant = ?"
)
FEEDBACK_OF = f"{FEEDBACK} AND asker = ? AND answer = ?"
LAST_FEEDBACK = "SELECT coalesce(max(number), 0) FROM feedback WHERE tenant = ?"
FORGET_FEEDBACK = "DELETE FROM feedback WHERE tenant = ? AND asker = ? AND answer = ?"
FORGET_OLD_FEEDBACK = "DELETE FROM feedback WHERE tenant = ? AND number <= ?"
SUPPORTERS = "SELECT count(*) FROM feedback WHERE tenant = ? AND golden = ?"

GOLDEN = (
    "SELECT tenant, id, number, database, question, question_key, statement, status, proposed_by, "
    "at, warnings, version FROM golden_queries WHERE tenant = ?"
)
GOLDEN_OF = f"{GOLDEN} AND id = ?"
ACCEPTED_FOR = f"{GOLDEN} AND database = ? AND status = 'accepted' AND question_key = ? AND id <> ?"
ACCEPTED = f"{GOLDEN} AND database = ? AND status = 'accepted' ORDER BY number"
COUNT_GOLDEN = (
    "SELECT count(*) FROM golden_queries WHERE tenant = ? AND database = ? AND status = ?"
)
LAST_GOLDEN = "SELECT coalesce(max(number), 0) FROM golden_queries WHERE tenant = ?"
CHANGE_GOLDEN = (
    "UPDATE golden_queries SET question = ?, question_key = ?, statement = ?, status = ?, "
    "warnings = ?, version = ? WHERE tenant = ? AND id = ?"
)
FORGET_UNSEEN = (
    "DELETE FROM golden_queries WHERE tenant = ? AND id = ? AND status = 'proposed' AND version = 1"
)
FORGET_REVIEWS = "DELETE FROM reviews WHERE tenant = ? AND golden = ?"
REVIEWS = (
    "SELECT version, act, who, at, why FROM reviews WHERE tenant = ? AND golden = ? "
    "ORDER BY version DESC LIMIT ?"
)

TERMS = (
    "SELECT tenant, id, number, database, term_key, term, changed_by, at, version FROM glossary "
    "WHERE tenant = ?"
)
TERM_OF = f"{TERMS} AND id = ?"
TERM_CALLED = f"{TERMS} AND database = ? AND term_key = ? AND id <> ?"
ALL_TERMS = f"{TERMS} AND database = ? ORDER BY number"
COUNT_TERMS = "SELECT count(*) FROM glossary WHERE tenant = ? AND database = ?"
LAST_TERM = "SELECT coalesce(max(number), 0) FROM glossary WHERE tenant = ?"
CHANGE_TERM = (
    "UPDATE glossary SET term_key = ?, term = ?, changed_by = ?, at = ?, version = ? "
    "WHERE tenant = ? AND id = ?"
)
FORGET_TERM = "DELETE FROM glossary WHERE tenant = ? AND id = ?"

LAST_REVISION = "SELECT coalesce(max(revision), 0) FROM revisions"
CHANGED_SINCE = "SELECT tenant, database, revision FROM revisions WHERE revision > ?"
REVISE = "UPDATE revisions SET revision = ? WHERE tenant = ? AND database = ?"
