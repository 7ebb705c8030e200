"""Prints what DuckDB keeps of joins that have ended, and whether that stops growing.

    python scripts/measure_duckdb_memory.py [STATEMENTS]

Bytes are those that glibc's allocator has lent (Linux only), entries those of the eviction queues.
Decision 25 says what Forerun does about it.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
from pathlib import Path

import duckdb

FILLING = """
CREATE TABLE sales AS SELECT range % 300 AS customer, range % 50 AS product,
       range * 1.5 AS revenue FROM range(60000);
CREATE TABLE customers AS SELECT range AS id, range % 5 AS market FROM range(300);
CREATE TABLE markets AS SELECT range AS id, 'R' || range AS region FROM range(5);
CREATE TABLE products AS SELECT range AS id, 'N' || range AS name FROM range(50);
"""
JOIN = """
SELECT p.name, sum(s.revenue) FROM sales s JOIN customers c ON s.customer = c.id
JOIN markets m ON c.market = m.id JOIN products p ON s.product = p.id
WHERE m.region = 'R1' GROUP BY p.name ORDER BY 2 DESC LIMIT 3
"""
ENTRIES = "SELECT sum(dead_nodes)::BIGINT FROM duckdb_eviction_queues()"
STATEMENTS, LOOKS = 16_000, 8


class Lent(ctypes.Structure):
    """What `mallinfo2` gives."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks"),
            *("uordblks", "fordblks", "keepcost"),
        )
    ]


def lent_bytes() -> int:
    libc = ctypes.CDLL("libc.so.6")
    libc.mallinfo2.restype = Lent
    return int(libc.mallinfo2().uordblks)


def main(statements: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.duckdb"
        with duckdb.connect(path) as filled:
            filled.execute(FILLING)
        with duckdb.connect(path, read_only=True) as connection:
            connection.execute(JOIN).fetchall()
            before = lent_bytes()
            for look in range(1, LOOKS + 1):
                for _ in range(statements // LOOKS):
                    connection.execute(JOIN).fetchall()
                ended, kept = look * (statements // LOOKS), lent_bytes() - before
                (entries,) = connection.execute(ENTRIES).fetchone() or (0,)
                sys.stdout.write(
                    f"{ended:7,} statements: {kept / 1e6:5.1f} MB, {kept / ended / 1e3:4.1f} kB "
                    f"each, {entries:,} dead entries\n"
                )
        sys.stdout.write(f"closed: {(lent_bytes() - before) / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else STATEMENTS)
