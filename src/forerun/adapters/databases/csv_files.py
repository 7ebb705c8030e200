"""Delimited text into DuckDB, strictly: a file that does not hold together is told, not guessed.

DuckDB's own guessing of the dialect reads a ragged file as one wide column, or drops its first
lines. So delimiter and quoting are settled here, from the header line, and DuckDB finds out
only the types.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from forerun.adapters.databases.duckdb_catalog import literal, quoted
from forerun.errors import UnreadableFile

DELIMITERS = ("\t", "|", ";", ",")
"""The rarer in plain text first: it wins where two are as frequent."""
LOOKED_AT_BYTES = 64 * 1024
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class _Layout:
    delimiter: str
    encoding: str


def load_csv(table: str, file: Path, instance: DuckDBPyConnection) -> tuple[str, ...]:
    """Make `table` of `file`; gives warnings. Raises `UnreadableFile` naming the line at fault.

    Types are first guessed from a part of the file; where a later line does not fit them, from
    all of it. Bytes that are not UTF-8 are read as Latin-1, with a warning.
    """
    layout = _layout(file)
    attempts = [(layout.encoding, False), (layout.encoding, True), ("latin-1", True)]
    for encoding, whole in attempts:
        try:
            instance.execute(_create_sql(table, file, _Layout(layout.delimiter, encoding), whole))
        except (duckdb.InvalidInputException, duckdb.ConversionException) as failed:
            last = failed
            continue
        return () if encoding != "latin-1" else (f"{file.name} is not UTF-8: read as Latin-1.",)
    raise UnreadableFile(
        f"{file} cannot be read as a table: {_fault(file, layout, last)}"
    ) from last


def _create_sql(table: str, file: Path, layout: _Layout, whole: bool) -> str:
    return (
        f"CREATE TABLE {quoted(table)} AS SELECT * FROM read_csv({literal(file)}, "
        f"delim = '{layout.delimiter}', quote = '\"', escape = '\"', skip = 0, "
        f"encoding = '{layout.encoding}'{', sample_size = -1' if whole else ''})"
    )


def _layout(file: Path) -> _Layout:
    head = _head(file)
    if head.startswith(_UTF16_MARKS):
        return _Layout(_delimiter(head.decode("utf-16", "ignore")), "utf-16")
    if b"\0" in head:
        raise UnreadableFile(f"{file} is not text: it holds binary data.")
    return _Layout(_delimiter(head.decode("utf-8", "replace")), "utf-8")


def _head(file: Path) -> bytes:
    opened = gzip.open if file.suffix.lower() == ".gz" else open
    try:
        with opened(file, "rb") as stream:
            return bytes(stream.read(LOOKED_AT_BYTES))
    except (gzip.BadGzipFile, EOFError) as broken:
        raise UnreadableFile(f"{file} is not a whole gzip file.") from broken


def _delimiter(text: str) -> str:
    """The sign most frequent in the header line, outside quotes; a comma where there is none."""
    lines = (line for line in text.splitlines() if line.strip())
    for line in lines:
        bare = "".join(line.split('"')[::2])
        best = max(DELIMITERS, key=bare.count)
        if best in bare:
            return best
        if not line.startswith("#"):  # a comment stands above the header
            break
    return ","


def _fault(file: Path, layout: _Layout, failed: duckdb.Error) -> str:
    """The first line that has other columns than the header, or what DuckDB says."""
    try:
        return _ragged(_records(file, layout)) or _first_line(failed)
    except (csv.Error, OSError, UnicodeError) as broken:
        return f"{broken}."


def _records(file: Path, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    encoding = "utf-16" if layout.encoding == "utf-16" else "utf-8-sig"
    opened = gzip.open if file.suffix.lower() == ".gz" else open
    with opened(file, "rt", encoding=encoding, errors="replace", newline="") as lines:
        reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
        for record in reader:
            if record:
                yield reader.line_num, record


def _ragged(records: Iterator[tuple[int, list[str]]]) -> str | None:
    _, header = next(records, (0, []))
    for line, record in records:
        if len(record) != len(header):
            return f"line {line} has {len(record)} values where the header has {len(header)}."
    return None


def _first_line(failed: duckdb.Error) -> str:
    """The first lines of DuckDB's message, before its advice on options nobody can set here."""
    words = str(failed).partition("Possible")[0].split("\n")
    return " ".join(word.strip() for word in words if word.strip())
