"""Whatever goes wrong, as a tool's result that says what happened and what to do next."""

from __future__ import annotations

import mcp_types as types
from pydantic import ValidationError

from forerun.errors import BadInput, ForerunError
from forerun.wire.problems import problem_of

DETAILS = "forerun/error"
"""Under this name a program finds the problem details in a result's `_meta`. A failed result has
no structured content: hosts would hold it against the schema of an answer."""
MOST_FAULTS_TOLD = 5


def failure(error: ForerunError) -> types.CallToolResult:
    """The result of a call that has failed."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=in_words(error))],
        is_error=True,
        _meta={DETAILS: problem_of(error)},
    )


def in_words(error: ForerunError) -> str:
    """What happened and, on a line of its own, what to do."""
    return f"{error.message}\n{error.hint}" if error.hint else error.message


def bad_arguments(tool: str, error: ValidationError) -> BadInput:
    """Names what cannot be taken, and why; never what was given."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    said = [f"{_place(fault['loc'])}: {fault['msg']}" for fault in faults[:MOST_FAULTS_TOLD]]
    return BadInput(
        f"These arguments of {tool} cannot be taken: {'; '.join(said)}.",
        "Its input schema says what it takes.",
    )


def _place(path: tuple[int | str, ...]) -> str:
    """A name that was given may be of any length."""
    return ".".join(str(part)[:60] for part in path) or "arguments"
