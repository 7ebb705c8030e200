"""Test doubles as product code: a scripted model, recorded events.

`forerun.testing.openai_server` serves the same scripts over HTTP; it needs the extra `models`.
"""

from forerun.testing.events import recorded_events
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel, count_tokens

__all__ = ["Playbook", "ScriptedModel", "count_tokens", "recorded_events"]
