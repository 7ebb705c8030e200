"""The tables of access, and what is asked of them."""

from __future__ import annotations

from forerun.ports import Layout

LAYOUT = Layout(
    name="access",
    version=1,
    tables=(
        # `text` is JSON. Times are seconds since 1970.
        "CREATE TABLE keys (id TEXT PRIMARY KEY, hash TEXT NOT NULL, text TEXT NOT NULL, "
        "created_at DOUBLE PRECISION NOT NULL, expires_at DOUBLE PRECISION, "
        "revoked_at DOUBLE PRECISION)",
        # `who` is `key:ID` or `tenant:NAME`; money is counted in whole billionths of a dollar.
        "CREATE TABLE spent (day TEXT NOT NULL, who TEXT NOT NULL, tokens BIGINT NOT NULL, "
        "usd_billionths BIGINT NOT NULL, PRIMARY KEY (day, who))",
        # What was booked, so that a booking of which nobody knows may be made again.
        "CREATE TABLE booked (id TEXT PRIMARY KEY, day TEXT NOT NULL)",
        "CREATE TABLE audit (number BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        "at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, tenant TEXT NOT NULL, "
        "body TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL)",
        "CREATE INDEX audit_at ON audit (at)",
    ),
    contents="What is known of keys, spending and questions",
    remedy="Make that place writable, or name another one in [auth] keys.",
)

ADD_KEY = "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)"
KEY = "SELECT * FROM keys WHERE id = ?"
KEYS = "SELECT * FROM keys ORDER BY created_at DESC, id"
ANY_KEY = "SELECT 1 FROM keys LIMIT 1"
REVOKE_KEY = "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"

SPEND = (
    "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (day, who) DO UPDATE SET "
    "tokens = spent.tokens + excluded.tokens, "
    "usd_billionths = spent.usd_billionths + excluded.usd_billionths"
)
FORGET_BOOKED = "DELETE FROM booked WHERE day < ?"

LAST_LINE = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
FIRST_LINE = "SELECT number, previous_hash FROM audit ORDER BY number LIMIT 1"
HAS_LINE = "SELECT 1 FROM audit WHERE id = ?"
LINES_AFTER = "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?"
LINES = (
    "SELECT * FROM audit WHERE at >= ? AND (tenant = '' OR tenant = coalesce(?, tenant)) "
    "ORDER BY number DESC LIMIT ?"
)
FIRST_KEPT = "SELECT min(number) FROM audit WHERE at >= ?"
HASH_OF = "SELECT hash FROM audit WHERE number = ?"
REMOVE_THROUGH = "DELETE FROM audit WHERE number <= ?"


def spent_by(people: int) -> str:
    """Of a day and so many people."""
    signs = ", ".join("?" * people)
    return f"SELECT who, tokens, usd_billionths FROM spent WHERE day = ? AND who IN ({signs})"
