"""Tables as all commands print them: no lines, bold heads, columns two blanks apart."""

from __future__ import annotations

from rich.table import Table

NOTHING = "–"
"""In a cell of which there is nothing to say."""


def grid_with_heads() -> Table:
    """Columns are to be added to it."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
