"""Finds the query in a reply that holds no JSON: in its last fence, or bare among prose.

Nothing found here is trusted: it is a draft, and checking parses it properly. These patterns only
tell where a query probably begins and ends.
"""

from __future__ import annotations

import re
from itertools import islice

_MOST_BEGINNINGS = 20
_START = r"(?:select\b|with\s+(?:recursive\s+)?[\w\"`]+\s*(?:\([^()]*\)\s*)?as\b)"
_LOOKS_LIKE_QUERY = re.compile(
    rf"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*|\(\s*)*{_START}", re.I | re.DOTALL
)
_BEGINS = re.compile(rf"(?:^[ \t]*|[:`][ \t]*)(?P<query>\(*{_START})", re.I | re.MULTILINE)
_SQL_TAG = re.compile(r"\s*(?:sql|sqlite3?|duckdb|postgres(?:ql)?|mysql|mariadb)\b", re.I)
_OTHER_TAG = re.compile(r"[ \t]*[A-Za-z][\w+-]*[ \t]*(?=\n)")
_ENDS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(?P<end>;|`)", re.DOTALL)
_LABEL_LINE = re.compile(r"^[\s*_#>]*(?:reading|confidence|clarify|unanswerable)\b", re.I | re.M)
_READING = re.compile(r"[\s*_#>]*reading[*_]*\s*:", re.I)
_AFTER_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n\s*(?P<word>[A-Za-z]*)")
_CLAUSE_WORDS = (
    "and cross except from full group having inner intersect join left limit offset on or order"
    " qualify right select union where window with"
)
_CLAUSES = frozenset(["", *_CLAUSE_WORDS.split()])


def fenced(text: str, *, cut_short: bool) -> str | None:
    """The query in the last fence that holds one: who corrects himself does so at the end.

    Of a reply that was cut short, an open fence is left out: half a query may run and be wrong.
    """
    pieces = text.split("```")
    for index in reversed(range(1, len(pieces), 2)):
        is_open = index == len(pieces) - 1
        query = _inside(pieces[index])
        if query and not (is_open and cut_short):
            return tidy(_before_prose(query) if is_open else query)
    return None


def settled(text: str) -> str | None:
    """The query of a reply in the form that was asked for: a fence first, then its reading.

    Such a writer is done with its query, and what else it says does not change it.
    """
    before, fence, rest = text.partition("```")
    query, fence, rest = rest.partition("```")
    if before.strip() or not fence or not _READING.match(rest):
        return None
    inside = _inside(query)
    return tidy(inside) if inside else None


def bare(text: str, *, cut_short: bool) -> str | None:
    """The first query outside any fence, up to its semicolon or to where prose goes on."""
    for match in islice(_BEGINS.finditer(text), _MOST_BEGINNINGS):
        query = text[match.start("query") :]
        end = next((m.start() for m in _ENDS.finditer(query) if m["end"]), None)
        if end is None and cut_short:
            return None
        query = _before_prose(query[:end])
        # "Select the customers who …" is prose; a query in prose nearly always has a FROM.
        if re.search(r"\bfrom\b", query, re.I) or query.startswith("SELECT"):
            return tidy(query)
    return None


def tidy(sql: str) -> str | None:
    """Without blanks and semicolons at its end; None where nothing is left."""
    return sql.strip().rstrip("; \t\r\n") or None


def _inside(fence: str) -> str | None:
    """What a fence holds, if it says that it is SQL or looks like it."""
    if tag := _SQL_TAG.match(fence):
        return fence[tag.end() :].strip() or None
    tag = _OTHER_TAG.match(fence)
    body = fence[tag.end() :] if tag else fence
    return body if _LOOKS_LIKE_QUERY.match(body) else None


def _before_prose(query: str) -> str:
    label = _LABEL_LINE.search(query)
    query = query[: label.start()] if label else query
    for blank in _AFTER_BLANK_LINE.finditer(query):
        if blank["word"].lower() not in _CLAUSES:
            return query[: blank.start()]
    return query
