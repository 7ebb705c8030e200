"""Options that the commands of flags and of experiments share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

FlagFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="The flag file. Default: that of FORERUN_FLAGS."),
]
Who: TypeAlias = Annotated[
    str | None,
    typer.Option("--who", metavar="NAME", help="Who does it. Default: your login name."),
]
Why: TypeAlias = Annotated[
    str, typer.Option("--why", metavar="TEXT", help="Why, for whoever looks into it later.")
]
Expect: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--expect",
        metavar="VERSION",
        min=1,
        help="Only if it is still at this version, which you have looked at.",
    ),
]
Store: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PLACE",
        help="Where experiments are kept: a file, or postgresql://…. Default: that of "
        "FORERUN_EXPERIMENTS.",
    ),
]
Flags: TypeAlias = Annotated[
    str | None,
    typer.Option("--flags", metavar="FILE", help="The flag file. Default: that of FORERUN_FLAGS."),
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="Names this act: the same key again changes nothing and gives what the first gave.",
    ),
]
Id: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The experiment, as `list` names it.")
]
