"""What the HTTP service answers with that no other interface does."""

from typing import TypedDict


class CancelJSON(TypedDict):
    id: str
    cancelled: bool


class ConversationJSON(TypedDict):
    id: str
    database: str
    title: str
    began_at: str
    at: str
    turns: int


class ConversationsJSON(TypedDict):
    conversations: list[ConversationJSON]


class TurnJSON(TypedDict):
    number: int
    follows: int
    answer_id: str
    at: str
    question: str
    status: str
    sql: str | None
    summary: str | None
    choices: list[str]


class WholeConversationJSON(TypedDict):
    id: str
    database: str
    title: str
    began_at: str
    at: str
    turns: list[TurnJSON]


class DatabaseJSON(TypedDict):
    name: str
    dialect: str


class DatabasesJSON(TypedDict):
    databases: list[DatabaseJSON]


class LandingJSON(TypedDict):
    service: str
    about: str
    key: str
    links: dict[str, str]


class HealthJSON(TypedDict):
    status: str


class ReadinessJSON(TypedDict):
    status: str
    databases: dict[str, str]
