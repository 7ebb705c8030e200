"""The composition root: reads the settings and wires everything. The only importer of adapters."""

from forerun.adapters.databases import connect
from forerun.app.conversation import Conversation
from forerun.app.forerun import Forerun
from forerun.app.models import open_model
from forerun.app.notebook import ask
from forerun.app.settings import Settings

__all__ = ["Conversation", "Forerun", "Settings", "ask", "connect", "open_model"]
