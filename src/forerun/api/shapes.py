"""What requests hold; `forerun.wire` has what responses do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
)

from forerun.app.questions import LONGEST_QUESTION
from forerun.domain import Mode

LONGEST_TIMEOUT_S = 3_600.0
MOST_ROWS = 1_000_000
ONE_LINE = r"^[^\x00-\x1f]*$"
"""Of names: no control characters."""
NO_NUL = r"^[^\x00]*$"
"""Of longer texts: PostgreSQL keeps no null characters."""


class CacheUse(StrEnum):
    USE = "use"
    BYPASS = "bypass"


QuestionId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{32}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
    ),
]
ConversationId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$", min_length=1, max_length=100)
]


class AskBody(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "How many customers are there per region?", "database": "sales"}
            ]
        },
    )

    question: str = Field(
        min_length=1, max_length=LONGEST_QUESTION, description="What you want to know."
    )
    database: str | None = Field(
        None,
        max_length=200,
        description="Its name; may be left out where there is only one, and in a conversation that "
        "has begun.",
    )
    id: QuestionId | None = Field(
        None,
        description="32 hex digits or a UUID of your choosing. Asked again under it, the question "
        "is not done again: you get the same events, and the same answer.",
    )
    conversation_id: ConversationId | None = Field(
        None, description="Names a conversation, whose questions may refer to earlier ones."
    )
    mode: Mode = Field(Mode.HYBRID, description="Which schedule answers.")
    max_rows: StrictInt | None = Field(None, ge=1, le=MOST_ROWS, description="Rows at most.")
    timeout_s: StrictFloat | None = Field(
        None, gt=0, le=LONGEST_TIMEOUT_S, description="Seconds until everything is cancelled."
    )
    cache: CacheUse = Field(CacheUse.USE, description="Whether kept answers may be given.")
    allow_guess: StrictBool | None = Field(
        None, description="Whether what is only likely to be meant may be answered, with a warning."
    )
