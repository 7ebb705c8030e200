"""The client of a service elsewhere. Needs `forerun[client]`."""

from forerun.errors import MissingExtra

try:
    from forerun.client.client import Client
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise MissingExtra("client", "Asking a service elsewhere") from error

from forerun.client.asking import AskOptions
from forerun.client.conversation import Conversation
from forerun.client.events import (
    Accepted,
    Answered,
    ChartShown,
    Decided,
    FellBack,
    OnEvent,
    Retracted,
    RowsShown,
    RungChanged,
    StageChanged,
    StatementShown,
    StreamEvent,
    SummaryArrived,
    TextArrived,
)
from forerun.client.patience import Patience

__all__ = [
    "Accepted",
    "Answered",
    "AskOptions",
    "ChartShown",
    "Client",
    "Conversation",
    "Decided",
    "FellBack",
    "OnEvent",
    "Patience",
    "Retracted",
    "RowsShown",
    "RungChanged",
    "StageChanged",
    "StatementShown",
    "StreamEvent",
    "SummaryArrived",
    "TextArrived",
]
