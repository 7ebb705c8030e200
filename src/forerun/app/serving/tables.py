"""The tables of what a service keeps, and what is asked of them."""

from __future__ import annotations

from forerun.ports import Layout

LAYOUT = Layout(
    name="serving",
    version=3,
    tables=(
        # `number` counts up: the order in which answers were kept; `of_a_model` is 0 or 1.
        "CREATE TABLE answers (tenant TEXT NOT NULL, asker TEXT NOT NULL, id TEXT NOT NULL, "
        "number BIGINT NOT NULL, database TEXT NOT NULL, question TEXT NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, answer TEXT NOT NULL, "
        "of_a_model BIGINT NOT NULL, PRIMARY KEY (tenant, asker, id))",
        "CREATE UNIQUE INDEX answers_in_order ON answers (number)",
        "CREATE INDEX answers_by_age ON answers (at)",
        # `place` tells the database from another one of its name; '' where that was not kept yet.
        "CREATE TABLE conversations (tenant TEXT NOT NULL, asker TEXT NOT NULL, id TEXT NOT NULL, "
        "database TEXT NOT NULL, title TEXT NOT NULL, began_at DOUBLE PRECISION NOT NULL, "
        "at DOUBLE PRECISION NOT NULL, turns BIGINT NOT NULL, place TEXT NOT NULL, "
        "PRIMARY KEY (tenant, asker, id))",
        "CREATE INDEX conversations_by_age ON conversations (at)",
        # `number` counts up within a conversation; `seen` is the last one that was known when the
        # question was asked: less than `number` - 1 where another was answered meanwhile.
        "CREATE TABLE turns (tenant TEXT NOT NULL, asker TEXT NOT NULL, "
        "conversation TEXT NOT NULL, number BIGINT NOT NULL, seen BIGINT NOT NULL, "
        "answer TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, question TEXT NOT NULL, "
        "status TEXT NOT NULL, said TEXT NOT NULL, "
        "PRIMARY KEY (tenant, asker, conversation, number), "
        "UNIQUE (tenant, asker, conversation, answer))",
    ),
    contents="Answers and conversations",
    remedy="Make that place writable, or name another one: state in [serve].",
    upgrades=(
        ("ALTER TABLE answers ADD COLUMN of_a_model BIGINT NOT NULL DEFAULT 0",),
        ("ALTER TABLE conversations ADD COLUMN place TEXT NOT NULL DEFAULT ''",),
    ),
)

ANSWER = (
    "SELECT database, question, answer, of_a_model FROM answers "
    "WHERE tenant = ? AND asker = ? AND id = ?"
)
LAST_ANSWER = "SELECT coalesce(max(number), 0) FROM answers"
FORGET_OLD_ANSWERS = "DELETE FROM answers WHERE at < ? OR number <= ?"

CONVERSATIONS = (
    "SELECT id, database, title, began_at, at, turns, place FROM conversations "
    "WHERE tenant = ? AND asker = ? ORDER BY at DESC, id LIMIT ?"
)
CONVERSATION = (
    "SELECT id, database, title, began_at, at, turns, place FROM conversations "
    "WHERE tenant = ? AND asker = ? AND id = ?"
)
GO_ON = (
    "UPDATE conversations SET at = ?, turns = turns + 1 WHERE tenant = ? AND asker = ? AND id = ?"
)
TURNS = (
    "SELECT number, seen, answer, at, question, status, said FROM turns "
    "WHERE tenant = ? AND asker = ? AND conversation = ? ORDER BY number DESC LIMIT ?"
)
FORGET_CONVERSATION = "DELETE FROM conversations WHERE tenant = ? AND asker = ? AND id = ?"
FORGET_TURNS = "DELETE FROM turns WHERE tenant = ? AND asker = ? AND conversation = ?"
FORGET_ANSWERS_OF = (
    "DELETE FROM answers WHERE tenant = ? AND asker = ? AND id IN "
    "(SELECT answer FROM turns WHERE tenant = ? AND asker = ? AND conversation = ?)"
)
FORGET_OLD_TURNS = (
    "DELETE FROM turns WHERE EXISTS (SELECT 1 FROM conversations AS c WHERE c.tenant = "
    "turns.tenant AND c.asker = turns.asker AND c.id = turns.conversation AND c.at < ?)"
)
FORGET_OLD_CONVERSATIONS = "DELETE FROM conversations WHERE at < ?"
