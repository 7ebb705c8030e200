"""Groups of commands that are put together only when one of theirs is called.

To make a command is to read the signature of its function: for all of ours that takes 40 ms, and
one of them is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import typer
import typer.main
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Command, Context


class LazyGroup(TyperGroup):
    """Knows names of groups, and makes a group with its commands where it is asked for it."""

    groups: ClassVar[dict[str, typer.Typer]]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._unmade = dict(self.groups)
        for name in self.groups:  # for what lists and suggests names
            self.commands[name] = TyperGroup(name=name)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if (group := self._unmade.pop(cmd_name, None)) is not None:
            made = typer.main.get_group(group)
            made.name = cmd_name
            self.commands[cmd_name] = made
        return super().get_command(ctx, cmd_name)
