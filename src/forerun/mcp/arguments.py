"""What tools take. The descriptions are what a model knows of them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

LONGEST_SQL = 100_000
LONGEST_TIMEOUT_S = 3_600.0
USUAL_ROWS = 100
"""Of a result a model is given fewer rows than a person: they fill its context."""
MOST_ROWS = 10_000
MOST_TABLES = 100


def _none_for_empty(given: Any) -> Any:
    """Models write "" for what they leave out."""
    return None if given == "" else given


def _list_for_text(given: Any) -> Any:
    """Some hosts write a list as text that holds JSON, some one name as it is."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given) if given.startswith("[") else [given]
    except (ValueError, RecursionError):
        return given


Database = Annotated[
    Annotated[str, Field(max_length=200)] | None,
    BeforeValidator(_none_for_empty),
    Field(
        description="Its name, from list_databases; may be left out where there is only one.",
    ),
]
Rows = Annotated[int, Field(ge=1, le=MOST_ROWS, description="Rows at most.")]
Timeout = Annotated[
    float | None,
    Field(gt=0, le=LONGEST_TIMEOUT_S, description="Seconds until everything is cancelled."),
]
SQL = Annotated[
    str,
    Field(
        min_length=1, max_length=LONGEST_SQL, description="One SELECT in the database's dialect."
    ),
]
ConversationId = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] | None,
    BeforeValidator(_none_for_empty),
    Field(
        description="Names a conversation, so that questions may refer to earlier ones. Take the "
        "one that an earlier answer gave."
    ),
]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskArguments(_Arguments):
    question: str = Field(description="What you want to know, in a sentence, in plain language.")
    database: Database = None
    conversation_id: ConversationId = None
    mode: Literal["hybrid", "parallel", "sequential"] = Field(
        "hybrid", description="Which schedule answers. Leave it out."
    )
    max_rows: Rows = USUAL_ROWS
    timeout_s: Timeout = None
    allow_guess: bool | None = Field(
        None,
        description="Whether what is only likely to be meant may be answered, with a warning, "
        "rather than asked back.",
    )


class NoArguments(_Arguments):
    pass


class SchemaArguments(_Arguments):
    database: Database = None
    tables: Annotated[
        Annotated[list[str], Field(max_length=MOST_TABLES)] | None,
        BeforeValidator(_list_for_text),
        Field(description="Only these tables; all, where left out."),
    ] = None


class RunArguments(_Arguments):
    sql: SQL
    database: Database = None
    max_rows: Rows = USUAL_ROWS
    timeout_s: Timeout = None


class CheckArguments(_Arguments):
    sql: SQL
    database: Database = None


class ExplainArguments(_Arguments):
    id: str = Field(max_length=100, description="The id that an answer of `ask` gave.")
