"""The summary in what a narrator says, word by word, before it has finished.

It is shown as it comes and may be replaced: whether the rows bear it out is checked on the whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_BEGINNING = re.compile(r'"summary"\s*:\s*"')
_WHOLE_SIGNS = re.compile(r'(?:[^"\\]|\\u(?!d[89a-f])[0-9a-f]{4}|\\[^u])*', re.IGNORECASE)
_FENCE = "```"


@dataclass(slots=True, eq=False)
class SummaryReader:
    """Reads a reply that is JSON with `summary`, or sentences followed by a list."""

    _reply: str = ""
    _shown: int = 0
    """Characters of the summary that were given so far."""
    _complete: bool = False

    def read(self, text: str) -> str:
        """What the next piece of the reply adds to the summary."""
        if self._complete:
            return ""
        self._reply += text
        begun = self._reply.lstrip()
        if not begun:
            return ""
        inside = begun[0] == "{" or begun.startswith(_FENCE)
        summary, self._complete = _in_json(begun) if inside else _in_words(begun)
        new, self._shown = summary[self._shown :], max(self._shown, len(summary))
        return new


def _in_json(reply: str) -> tuple[str, bool]:
    """The text so far, without an escape that is cut in half, and whether that was all."""
    if (beginning := _BEGINNING.search(reply)) is None:
        return "", False
    whole = _WHOLE_SIGNS.match(reply, beginning.end())
    said, end = (whole[0], whole.end()) if whole else ("", len(reply))
    try:
        return str(json.loads(f'"{said}"', strict=False)), reply[end : end + 1] == '"'
    except ValueError:
        return "", False


def _in_words(reply: str) -> tuple[str, bool]:
    """Up to the list of suggestions. A line that may become a part of it is held back."""
    lines = reply.split("\n")
    for number, line in enumerate(lines):
        if line.lstrip()[:1] in ("-", "*"):
            return "\n".join(lines[:number]).rstrip(), True
    return reply.rstrip(), False
