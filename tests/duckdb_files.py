"""DuckDB files of a test's own, copied: to make one takes longer than most of what is tested."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb


def make_duckdb(path: Path, script: str) -> str:
    """A new file with what the statements of `script` make; its name."""
    path.write_bytes(_made_by(script))
    return str(path)


@cache
def _made_by(script: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(script)
        return path.read_bytes()
