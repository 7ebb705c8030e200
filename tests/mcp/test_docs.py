"""docs/mcp.md in step with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from forerun.mcp.server import SCHEMA_URI, TOOLS

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()


def test_every_tool_is_described_with_what_it_takes() -> None:
    """A row for each tool that names each of its arguments, and no other."""
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*)\|", PAGE, re.MULTILINE))
    assert list(rows) == list(TOOLS)
    for name, takes in rows.items():
        named = re.findall(r"`(\w+)`", takes)
        assert [each for each in named if each != "trace_id"] == list(
            TOOLS[name].arguments.model_fields
        )


def test_configurations_of_hosts_are_json() -> None:
    """Each can be pasted as it is, and starts the command."""
    snippets = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(snippets) == 4
    for snippet in snippets:
        (servers,) = json.loads(snippet).values()
        assert servers["forerun"].get("command", "forerun") == "forerun"


def test_the_resource_is_named() -> None:
    """With a name in the place of the database's."""
    assert SCHEMA_URI.format(name="NAME") in PAGE
