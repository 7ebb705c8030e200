"""Test doubles as product code: a scripted model, recorded events, a cache to share in memory.

`forerun.testing.openai_server` serves the same scripts over HTTP; it needs the extra `models`.
"""

from forerun.testing.events import recorded_events
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel, count_tokens
from forerun.testing.shared_memory import SharedMemory

__all__ = ["Playbook", "ScriptedModel", "SharedMemory", "count_tokens", "recorded_events"]
